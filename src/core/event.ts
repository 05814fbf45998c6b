/**
 * Everything a node reports, one row per code. Journal, `watch`, `explain`, docs and tests read this table.
 * Codes are API. Fields are plain values; no key or token ever stands in one.
 */

export type Severity = 'debug' | 'info' | 'notice' | 'warning' | 'error';
export type EventField = string | number | boolean | null;

export interface MipEvent {
  readonly code: EventCode;
  /** What it is about: link, homeAddress, careOf, status, reason … as the row's sentence names them. */
  readonly fields: Readonly<Record<string, EventField>>;
}

interface EventRow {
  readonly severity: Severity;
  /** `{name}` is replaced by the field; what stands in `[…]` is left out where a field of it is null or missing. */
  readonly sentence: string;
  readonly clause?: string;
}

export const EVENTS = {
  LINK_UP: { severity: 'info', sentence: '{link} has carrier' },
  LINK_DOWN: { severity: 'notice', sentence: '{link} lost carrier' },
  LINK_GONE: { severity: 'warning', sentence: '{link} is gone' },
  LINK_OWNED: {
    severity: 'info',
    sentence: '{link} is ours to configure, router advertisements included: {reason}',
  },
  LINK_ADOPTED: {
    severity: 'notice',
    sentence:
      '{owner} configures {link}: its addresses and routers are taken as they are; {reason}',
  },
  ROUTER_SOLICITED: {
    severity: 'debug',
    sentence: 'asked for routers on {link}',
    clause: 'RFC 4861 §6.3.7',
  },
  ROUTER_FOUND: {
    severity: 'info',
    sentence: 'router {router} on {link}, prefix {prefix}',
    clause: 'RFC 6275 §11.5.1',
  },
  ROUTER_LOST: {
    severity: 'notice',
    sentence: 'router {router} on {link} is lost: {reason}',
    clause: 'RFC 6275 §11.5.1',
  },
  ROUTER_REDIRECTED: {
    severity: 'info',
    sentence: 'router {router} on {link} has {address} reached by {target}',
    clause: 'RFC 4861 §8.3',
  },
  ADDRESS_READY: {
    severity: 'info',
    sentence: '{address} on {link} can be used',
    clause: 'RFC 4862 §5.4',
  },
  ADDRESS_DUPLICATE: {
    severity: 'error',
    sentence: '{address} on {link} is in use by another node',
    clause: 'RFC 4862 §5.4.5',
  },
  ADDRESS_DEFENDED: {
    severity: 'warning',
    sentence: '{by} claims {address} on {link}, which is ours',
    clause: 'RFC 5227 §2.4',
  },
  ADDRESS_EXPIRED: {
    severity: 'notice',
    sentence: '{address} on {link} is no longer valid',
    clause: 'RFC 4862 §5.5.4',
  },
  DHCP_DISCOVER: {
    severity: 'debug',
    sentence: 'asked for an IPv4 address on {link}',
    clause: 'RFC 2131 §4.4.1',
  },
  DHCP_OFFERED: {
    severity: 'debug',
    sentence: '{server} offers {address} on {link}',
    clause: 'RFC 2131 §4.4.1',
  },
  DHCP_BOUND: {
    severity: 'info',
    sentence: '{address} leased on {link} for {lifetime} s',
    clause: 'RFC 2131 §4.4.1',
  },
  DHCP_NAK: {
    severity: 'warning',
    sentence: '{server} refused {address} on {link}',
    clause: 'RFC 2131 §4.4.1',
  },
  DHCP_EXPIRED: {
    severity: 'notice',
    sentence: 'the lease of {address} on {link} is over',
    clause: 'RFC 2131 §4.4.5',
  },
  DHCP_COMMANDED: { severity: 'notice', sentence: 'DHCP {action} on {link}, asked for by {by}' },
  LEASE_RELEASED: {
    severity: 'info',
    sentence: '{address} on {link} given back to {server}',
    clause: 'RFC 2131 §4.4.6',
  },
  GATEWAYS_PROBED: {
    severity: 'debug',
    sentence: 'asked {count} known gateways on {link}',
    clause: 'RFC 4436 §2.1',
  },
  DHCP_LEASED: {
    severity: 'info',
    sentence: '{address} leased to {client} on {link} for {lifetime} s',
    clause: 'RFC 2131 §4.3.2',
  },
  DHCP_REFUSED: {
    severity: 'notice',
    sentence: 'refused {address} to {client} on {link}',
    clause: 'RFC 2131 §4.3.2',
  },
  DHCP_DECLINED: {
    severity: 'warning',
    sentence: '{client} found {address} on {link} in use',
    clause: 'RFC 2131 §4.3.3',
  },
  DHCP_RELEASED: {
    severity: 'info',
    sentence: '{client} gave back {address} on {link}',
    clause: 'RFC 2131 §4.3.4',
  },
  DHCP_POOL_EMPTY: {
    severity: 'warning',
    sentence: 'no address left to lease on {link}',
    clause: 'RFC 2131 §4.3.1',
  },
  CARE_OF_CHOSEN: {
    severity: 'info',
    sentence: 'care-of address {careOf} on {link}: {reason}[ (others: {others})]',
    clause: 'RFC 5555 §4.4.1',
  },
  CARE_OF_LOST: { severity: 'notice', sentence: 'no care-of address: {reason}' },
  AT_HOME: {
    severity: 'notice',
    sentence: '{homeAddress} is at home on {link}',
    clause: 'RFC 6275 §11.5.5',
  },
  RETURNING_HOME: {
    severity: 'info',
    sentence: 'home link found on {link}, deregistering {homeAddress}',
    clause: 'RFC 6275 §11.5.5',
  },
  BU_SENT: {
    severity: 'info',
    sentence: 'Binding Update {sequence} for {homeAddress} at {careOf}, attempt {attempt}',
    clause: 'RFC 6275 §11.7.1',
  },
  BA_RECEIVED: {
    severity: 'info',
    sentence: 'Binding Acknowledgement {sequence} from {peer}: status {status}',
    clause: 'RFC 6275 §11.7.3',
  },
  BINDING_ACCEPTED: {
    severity: 'notice',
    sentence: '{homeAddress} bound to {careOf} for {lifetime} s',
    clause: 'RFC 6275 §11.7.3',
  },
  BINDING_REFUSED: {
    severity: 'error',
    sentence: '{peer} refused {homeAddress}: {status} {meaning}; {next}',
    clause: 'RFC 6275 §11.7.3',
  },
  BINDING_EXPIRED: {
    severity: 'warning',
    sentence: 'the binding of {homeAddress} ran out',
    clause: 'RFC 6275 §11.7.1',
  },
  BINDING_REMOVED: {
    severity: 'notice',
    sentence: 'the binding of {homeAddress} is removed: {reason}',
    clause: 'RFC 6275 §11.7.1',
  },
  BINDING_ERROR: {
    severity: 'warning',
    sentence: 'Binding Error {status} from {peer} for {homeAddress}',
    clause: 'RFC 6275 §11.3.6',
  },
  PARAMETER_PROBLEM: {
    severity: 'warning',
    sentence: '{peer} says that it does not know the {unknown} of the Binding Update',
    clause: 'RFC 6275 §11.3.5',
  },
  SEQUENCE_ADOPTED: {
    severity: 'info',
    sentence: 'sequence of {peer} was {sequence}; going on from there',
    clause: 'RFC 6275 §11.7.3',
  },
  IPV4_HOME_ACCEPTED: {
    severity: 'info',
    sentence: 'IPv4 home address {address} bound',
    clause: 'RFC 5555 §4.4.2',
  },
  IPV4_HOME_CHANGED: {
    severity: 'warning',
    sentence:
      'the IPv4 home address is {address} now and was {was}: connections of the old one end',
    clause: 'RFC 5555 §3.2.1',
  },
  IPV4_PREFIX_ACCEPTED: {
    severity: 'info',
    sentence: 'IPv4 prefix {prefix} bound',
    clause: 'RFC 5555 §3.1.1',
  },
  IPV4_PREFIX_REFUSED: {
    severity: 'warning',
    sentence: 'no IPv4 prefix of {prefixLength} for {homeAddress}: {status} {meaning}',
    clause: 'RFC 5555 §3.2.1',
  },
  IPV4_HOME_REFUSED: {
    severity: 'error',
    sentence:
      'IPv4 home address {address} refused: {status} {meaning}; {homeAddress} goes on with IPv6 only',
    clause: 'RFC 5555 §3.2.1',
  },
  NAT_FOUND: {
    severity: 'info',
    sentence: 'a NAT is on the path of {homeAddress}; keep-alive every {refresh} s',
    clause: 'RFC 5555 §4.2',
  },
  NAT_NONE: {
    severity: 'info',
    sentence: 'no NAT on the path of {homeAddress}',
    clause: 'RFC 5555 §4.2',
  },
  NAT_CHANGED: {
    severity: 'notice',
    sentence: 'the NAT has {homeAddress} at {is} now, not at {was}; the tunnel follows',
    clause: 'RFC 5555 §4.5',
  },
  NAT_LIVED: {
    severity: 'debug',
    sentence:
      'the mapping of {homeAddress} at {nat} has lived {silence} s of silence; keep-alive every {refresh} s',
    clause: 'RFC 5555 §4.3',
  },
  NAT_LOST: {
    severity: 'info',
    sentence:
      'the mapping of {homeAddress} at {nat} has not lived {silence} s of silence; keep-alive every {refresh} s',
    clause: 'RFC 5555 §4.3',
  },
  NAT_REFRESH: {
    severity: 'info',
    sentence: 'the home agent wants a keep-alive of {homeAddress} every {refresh} s now',
    clause: 'RFC 5555 §4.3',
  },
  NAT_KEEPALIVE: {
    severity: 'debug',
    sentence: 'refreshing the NAT mapping of {homeAddress}',
    clause: 'RFC 5555 §4.3',
  },
  TUNNEL_SILENT: {
    severity: 'notice',
    sentence: 'nothing comes back through the tunnel of {homeAddress}: {then}',
    clause: 'RFC 5555 §4.4.1',
  },
  FIRST_PACKET: {
    severity: 'info',
    sentence: 'first packet {direction} through the tunnel of {tunnel}',
  },
  HOME_AGENT_HEARD: {
    severity: 'info',
    sentence: '{agent} is a home agent on {link}, preference {preference}',
    clause: 'RFC 6275 §10.5.1',
  },
  HOME_AGENT_GONE: {
    severity: 'notice',
    sentence: '{agent} on {link} is no home agent any more: {reason}',
    clause: 'RFC 6275 §10.5.1',
  },
  DHAAD_ANSWERED: {
    severity: 'info',
    sentence: '{careOf} asked for home agents on {link}; told {count}',
    clause: 'RFC 6275 §10.5',
  },
  HA_BU_RECEIVED: {
    severity: 'info',
    sentence: 'Binding Update {sequence} from {homeAddress} at {careOf}',
    clause: 'RFC 6275 §10.3.1',
  },
  HA_DAD_STARTED: {
    severity: 'info',
    sentence: 'is {homeAddress} free on {link}?',
    clause: 'RFC 6275 §10.3.1',
  },
  HA_DAD_FAILED: {
    severity: 'error',
    sentence: '{homeAddress} is in use on {link}',
    clause: 'RFC 6275 §10.3.1',
  },
  HA_BOUND: {
    severity: 'notice',
    sentence: '{homeAddress} is at {careOf} by {path} for {lifetime} s',
    clause: 'RFC 6275 §10.3.1',
  },
  HA_UNBOUND: {
    severity: 'notice',
    sentence: '{homeAddress} is no longer bound: {reason}',
    clause: 'RFC 6275 §10.3.2',
  },
  HA_REFUSED: {
    severity: 'warning',
    sentence: 'Binding Update of {homeAddress} refused: {status} {meaning}',
    clause: 'RFC 6275 §10.3.1',
  },
  HA_REVOKED: { severity: 'warning', sentence: 'binding of {homeAddress} withdrawn: {reason}' },
  HA_IPV4_GIVEN: {
    severity: 'info',
    sentence: '{homeAddress} is given {address} of the pool',
    clause: 'RFC 5555 §4.5',
  },
  HA_IPV4_FREED: {
    severity: 'info',
    sentence: '{address} is free again, {homeAddress} had it: {reason}',
  },
  PREFIXES_SOLICITED: {
    severity: 'info',
    sentence: 'asked the home agent of {homeAddress} for the home prefixes, attempt {attempt}',
    clause: 'RFC 6275 §11.4.2',
  },
  PREFIXES_LEARNT: {
    severity: 'info',
    sentence: 'home prefixes of {homeAddress}: {prefixes}',
    clause: 'RFC 6275 §11.4.3',
  },
  PREFIXES_UNANSWERED: {
    severity: 'warning',
    sentence: 'the home agent of {homeAddress} does not tell its prefixes, asked {attempts} times',
    clause: 'RFC 6275 §11.8',
  },
  HOME_ADDRESS_ADDED: {
    severity: 'notice',
    sentence: 'the home network of {of} has a new prefix: home address {homeAddress}',
    clause: 'RFC 6275 §11.4.3',
  },
  HOME_ADDRESS_OVER: {
    severity: 'notice',
    sentence: 'the prefix of home address {homeAddress} is no longer valid',
    clause: 'RFC 6275 §11.4.2',
  },
  HOME_PREFIX_ADDED: {
    severity: 'notice',
    sentence: 'home prefix {prefix} on {link}: valid {valid}, preferred {preferred}',
    clause: 'RFC 6275 §10.6.1',
  },
  HOME_PREFIX_CHANGED: {
    severity: 'notice',
    sentence: 'home prefix {prefix} on {link} is now valid {valid}, preferred {preferred}',
    clause: 'RFC 6275 §10.6.2',
  },
  HOME_PREFIX_GONE: {
    severity: 'warning',
    sentence: 'home prefix {prefix} on {link} is no longer valid',
    clause: 'RFC 6275 §10.3.1',
  },
  HA_PREFIXES_SENT: {
    severity: 'info',
    sentence: '{homeAddress} told of the home prefixes {prefixes} ({reason})',
    clause: 'RFC 6275 §10.6.2',
  },
  BA_SENT: {
    severity: 'info',
    sentence: 'Binding Acknowledgement {sequence} to {homeAddress}: status {status}',
    clause: 'RFC 6275 §10.3.1',
  },
  DROPPED: { severity: 'debug', sentence: 'dropped: {reason} from {source}' },
  DHAAD_SENT: {
    severity: 'info',
    sentence: 'asked {anycast} for home agents, from {careOf}, attempt {attempt}',
    clause: 'RFC 6275 §11.4.1',
  },
  DHAAD_ANSWER: {
    severity: 'info',
    sentence: '{by} names the home agents {agents}',
    clause: 'RFC 6275 §11.4.1',
  },
  DHAAD_UNANSWERED: {
    severity: 'warning',
    sentence: 'no home agent answers at {anycast}, asked {attempts} times',
    clause: 'RFC 6275 §11.4.1',
  },
  HOME_AGENT_FOUND: {
    severity: 'notice',
    sentence: 'home agent {to} for {homeAddress}: {reason}',
    clause: 'RFC 6275 §11.4.1',
  },
  HOME_AGENT_CHANGED: {
    severity: 'warning',
    sentence: 'home agent {to} in place of {from} for {homeAddress}: {reason}',
    clause: 'RFC 6275 §11.4.1',
  },
  HOME_AGENT_UNKNOWN: {
    severity: 'warning',
    sentence: 'no home agent is known for {homeAddress}: {reason}',
    clause: 'RFC 6275 §11.4.1',
  },
  BINDING_COMMANDED: {
    severity: 'notice',
    sentence: '{homeAddress}: {reason}, asked for by {by}',
  },
  FORCED: { severity: 'notice', sentence: 'handover forced to {target}' },
  UNPROTECTED: {
    severity: 'warning',
    sentence: 'signalling is not protected by IPsec (UseMnHaIPsec disabled)',
    clause: 'RFC 6275 §5.1',
  },
  STARTED: { severity: 'notice', sentence: '{role} started' },
  STOPPING: { severity: 'notice', sentence: '{role} stopping' },
  CLEANED: { severity: 'notice', sentence: 'removed what an earlier run had left' },
  DATAPATH_READY: { severity: 'debug', sentence: 'the datapath is as declared' },
  HOOK_RAN: { severity: 'debug', sentence: 'hook {hook} ran at {stage} in {took} ms' },
  HOOK_FAILED: { severity: 'warning', sentence: 'hook {hook} failed at {stage}: {reason}' },
  HOOK_TIMEOUT: { severity: 'warning', sentence: 'hook {hook} was ended at {stage}: {reason}' },
  HOOK_REFUSED: { severity: 'error', sentence: 'hook {hook} is not run: {reason}' },
  HOOK_DROPPED: {
    severity: 'warning',
    sentence: 'hooks fell behind: {count} stages passed without them',
  },
  DATAPATH_MENDED: {
    severity: 'warning',
    sentence: 'another program had changed what is ours in the kernel; put right: {what}',
  },
  DATAPATH_FAILED: { severity: 'error', sentence: 'the kernel refused {operation}: {reason}' },
} as const satisfies Record<string, EventRow>;

export type EventCode = keyof typeof EVENTS;

export const event = (code: EventCode, fields: MipEvent['fields'] = {}): MipEvent => ({
  code,
  fields,
});

/** The row's sentence with the fields in place; a missing field reads `?`. */
export function eventSentence(e: MipEvent): string {
  const there = (name: string) => e.fields[name] !== undefined && e.fields[name] !== null;
  return EVENTS[e.code].sentence
    .replace(/\[([^\]]*)\]/g, (_, part: string) =>
      [...part.matchAll(FIELD)].every(([, name]) => there(name!)) ? part : '',
    )
    .replace(FIELD, (_, name: string) => String(e.fields[name] ?? '?'));
}

/** What `eventSentence` makes its sentences of, for people: fields in braces. */
export const eventTemplate = (code: EventCode): string =>
  EVENTS[code].sentence.replace(/[[\]]/g, '');

export const eventSeverity = (code: EventCode): Severity => EVENTS[code].severity;

const FIELD = /\{(\w+)\}/g;
