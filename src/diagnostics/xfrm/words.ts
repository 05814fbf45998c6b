/** What XFRM entries are for, in words of Mobile IPv6. */
import { bits, formatPrefix, type IpAddress, type Prefix } from '../../base/address.js';
import { REQID } from '../../linux/datapath/marks.js';
import type {
  XfrmPolicy,
  XfrmPort,
  XfrmSelector,
  XfrmState,
  XfrmTemplate,
} from '../../linux/netlink/xfrm/model.js';
import { messageName, messageRow } from '../../wire/mobility/message-table.js';
import { ICMPV6, PROTOCOL } from '../../wire/protocol.js';

/** `Binding Updates of 2001:db8::2 to 2001:db8::1 bear a Home Address option, care-of 2001:db8:b::1` */
export function policyWords(
  policy: XfrmPolicy,
  careOf: (template: XfrmTemplate) => IpAddress | undefined,
): string {
  const { selector, direction, action, templates } = policy;
  const subject = subjectWords(selector);
  if (action === 'block') return `${subject} are dropped`;
  if (templates.length === 0) return `${subject} pass as they are`;
  const out = direction.endsWith('out');
  return `${subject} ${templates.map((t) => (out ? outWords(t, careOf(t)) : inWords(t))).join(', ')}`;
}

/** `askedBy`: the policies that ask for it. */
export function stateWords(state: XfrmState, askedBy: readonly XfrmPolicy[]): string {
  const { protocol, mode, source, destination, careOf } = state;
  const header = HEADERS[protocol];
  if (header) {
    if (state.flags.includes('wildrecv')) return `takes in ${header}s from anyone`;
    const between = `of ${source} to ${destination}${careOf === undefined ? '' : `, care-of ${careOf}`}`;
    if (askedBy.some((p) => p.direction.endsWith('out'))) {
      return `adds a ${header} to packets ${between}`;
    }
    return askedBy.length > 0 ? `takes in ${header}s ${between}` : `${header} ${between}`;
  }
  const name = `${protocolName(protocol)} ${mode}`;
  const ends = mode === 'transport' ? '' : ` from ${source} to ${destination}`;
  const reqid = reqidWords(state);
  if (askedBy.length === 0) {
    return `${name} from ${source} to ${destination}${reqid}`;
  }
  const purposes = new Set(askedBy.map((p) => subjectWords(p.selector)));
  const shown = [...purposes].slice(0, MAX_PURPOSES).join(' and ');
  const more = purposes.size > MAX_PURPOSES ? ` and ${purposes.size - MAX_PURPOSES} more` : '';
  return `${name}${ends}${reqid}, for ${shown}${more}`;
}

/** `Binding Updates of 2001:db8::2 to anyone` */
export function subjectWords(selector: XfrmSelector): string {
  const { source, destination, link } = selector;
  const by = link === undefined ? '' : ` by interface ${link}`;
  return `${whatWords(selector)} of ${endWords(source)} to ${endWords(destination)}${by}`;
}

/** `esp transport, reqid 1`: enough to look for the state. */
export const templateWords = (template: XfrmTemplate): string =>
  `${template.protocol} ${template.mode}${reqidWords(template)}`;

function outWords(template: XfrmTemplate, careOf: IpAddress | undefined): string {
  const { protocol, mode, source, destination } = template;
  const header = HEADERS[protocol];
  if (mode === 'in_trigger') return 'ask for route optimization';
  if (header) return `bear a ${header}${careOf === undefined ? '' : `, care-of ${careOf}`}`;
  const name = protocolName(protocol);
  if (mode === 'transport') return `are protected by ${name}${reqidWords(template)}`;
  return `go through ${article(name)} ${mode} from ${source} to ${destination}${reqidWords(template)}`;
}

function inWords(template: XfrmTemplate): string {
  const { protocol, mode, level, source, destination } = template;
  const may = level === 'use' ? 'may' : 'must';
  const header = HEADERS[protocol];
  if (header) return `${may} bear a ${header}`;
  const name = protocolName(protocol);
  if (mode === 'transport') return `${may} come in ${name}${reqidWords(template)}`;
  return `${may} come out of ${article(name)} ${mode} from ${source} to ${destination}${reqidWords(template)}`;
}

function whatWords(selector: XfrmSelector): string {
  const { protocol, type, sourcePort, destinationPort } = selector;
  if (protocol === PROTOCOL.mobility) {
    if (type === undefined) return 'Mobility Headers';
    return messageRow(type) ? `${messageName(type)}s` : `Mobility Headers of type ${type}`;
  }
  if (protocol === PROTOCOL.icmpv6 && type !== undefined) {
    return ICMPV6_WORDS[type] ?? `ICMPv6 messages of type ${type}`;
  }
  const name = UPPER[protocol] ?? (protocol === 0 ? 'packets' : `packets of protocol ${protocol}`);
  const of = type === undefined ? '' : ` of type ${type}`;
  return `${name}${of}${portWords('from', sourcePort)}${portWords('to', destinationPort)}`;
}

function portWords(preposition: string, port: XfrmPort | undefined): string {
  if (!port) return '';
  const mask = port.mask === 0xffff ? '' : `/0x${port.mask.toString(16)}`;
  return ` ${preposition} port ${port.value}${mask}`;
}

function endWords(prefix: Prefix): string {
  if (prefix.length === 0) return 'anyone';
  return prefix.length === bits(prefix.address) ? prefix.address : formatPrefix(prefix);
}

function reqidWords({ reqid }: { readonly reqid: number }): string {
  if (reqid === 0) return '';
  return `, reqid ${reqid === REQID ? `0x${REQID.toString(16)}` : reqid}`;
}

const protocolName = (protocol: string | number): string =>
  NAMES[protocol] ?? `protocol ${protocol}`;

const article = (name: string): string => `${/^[AE]/.test(name) ? 'an' : 'a'} ${name}`;

const MAX_PURPOSES = 2; // in one sentence
const HEADERS: Readonly<Record<string, string>> = {
  hao: 'Home Address option',
  route2: 'type 2 routing header',
};
const NAMES: Readonly<Record<string, string>> = { esp: 'ESP', ah: 'AH', comp: 'IPComp' };
const UPPER: Readonly<Record<number, string>> = {
  [PROTOCOL.icmp]: 'ICMP messages',
  [PROTOCOL.tcp]: 'TCP packets',
  [PROTOCOL.udp]: 'UDP packets',
  [PROTOCOL.icmpv6]: 'ICMPv6 messages',
};
const ICMPV6_WORDS: Readonly<Record<number, string>> = {
  [ICMPV6.echoRequest]: 'echo requests',
  [ICMPV6.echoReply]: 'echo replies',
  [ICMPV6.routerSolicitation]: 'Router Solicitations',
  [ICMPV6.routerAdvertisement]: 'Router Advertisements',
  [ICMPV6.neighborSolicitation]: 'Neighbor Solicitations',
  [ICMPV6.neighborAdvertisement]: 'Neighbor Advertisements',
  [ICMPV6.mobilePrefixSolicitation]: 'Mobile Prefix Solicitations',
  [ICMPV6.mobilePrefixAdvertisement]: 'Mobile Prefix Advertisements',
};
