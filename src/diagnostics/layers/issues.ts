/** What a strict receiver says: the refusals of `core/ingress.ts`, and what is found below and beside it. */
import { REFUSALS } from '../../core/ingress.js';

export interface IssueRow {
  readonly sentence: string;
  readonly clause: string;
  /** Taken all the same. */
  readonly note?: true;
}

const OWN = {
  WIRE_TRUNCATED: { sentence: 'octets are missing', clause: 'RFC 8200 §3' },
  WIRE_VERSION: { sentence: 'not the IP version that was expected', clause: 'RFC 8200 §3' },
  WIRE_HEADER_LENGTH: { sentence: 'a length field contradicts its header', clause: 'RFC 791 §3.1' },
  WIRE_LIMIT: { sentence: 'one of our own bounds was passed', clause: 'ours' },
  'mh-reserved': { sentence: 'reserved bits are set', clause: 'RFC 6275 §6.1.1', note: true },
  'mh-extension': {
    sentence: 'a node without this extension answers with Binding Error status 2',
    clause: 'RFC 6275 §9.2',
    note: true,
  },
  'mh-option-unknown': {
    sentence: 'unknown option, skipped',
    clause: 'RFC 6275 §6.2.1',
    note: true,
  },
  'mh-option-ignored': {
    sentence: 'option of wrong length or value, skipped',
    clause: 'RFC 6275 §6.2.1',
    note: true,
  },
  'mh-option-alignment': {
    sentence: 'option does not stand where its alignment wants it',
    clause: 'RFC 6275 §6.2.1',
    note: true,
  },
  'mh-trailing': {
    sentence: 'octets follow the Mobility Header',
    clause: 'RFC 6275 §6.1.1',
    note: true,
  },
  'mh-padding': { sentence: 'padding is not zero', clause: 'RFC 6275 §6.2.3', note: true },
  'ipv4-checksum': { sentence: 'IPv4 header checksum', clause: 'RFC 791 §3.1' },
  'udp-checksum': { sentence: 'UDP checksum', clause: 'RFC 768' },
  'udp-checksum-zero': { sentence: 'UDP without a checksum over IPv6', clause: 'RFC 8200 §8.1' },
  'udp-length': { sentence: 'UDP length contradicts the packet', clause: 'RFC 768' },
  'tcp-checksum': { sentence: 'TCP checksum', clause: 'RFC 9293 §3.1' },
  'icmp-checksum': { sentence: 'ICMP checksum', clause: 'RFC 792' },
  'gre-checksum': { sentence: 'GRE checksum', clause: 'RFC 2784 §2.1' },
  'gre-version': { sentence: 'unknown GRE version or routing', clause: 'RFC 2784 §2.2' },
  'ah-length': { sentence: 'Authentication Header of wrong length', clause: 'RFC 4302 §2.2' },
  'dsmip-version': { sentence: 'neither IPv4 nor IPv6 in UDP 4191', clause: 'RFC 5555 §4.1' },
  fragment: {
    sentence: 'a fragment: decoded when all of it is there',
    clause: 'RFC 8200 §4.5',
    note: true,
  },
  'nd-option-length': {
    sentence: 'neighbour discovery option of length zero, or cut',
    clause: 'RFC 4861 §4.6',
  },
} as const satisfies Record<string, IssueRow>;

export type IssueCode = keyof typeof OWN | keyof typeof REFUSALS;

export const issueRow = (code: IssueCode): IssueRow => ISSUES[code];

/** All of them, for `explain`. */
export const ISSUES: Readonly<Record<IssueCode, IssueRow>> = { ...REFUSALS, ...OWN };
