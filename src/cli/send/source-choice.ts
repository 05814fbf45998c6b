/** The address that the kernel sends from, by asking it: a UDP socket that is connected and sends nothing. */
import { createSocket } from 'node:dgram';
import { isLinkLocal, isMulticast, parseIpv4, parseIpv6 } from '../../base/address.js';
import type { SourceChoice } from './place.js';

/** `link` is for link-local and multicast destinations. */
export const kernelChoice = (link?: string): SourceChoice => ({
  six: async (destination) => {
    const local6 = isLinkLocal(destination) || isMulticast(destination);
    const scope = link !== undefined && local6 ? `%${link}` : '';
    const local = await localAddress('udp6', `${destination}${scope}`);
    return local === undefined ? undefined : parseIpv6(local.split('%')[0]!);
  },
  four: async (destination) => {
    const local = await localAddress('udp4', destination);
    return local === undefined ? undefined : parseIpv4(local);
  },
});

/** Undefined without a route. */
function localAddress(type: 'udp4' | 'udp6', destination: string): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = createSocket(type);
    const end = (address: string | undefined) => {
      socket.close();
      done(address);
    };
    socket.once('error', () => end(undefined));
    socket.connect(DISCARD, destination, (error?: Error) =>
      end(error ? undefined : socket.address().address),
    );
  });
}

const DISCARD = 9; // RFC 863; nothing goes there
