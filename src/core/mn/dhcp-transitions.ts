/**
 * The states of a DHCP client, RFC 2131 figure 5, and all that leads from one to the next.
 *
 *   any ─carrier→ selecting     any ─carrier, lease known→ rebooting     any ─carrier lost→ down
 *   rebooting ─ack→ bound       rebooting ─another address offered→ requesting    rebooting ─nak, silence→ selecting
 *   selecting ─offer→ requesting ─ack→ bound      requesting ─nak, silence→ next offer, or selecting
 *   rebooting, selecting ─known gateway answers→ bound, or rebooting where time left of the lease is not known
 *   bound ─T1, renew→ renewing ─T2→ rebinding ─end of lease→ selecting     either ─ack→ bound, ─nak→ selecting
 *   bound, renewing, rebinding ─address conflict→ init ─10 s→ selecting
 *   refused again and again → init ─back-off→ selecting       any but down ─release→ released
 *
 * INIT-REBOOT of figure 5 is left as soon as it is entered, and has no name here; INIT has one only where it waits.
 */
export type DhcpState =
  | 'down'
  | 'init'
  | 'rebooting'
  | 'selecting'
  | 'requesting'
  | 'bound'
  | 'renewing'
  | 'rebinding'
  | 'released';

/** What can happen to a client. */
export type DhcpInput =
  | 'carrier'
  | 'carrier, lease known'
  | 'carrier lost'
  | 'offer'
  | 'ack'
  | 'nak'
  /** Not the first refusal since the last lease. */
  | 'nak again'
  /** The chosen server refuses or is silent, and there are others. */
  | 'another offer'
  | 'silence'
  /** Silence after the last retransmission. */
  | 'given up'
  | 'pause over'
  | 'gateway'
  /** A known gateway answers, and how much of its lease is left is not known. */
  | 'gateway, time not known'
  | 'T1'
  | 'T2'
  | 'end of lease'
  | 'conflict'
  | 'renew'
  | 'release';

type Row = Readonly<Partial<Record<DhcpInput, DhcpState>>>;

const ALWAYS: Row = {
  carrier: 'selecting',
  'carrier, lease known': 'rebooting',
  'carrier lost': 'down',
};
const ASKING: Row = {
  ...ALWAYS,
  offer: 'requesting',
  gateway: 'bound',
  'gateway, time not known': 'rebooting',
  release: 'released',
};
const USING: Row = {
  ...ALWAYS,
  ack: 'bound',
  nak: 'selecting',
  conflict: 'init',
  release: 'released',
};

/** By state and input; what is absent is ignored. */
export const DHCP_TRANSITIONS: Readonly<Record<DhcpState, Row>> = {
  down: ALWAYS,
  init: { ...ALWAYS, 'pause over': 'selecting', release: 'released' },
  rebooting: {
    ...ASKING,
    ack: 'bound',
    nak: 'selecting',
    'nak again': 'init',
    silence: 'selecting',
  },
  selecting: { ...ASKING, silence: 'selecting' },
  requesting: {
    ...ALWAYS,
    ack: 'bound',
    nak: 'selecting',
    'nak again': 'init',
    'another offer': 'requesting',
    silence: 'requesting',
    'given up': 'selecting',
    release: 'released',
  },
  bound: { ...USING, T1: 'renewing', renew: 'renewing' },
  renewing: { ...USING, T2: 'rebinding', silence: 'renewing', renew: 'renewing' },
  rebinding: {
    ...USING,
    'end of lease': 'selecting',
    silence: 'rebinding',
    renew: 'rebinding',
  },
  released: ALWAYS,
};
