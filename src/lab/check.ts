/** Is it as the lab says? One answer per check, with what was there instead. */
import { inPrefix, parseAddress, type IpAddress, type Prefix } from '../base/address.js';
import type { BcEntry, BulEntry } from '../control/api.js';
import { describeCheck, findLink, findNode, type Check, type Lab } from './model.js';
import { worstSilence, type Outage } from './outage.js';
import type { LabWorld } from './world.js';

export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  /** What was found. */
  readonly found: string;
}

/**
 * `outages`: of all moves so far. `patience`: how many times as long a reply may take and an outage may last, above 1
 * on a slow kernel only. A check that a world cannot answer fails with the reason.
 */
export async function evaluate(
  check: Check,
  world: LabWorld,
  outages: readonly Outage[],
  patience: number,
): Promise<CheckResult> {
  const asked = check.kind === 'outage' ? { ...check, below: check.below * patience } : check;
  const told = describeCheck(asked);
  try {
    return { check: told, ...(await answer(asked, world, outages, patience)) };
  } catch (error) {
    return {
      check: told,
      passed: false,
      found: error instanceof Error ? error.message : String(error),
    };
  }
}

type Answer = Omit<CheckResult, 'check'>;

async function answer(
  check: Check,
  world: LabWorld,
  outages: readonly Outage[],
  patience: number,
): Promise<Answer> {
  switch (check.kind) {
    case 'registered':
      return registered(check, world);
    case 'bound': {
      const entry = (await world.bc(check.node)).find((e) => e.homeAddress === check.home);
      return bound(check, world.lab, entry);
    }
    case 'unbound': {
      const entry = (await world.bc(check.node)).find((e) => e.homeAddress === check.home);
      return { passed: !entry, found: entry ? bcText(entry) : 'no binding' };
    }
    case 'ping': {
      const series = world.ping(
        { from: check.node, to: check.to, interval: CHECK_SPACING },
        check.count,
      );
      await world.wait(CHECK_SPACING * check.count + REPLY_PATIENCE * patience);
      series.stop();
      const answered = series.samples().filter((s) => s.receivedAt !== null).length;
      return { passed: answered === check.count, found: `${answered} of ${check.count} answered` };
    }
    case 'outage': {
      const worst = worstSilence(outages.filter((o) => o.to === check.to));
      return {
        passed: worst < check.below,
        found: worst === Infinity ? 'no end' : `${Math.round(worst)} ms at worst`,
      };
    }
    case 'lost': {
      const own = outages.filter((o) => o.to === check.to);
      const lost = own.reduce((sum, o) => sum + o.lost, 0);
      const sent = own.reduce((sum, o) => sum + o.sent, 0);
      return { passed: lost <= check.atMost && sent > 0, found: `${lost} of ${sent} lost` };
    }
    default:
      return check satisfies never;
  }
}

async function registered(
  check: Extract<Check, { kind: 'registered' }>,
  world: LabWorld,
): Promise<Answer> {
  const home = check.home ?? findNode(world.lab, check.node)?.home?.address6;
  const entry = (await world.bul(check.node)).find(
    (e) => e.homeAddress === home && e.state !== 'idle',
  );
  if (check.at === 'home' || findLink(world.lab, check.at)?.home) {
    const where = (await world.status(check.node)).homes.find((h) => h.homeAddress === home)?.where;
    return {
      passed: where === 'home' && !entry,
      found: entry ? bulText(entry) : `${where ?? 'unknown'}, no registration`,
    };
  }
  if (!entry) return { passed: false, found: 'no registration' };
  const passed =
    entry.state === 'bound' &&
    isOn(world.lab, check.at, entry.careOf) &&
    (check.within === null || isIn(check.within, entry.careOf)) &&
    entry.careOf !== check.not &&
    (check.path === null || entry.path === check.path) &&
    (check.nat === null || entry.nat === check.nat);
  return { passed, found: bulText(entry) };
}

function bound(
  check: Extract<Check, { kind: 'bound' }>,
  lab: Lab,
  entry: BcEntry | undefined,
): Answer {
  if (!entry) return { passed: false, found: 'no binding' };
  const there =
    check.at === null || isOn(lab, check.at, entry.careOf) || isOutside(lab, check.at, entry);
  const passed =
    entry.state === 'bound' && there && (check.path === null || entry.path === check.path);
  return { passed, found: bcText(entry) };
}

function isOn(lab: Lab, link: string, address: string | null): boolean {
  const there = findLink(lab, link);
  if (!there) return false;
  const { prefixes6, prefix4 } = there;
  return [...prefixes6, ...(prefix4 ? [prefix4] : [])].some((p) => isIn(p, address));
}

function isIn(prefix: Prefix, address: string | null): boolean {
  const a = address === null ? undefined : parseAddress(address);
  return a !== undefined && inPrefix(a, prefix);
}

/** Behind a NAT the home agent sees the NAT's outer address. */
function isOutside(lab: Lab, link: string, entry: BcEntry): boolean {
  const seen: IpAddress = entry.mapped?.address ?? entry.careOf;
  return lab.nodes.some(
    (n) =>
      n.role === 'nat' &&
      n.interfaces.some((i) => i.link === link && i.name !== n.outside) &&
      n.interfaces.some((i) => i.name === n.outside && i.address4 === seen),
  );
}

const bulText = (e: BulEntry): string =>
  `${e.state} at ${e.careOf ?? 'nowhere'}${e.path ? ` by ${e.path}` : ''}${e.nat ? ', NAT' : ''}`;

const bcText = (e: BcEntry): string =>
  `${e.state} at ${e.careOf}${e.mapped ? ` (${e.mapped.address}:${e.mapped.port})` : ''} by ${e.path}`;

const CHECK_SPACING = 50; // ms
const REPLY_PATIENCE = 500; // ms
