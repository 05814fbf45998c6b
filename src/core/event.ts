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
  /** `{name}` is replaced by the field. */
  readonly sentence: string;
  readonly clause?: string;
}

export const EVENTS = {
  LINK_UP: { severity: 'info', sentence: '{link} has carrier' },
  LINK_DOWN: { severity: 'notice', sentence: '{link} lost carrier' },
  LINK_GONE: { severity: 'warning', sentence: '{link} is gone' },
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
    sentence: 'care-of address {careOf} on {link}: {reason}',
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
  IPV4_HOME_REFUSED: {
    severity: 'error',
    sentence: 'IPv4 home address {address} refused: {status} {meaning}',
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
  NAT_KEEPALIVE: {
    severity: 'debug',
    sentence: 'refreshing the NAT mapping of {homeAddress}',
    clause: 'RFC 5555 §4.3',
  },
  FIRST_PACKET: {
    severity: 'info',
    sentence: 'first packet {direction} through the tunnel of {tunnel}',
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
  BA_SENT: {
    severity: 'info',
    sentence: 'Binding Acknowledgement {sequence} to {homeAddress}: status {status}',
    clause: 'RFC 6275 §10.3.1',
  },
  DROPPED: { severity: 'debug', sentence: 'dropped: {reason} from {source}' },
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
  return EVENTS[e.code].sentence.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(e.fields[name] ?? '?'),
  );
}

export const eventSeverity = (code: EventCode): Severity => EVENTS[code].severity;
