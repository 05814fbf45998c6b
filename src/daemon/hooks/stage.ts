/** The stages of a move at which hooks run, by the event that each is; and the facts that a hook is given. */
import type { EventNotice } from '../../control/api.js';
import type { EventCode } from '../../core/event.js';

/** Undefined: no hook runs for this event. */
export function stageOf({
  code,
  fields,
}: Pick<EventNotice, 'code' | 'fields'>): string | undefined {
  // Data flows both ways once something has come in.
  if (code === 'FIRST_PACKET') return fields['direction'] === 'in' ? 'handover-done' : undefined;
  return STAGES[code];
}

/**
 * `MIP6_STAGE`, `MIP6_EVENT`, what every event has, and each of its fields: `careOf` is `MIP6_CARE_OF`. Nothing of the
 * daemon's own environment.
 */
export function hookEnvironment(
  notice: EventNotice,
  stage: string,
  role: string,
): Readonly<Record<string, string>> {
  const fields = Object.entries(notice.fields).map(
    ([name, value]) => [variable(name), clean(String(value ?? ''))] as const,
  );
  return {
    ...Object.fromEntries(fields),
    PATH: SEARCH_PATH,
    MIP6_STAGE: stage,
    MIP6_EVENT: notice.code,
    MIP6_SEVERITY: notice.severity,
    MIP6_SENTENCE: clean(notice.sentence),
    MIP6_AT: notice.at,
    MIP6_NODE: clean(notice.node),
    MIP6_ROLE: role,
  };
}

const variable = (name: string): string =>
  `MIP6_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Fields may hold what a peer said: one line, and no longer than a program can be started with. */
const clean = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, MAX_VALUE);

export const STAGES: Readonly<Partial<Record<EventCode, string>>> = {
  STARTED: 'started',
  LINK_UP: 'link-up',
  LINK_DOWN: 'link-down',
  LINK_GONE: 'link-down',
  ROUTER_FOUND: 'router-found',
  ROUTER_LOST: 'router-lost',
  DHCP_BOUND: 'leased',
  CARE_OF_CHOSEN: 'care-of-chosen',
  CARE_OF_LOST: 'care-of-lost',
  BU_SENT: 'bu-sent',
  BINDING_ACCEPTED: 'bound',
  BINDING_REFUSED: 'refused',
  BINDING_EXPIRED: 'expired',
  BINDING_REMOVED: 'unbound',
  RETURNING_HOME: 'returning-home',
  AT_HOME: 'at-home',
  NAT_FOUND: 'nat-change',
  NAT_NONE: 'nat-change',
  NAT_CHANGED: 'nat-change',
  HA_BOUND: 'ha-bound',
  HA_UNBOUND: 'ha-unbound',
  HA_REFUSED: 'ha-refused',
  STOPPING: 'stopping',
};

/** Characters of one value. */
const MAX_VALUE = 1024;
const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
