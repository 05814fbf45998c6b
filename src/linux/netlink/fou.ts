/**
 * UDP ports whose datagrams the kernel takes for tunnelled packets (linux/fou.h): Foo over UDP, and generic UDP
 * encapsulation (GUE). By generic netlink, whose family numbers the kernel gives out as modules load.
 */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { isIpv6, type IpAddress } from '../../base/address.js';
import type { NetNamespace } from '../native.js';
import { AF_INET, AF_INET6 } from '../sockaddr.js';
import { AttributeWriter, numberOf, portOf, readAttributes } from './attributes.js';
import { familyAddress } from './family.js';
import { Outbox } from './outbox.js';
import { NetlinkRequests } from './requests.js';

export type FouPort = {
  readonly port: number;
  /** Of the outer packets. */
  readonly family: 4 | 6;
  /** Absent: every address of this host. */
  readonly local?: IpAddress;
} & (
  | {
      /** The datagram is a packet of one protocol, such as 41 (IPv6) or 4 (IPv4). */
      readonly kind: 'fou';
      readonly protocol: number;
    }
  /** A header of 4 octets tells the protocol. Its variant 1 is none: the datagram is an IPv4 or an IPv6 packet. */
  | { readonly kind: 'gue' }
);

export class FouPorts {
  readonly #requests: NetlinkRequests;
  readonly #family: number;

  private constructor(requests: NetlinkRequests, family: number) {
    this.#requests = requests;
    this.#family = family;
  }

  /** Throws `LinuxError` `NETLINK` with ENOENT where the kernel has no FOU. */
  static async open(netns: NetNamespace, outbox = new Outbox()): Promise<FouPorts> {
    const requests = new NetlinkRequests(netns, NETLINK_GENERIC, outbox);
    try {
      return new FouPorts(requests, await familyNumber(requests));
    } catch (error) {
      requests.close();
      throw error;
    }
  }

  close(): void {
    this.#requests.close();
  }

  async list(): Promise<FouPort[]> {
    const body = generic(FOU_CMD_GET, FOU_GENL_VERSION).finish();
    const found = await this.#requests.dump(this.#family, body, 'FOU ports');
    return found.flatMap((message) => parseFouPort(message) ?? []);
  }

  add(port: FouPort): Promise<void> {
    return this.#requests.change({
      operation: 'fou',
      type: this.#family,
      body: fouBody(FOU_CMD_ADD, port),
      doing: () => `open FOU port ${port.port}`,
      way: (errno) =>
        errno === 'EADDRINUSE'
          ? `\`ss -ulpn sport = :${port.port}\` names the program that has it, \`ip fou show\` the kernel's own.`
          : undefined,
    });
  }

  /** EINVAL where there is none. */
  remove(port: FouPort): Promise<void> {
    return this.#requests.change({
      operation: 'fou',
      type: this.#family,
      body: fouBody(FOU_CMD_DEL, port),
      doing: () => `close FOU port ${port.port}`,
    });
  }
}

export function fouBody(command: number, port: FouPort): Uint8Array {
  const out = generic(command, FOU_GENL_VERSION)
    .port(FOU_ATTR_PORT, port.port)
    .u8(FOU_ATTR_AF, port.family === 6 ? AF_INET6 : AF_INET)
    .u8(FOU_ATTR_TYPE, TYPE[port.kind]);
  if (port.kind === 'fou') out.u8(FOU_ATTR_IPPROTO, port.protocol);
  if (port.local !== undefined) {
    out.address(isIpv6(port.local) ? FOU_ATTR_LOCAL_V6 : FOU_ATTR_LOCAL_V4, port.local);
  }
  return out.finish();
}

/** Undefined for what is malformed. */
export function parseFouPort(message: NetlinkMessage): FouPort | undefined {
  const attributes = readAttributes(message.data.subarray(GENL_HDRLEN));
  const port = portOf(attributes.get(FOU_ATTR_PORT));
  const af = numberOf(attributes.get(FOU_ATTR_AF));
  const type = numberOf(attributes.get(FOU_ATTR_TYPE));
  if (port === undefined || af === undefined || type === undefined) return undefined;
  const octets = attributes.get(af === AF_INET6 ? FOU_ATTR_LOCAL_V6 : FOU_ATTR_LOCAL_V4);
  const any = octets === undefined || octets.every((octet) => octet === 0);
  const local = any ? undefined : familyAddress(af, octets);
  const common = {
    port,
    family: af === AF_INET6 ? (6 as const) : (4 as const),
    ...(local === undefined ? {} : { local }),
  };
  if (type === TYPE.gue) return { ...common, kind: 'gue' };
  if (type !== TYPE.fou) return undefined;
  return { ...common, kind: 'fou', protocol: numberOf(attributes.get(FOU_ATTR_IPPROTO)) ?? 0 };
}

async function familyNumber(requests: NetlinkRequests): Promise<number> {
  const answer = await requests.ask({
    operation: 'get',
    type: GENL_ID_CTRL,
    body: generic(CTRL_CMD_GETFAMILY, CTRL_VERSION)
      .text(CTRL_ATTR_FAMILY_NAME, FOU_GENL_NAME)
      .finish(),
    doing: () => 'tell of its Foo over UDP',
    way: (errno) =>
      errno === 'ENOENT' ? 'Load it with `modprobe fou` (CONFIG_NET_FOU).' : undefined,
  });
  const attributes = readAttributes(answer.data.subarray(GENL_HDRLEN));
  return numberOf(attributes.get(CTRL_ATTR_FAMILY_ID)) ?? 0;
}

/** struct genlmsghdr */
const generic = (command: number, version: number): AttributeWriter =>
  new AttributeWriter(Uint8Array.of(command, version, 0, 0));

const TYPE = { fou: 1, gue: 2 } as const;
const NETLINK_GENERIC = 16;
const GENL_HDRLEN = 4;
const GENL_ID_CTRL = 16;
const CTRL_VERSION = 2;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const FOU_GENL_NAME = 'fou';
const FOU_GENL_VERSION = 1;
const FOU_CMD_ADD = 1;
const FOU_CMD_DEL = 2;
const FOU_CMD_GET = 3;
const FOU_ATTR_PORT = 1;
const FOU_ATTR_AF = 2;
const FOU_ATTR_IPPROTO = 3;
const FOU_ATTR_TYPE = 4;
const FOU_ATTR_LOCAL_V4 = 6;
const FOU_ATTR_LOCAL_V6 = 7;
