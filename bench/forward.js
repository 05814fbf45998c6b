// TCP by iperf3 through the tunnel in both datapaths, beside the same link without one, in one run under user-mode-linux. Its one
// processor does everything, so the throughput is also a measure of the work that a packet takes.
import { inGuest } from './in-guest.js';

export default () => inGuest('uml', 'forward-inside.js', 10);
