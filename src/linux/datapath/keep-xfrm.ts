/** XFRM states and policies. Ours bear our reqid. */
import type { Prefix } from '../../base/address.js';
import type { XfrmNetlink } from '../netlink/xfrm/xfrm-netlink.js';
import type { XfrmPolicy, XfrmState } from '../netlink/xfrm/model.js';
import { errnoIs, forgiveAbsence } from './absence.js';
import type { Keeper, ObjectOf, Present } from './keeper.js';
import { objectKey } from './kernel-object.js';
import { REQID } from './marks.js';

export class StateKeeper implements Keeper<ObjectOf<'state'>> {
  readonly #requests: XfrmNetlink;

  constructor(requests: XfrmNetlink) {
    this.#requests = requests;
  }

  put({ state }: ObjectOf<'state'>, was: ObjectOf<'state'> | undefined): Promise<void> {
    if (was) return this.#requests.updateState(state);
    return this.#requests.addState(state).catch((error: unknown) => {
      if (!errnoIs(error, 'EEXIST')) throw error;
      return this.#requests.updateState(state); // of an earlier run
    });
  }

  remove({ state }: ObjectOf<'state'>): Promise<void> {
    return this.#requests.removeState(state).catch(forgiveAbsence);
  }

  text({ state }: ObjectOf<'state'>): string {
    return stateText(state);
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const all = new Map<string, Present>();
    for (const state of await this.#requests.states()) {
      if (state.reqid !== REQID) continue;
      all.set(objectKey({ kind: 'state', state }), {
        text: stateText(state),
        remove: () => this.#requests.removeState(state).catch(forgiveAbsence),
      });
    }
    return all;
  };
}

export class PolicyKeeper implements Keeper<ObjectOf<'policy'>> {
  readonly #requests: XfrmNetlink;

  constructor(requests: XfrmNetlink) {
    this.#requests = requests;
  }

  put({ policy }: ObjectOf<'policy'>, was: ObjectOf<'policy'> | undefined): Promise<void> {
    if (was) return this.#requests.updatePolicy(policy);
    return this.#requests.addPolicy(policy).catch((error: unknown) => {
      if (!errnoIs(error, 'EEXIST')) throw error;
      return this.#requests.updatePolicy(policy); // of an earlier run
    });
  }

  remove({ policy }: ObjectOf<'policy'>): Promise<void> {
    return this.#requests.removePolicy(policy).catch(forgiveAbsence);
  }

  text({ policy }: ObjectOf<'policy'>): string {
    return policyText(policy);
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const all = new Map<string, Present>();
    for (const policy of await this.#requests.policies()) {
      if (!isOurPolicy(policy)) continue;
      all.set(objectKey({ kind: 'policy', policy }), {
        text: policyText(policy),
        remove: () => this.#requests.removePolicy(policy).catch(forgiveAbsence),
      });
    }
    return all;
  };
}

/** A policy has no mark of its own: its templates have. */
export const isOurPolicy = ({ templates }: Pick<XfrmPolicy, 'templates'>): boolean =>
  templates.length > 0 && templates.every((t) => t.reqid === REQID);

const stateText = ({ mode, careOf, selector: s }: XfrmState): string =>
  `${mode} ${careOf ?? '-'} ${s ? `${text(s.source)} ${text(s.destination)}` : '-'}`;

const text = (p: Prefix): string => `${p.address}/${p.length}`;

const policyText = ({ action, priority, templates }: XfrmPolicy): string => {
  const each = templates.map(
    (t) => `${t.protocol} ${t.mode} ${t.source} ${t.destination} ${t.level}`,
  );
  return [action, priority, ...each].join(' ');
};
