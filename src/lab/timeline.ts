/**
 * A handover taken apart: from the cable coming out to the first packet, phase by phase, and in each phase the part
 * that somebody else imposed by making us wait.
 */
import type { Millis } from '../base/time.js';
import type { EventCode } from '../core/event.js';
import type { Happening, LabTime } from './world.js';

export type PhaseName = 'link' | 'router' | 'lease' | 'address' | 'update' | 'answer' | 'packet';

export interface Phase {
  readonly name: PhaseName;
  /** What ended it. */
  readonly sentence: string;
  /** From the start of the move. */
  readonly at: Millis;
  /** Since the phase before. */
  readonly took: Millis;
}

/** Time in which nothing but the wait of another node's rule went on. */
export interface Wait {
  readonly who: 'router' | 'dhcp server' | 'home agent';
  readonly sentence: string;
  readonly clause: string;
  readonly took: Millis;
}

export interface Timeline {
  readonly phases: readonly Phase[];
  readonly waits: readonly Wait[];
}

export interface MoveWindow {
  readonly node: string;
  readonly interface: string;
  readonly homeAgent: string | null;
  readonly homeAddress: string | null;
  readonly from: LabTime;
  /** When the cable was in; null when it stayed out. */
  readonly linkUp: LabTime | null;
  readonly until: LabTime;
  /** When the first ping was answered again; null when none was lost or none came. */
  readonly firstPacket: LabTime | null;
}

export type Told = Extract<Happening, { kind: 'event' }>;

export function timelineOf(happenings: readonly Happening[], window: MoveWindow): Timeline {
  const { from, linkUp, until } = window;
  if (linkUp === null) return { phases: [], waits: [] };
  const events = happenings
    .filter((h): h is Told => h.kind === 'event' && h.at >= from && h.at < until)
    .sort((a, b) => a.at - b.at);
  const own = events.filter((e) => e.node === window.node);
  const first = (
    list: readonly Told[],
    codes: readonly EventCode[],
    since: LabTime,
    also?: (e: Told) => boolean,
  ) => list.find((e) => e.at >= since && codes.includes(e.notice.code) && (also?.(e) ?? true));
  const lastBefore = (list: readonly Told[], codes: readonly EventCode[], before: LabTime) =>
    list.filter((e) => e.at <= before && e.at >= linkUp && codes.includes(e.notice.code)).at(-1);

  const phases: Phase[] = [];
  const waits: Wait[] = [];
  const wait = (w: Wait) => waits.push({ ...w, took: round(w.took) });
  let reached: LabTime = from;
  const phase = (name: PhaseName, at: LabTime, sentence: string) => {
    // Two happenings of one instant may come in either order; a phase is never negative.
    const end = Math.max(at, reached);
    phases.push({ name, sentence, at: round(end - from), took: round(end - reached) });
    reached = end;
  };

  const up = linkUpEvent(happenings, window);
  const upAt = up?.at ?? linkUp;
  phase('link', upAt, up?.notice.sentence ?? 'the cable is in');

  const update = first(own, ['BU_SENT'], upAt);
  const chosen = lastBefore(own, ['CARE_OF_CHOSEN', 'RETURNING_HOME'], update?.at ?? until);
  const family4 = String(chosen?.notice.fields['careOf'] ?? '').includes('.');
  const settled = chosen?.at ?? update?.at ?? until;
  const source = first(
    own,
    family4 ? ['DHCP_BOUND'] : ['ROUTER_FOUND'],
    upAt,
    (e) => e.at <= settled,
  );
  if (source) {
    phase(family4 ? 'lease' : 'router', source.at, source.notice.sentence);
    const gateway = source.notice.fields['reason'] === GATEWAY_ANSWERED;
    if (family4 && gateway) {
      const asked = lastBefore(own, ['GATEWAYS_PROBED'], source.at);
      wait({
        who: 'router',
        sentence: 'from asking the known gateway to its answer',
        clause: 'RFC 4436 §2.1',
        took: source.at - Math.max(asked?.at ?? upAt, upAt),
      });
    } else if (family4) {
      const asked = first(own, ['DHCP_DISCOVER'], upAt);
      if (asked && asked.at <= source.at) {
        wait({
          who: 'dhcp server',
          sentence: 'from DISCOVER to the lease',
          clause: 'RFC 2131 §4.4.1',
          took: source.at - asked.at,
        });
      }
    } else {
      const asked = lastBefore(own, ['ROUTER_SOLICITED'], source.at);
      wait({
        who: 'router',
        sentence: asked
          ? 'from the solicitation to the advertisement'
          : 'until the next advertisement',
        clause: 'RFC 4861 §6.2.6',
        took: source.at - Math.max(asked?.at ?? upAt, upAt),
      });
    }
  }
  if (chosen) phase('address', chosen.at, chosen.notice.sentence);
  if (!update) return { phases, waits };
  phase('update', update.at, update.notice.sentence);

  const answer = first(own, ['BINDING_ACCEPTED', 'BINDING_REMOVED', 'BINDING_REFUSED'], update.at);
  const received = first(own, ['BA_RECEIVED'], update.at);
  const answered = answer ?? received;
  const agent = events.filter((e) => e.node === window.homeAgent && about(e, window.homeAddress));
  const dad = first(agent, ['HA_DAD_STARTED'], update.at - CLOCK_SLACK);
  const dadEnd = dad && first(agent, ['HA_BOUND', 'HA_DAD_FAILED', 'BA_SENT'], dad.at);
  if (dad && dadEnd) {
    wait({
      who: 'home agent',
      sentence: 'duplicate address detection before it answers',
      clause: 'RFC 6275 §10.3.1',
      took: dadEnd.at - dad.at,
    });
  }
  if (answered) {
    const at = received && received.at <= answered.at ? received : answered;
    phase('answer', at.at, answered.notice.sentence);
  }
  if (window.firstPacket !== null)
    phase('packet', window.firstPacket, 'the first ping is answered');
  return { phases, waits };
}

/** When the node itself saw the cable in: sooner than the command that put it in came back. */
export function linkUpEvent(
  happenings: readonly Happening[],
  window: Pick<MoveWindow, 'node' | 'interface' | 'from' | 'until'>,
): Told | undefined {
  return happenings.find(
    (h): h is Told =>
      h.kind === 'event' &&
      h.node === window.node &&
      h.at >= window.from &&
      h.at < window.until &&
      h.notice.code === 'LINK_UP' &&
      h.notice.fields['link'] === window.interface,
  );
}

const about = (e: Told, homeAddress: string | null): boolean =>
  homeAddress === null || (e.notice.fields['homeAddress'] ?? homeAddress) === homeAddress;

/** To the microsecond: more is noise. */
export const round = (ms: number): number => Math.round(ms * 1000) / 1000;

/** `DHCP_BOUND` then: no server was waited for. */
const GATEWAY_ANSWERED = 'gateway answered';
/** Ours: events of another process are stamped to the millisecond. */
const CLOCK_SLACK: Millis = 2;
