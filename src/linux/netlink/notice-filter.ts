/** Classic BPF for a socket of notices, so that a host with many routes of others does not wake the process. */
import { JEQ, JSET, Program } from '../bpf.js';
import { LITTLE } from '../sockaddr.js';

/**
 * Passes all but notices of changes that `except` asked for (netlink ports), and routes of other protocols. Of those it
 * passes what took another's place: it may have been ours.
 */
export function noticeFilter(protocol: number, except: readonly number[]): Uint8Array {
  const p = new Program();
  p.load(NLMSG_PORT);
  for (const port of except) p.when(JEQ, word(port), 'drop');
  p.loadHalf(NLMSG_TYPE)
    .when(JEQ, half(RTM_NEWROUTE), 'route')
    .when(JEQ, half(RTM_DELROUTE), 'route')
    .jump('accept');
  p.label('route').loadHalf(NLMSG_FLAGS).when(JSET, half(NLM_F_REPLACE), 'accept');
  p.loadByte(RTM_PROTOCOL).when(JEQ, protocol, 'accept');
  p.label('drop').give(0);
  p.label('accept').give(WHOLE);
  return p.assemble();
}

/** BPF reads network order; netlink writes host order. */
const half = (value: number): number => (LITTLE ? ((value & 0xff) << 8) | (value >> 8) : value);
const word = (value: number): number =>
  LITTLE ? ((half(value & 0xffff) << 16) | half(value >>> 16)) >>> 0 : value;

const WHOLE = 0x40000;
// struct nlmsghdr, then struct rtmsg
const NLMSG_TYPE = 4;
const NLMSG_FLAGS = 6;
const NLMSG_PORT = 12;
const RTM_PROTOCOL = 16 + 5;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const NLM_F_REPLACE = 0x100;
