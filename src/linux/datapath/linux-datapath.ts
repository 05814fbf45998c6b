/**
 * The Datapath of a Linux host: declared items become kernel objects (`plan.ts`), and keepers make these so. What the
 * kernel cannot do is done in this process. All that it leaves in the kernel is marked as ours (`marks.ts`), so that
 * it can be found again after a crash without a memory of it.
 */
import { diff, diffOfChange, sameItem } from '../../core/datapath/diff.js';
import type { DatapathOperation } from '../../core/datapath/diff.js';
import {
  NO_DATAPATH,
  type DatapathItem,
  type DatapathState,
  type TunnelItem,
} from '../../core/datapath/model.js';
import type { Carrying, Datapath } from '../../ports/index.js';
import type { Keeper, Keepers, Present } from './keeper.js';
import { objectKey, OBJECT_ORDER, type AcceptObject, type KernelObject } from './kernel-object.js';
import type { Carrier, Plan } from './plan.js';

export type ObjectKind = KernelObject['kind'];

export interface DatapathParts {
  readonly plan: Plan;
  readonly keepers: Keepers;
  /** Admission is told of all changes of one step at once. */
  readonly admit: (add: readonly AcceptObject[], remove: readonly AcceptObject[]) => Promise<void>;
  /** A tunnel that the kernel carries has come or changed (`carrier`), or gone (undefined). */
  readonly carried: (tunnel: TunnelItem, carrier: Carrier | undefined) => void;
  /** What belongs to no item: tables, settings, sockets. */
  readonly cleanRest: () => Promise<void>;
}

export class LinuxDatapath implements Datapath {
  readonly #parts: DatapathParts;
  readonly #plan: Plan;
  #want: DatapathState = NO_DATAPATH;
  /** What is in the kernel as far as we know, by object key. */
  readonly #have = new Map<string, KernelObject>();
  /** Objects that could not be made so: tried again by the next call. */
  readonly #unsettled = new Set<string>();
  #running: Promise<unknown> | undefined;

  constructor(parts: DatapathParts) {
    this.#parts = parts;
    this.#plan = parts.plan;
  }

  /**
   * Makes `want` so. Requests leave at once and in order; the promise settles when the kernel has answered all.
   * What fails is tried again by the next call; the others stand. Rejects with the first `LinuxError`.
   */
  apply(want: DatapathState): Promise<void> {
    return this.#inTurn(() => this.#apply(want));
  }

  snapshot(): DatapathState {
    if (this.#unsettled.size === 0) return this.#want;
    const settled = (item: DatapathItem): boolean =>
      this.#plan.objectsOf(item).every((object) => !this.#unsettled.has(objectKey(object)));
    return { items: [...this.#plan.items.values()].filter(settled) };
  }

  carriedBy(tunnel: string): Carrying | undefined {
    const carrier = this.#plan.carrier(tunnel);
    return carrier && (carrier.by === 'userspace' ? 'user space' : 'kernel');
  }

  /**
   * Reads what the kernel has of ours, of some kinds or of all, and puts right what differs from what is wanted.
   * Gives the keys of the objects that did.
   */
  reconcile(kinds?: ReadonlySet<ObjectKind>): Promise<readonly string[]> {
    let mended: readonly string[] = [];
    // With a device the kernel takes addresses, routes and filters: they are read when devices are as they should be.
    const parts = [KINDS.filter(isGround), KINDS.filter((kind) => !isGround(kind))].map(
      (part) => new Set(kinds ? part.filter((kind) => kinds.has(kind)) : part),
    );
    return this.#inTurn(async () => {
      for (const part of parts) mended = [...mended, ...(await this.#reconcile(part))];
    }).then(() => mended);
  }

  /** Is that what we believe to be there? */
  believes(object: KernelObject): boolean {
    return this.agrees(objectKey(object), this.#keeper(object).text(object));
  }

  /** The same, of what was read from the kernel. */
  agrees(key: string, text: string): boolean {
    const have = this.#have.get(key);
    return have !== undefined && this.#keeper(have).text(have) === text;
  }

  /** Do we believe that there is such an object? */
  has(key: string): boolean {
    return this.#have.has(key);
  }

  /** What is wanted of one kind. */
  wanted(kind: ObjectKind): KernelObject[] {
    return [...this.#plan.wantedKeys()].flatMap((key) => {
      const object = this.#plan.wanted(key)!;
      return object.kind === kind ? [object] : [];
    });
  }

  clean(): Promise<void> {
    return this.#inTurn(async () => {
      const all = diff({ items: [...this.#plan.items.values()] }, NO_DATAPATH);
      this.#plan.update(all);
      this.#tellCarried(all);
      this.#want = NO_DATAPATH;
      const ours = await this.#present(undefined, () => {});
      const gone: Promise<void>[] = [];
      for (const kind of [...KINDS].reverse()) {
        for (const { remove } of ours.get(kind)?.values() ?? []) gone.push(remove());
      }
      this.#parts.keepers.signalling.remove({ kind: 'signalling', item: NOTHING })?.catch(() => {});
      for (const object of this.#have.values()) {
        if (object.kind === 'forwarder') this.#parts.keepers.forwarder.remove(object);
      }
      this.#have.clear();
      this.#unsettled.clear();
      gone.push(this.#parts.cleanRest());
      const failed = (await Promise.allSettled(gone)).find((r) => r.status === 'rejected');
      if (failed) throw failed.reason;
    });
  }

  /** One after the other, and at once when nothing runs: the requests of a handover leave within this call. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#running ? this.#running.then(work, work) : work();
    const done: Promise<unknown> = turn.then(
      () => {},
      () => {},
    );
    this.#running = done;
    void done.then(() => {
      if (this.#running === done) this.#running = undefined;
    });
    return turn;
  }

  async #apply(want: DatapathState): Promise<void> {
    const { items } = this.#plan;
    const { change } = want;
    const operations =
      change?.from === this.#want
        ? diffOfChange(items, change)
        : diff({ items: [...items.values()] }, want);
    this.#want = want;
    const touched = this.#plan.update(operations);
    for (const key of this.#unsettled) touched.add(key);
    this.#tellCarried(operations);
    await this.#settle(touched);
  }

  #tellCarried(operations: readonly DatapathOperation[]): void {
    for (const { op, item } of operations) {
      if (item.kind !== 'tunnel') continue;
      const carrier = op === 'remove' ? undefined : this.#plan.carrier(item.key);
      this.#parts.carried(item, carrier?.by === 'userspace' ? undefined : carrier);
    }
  }

  /** `again` are put although they are as wanted, for all that we know. */
  async #settle(keys: ReadonlySet<string>, again: ReadonlySet<string> = NONE): Promise<void> {
    const put: Step[] = [];
    const drop: Step[] = [];
    for (const key of keys) {
      const wanted = this.#plan.wanted(key);
      const have = this.#have.get(key);
      const same = have && wanted && !again.has(key) && sameItem(have, wanted);
      if (wanted && !same) put.push({ key, wanted, have });
      else if (!wanted && have) drop.push({ key, wanted, have });
      this.#unsettled.delete(key);
    }
    if (put.length + drop.length === 0) return;
    put.sort((a, b) => orderOf(a) - orderOf(b));
    drop.sort((a, b) => orderOf(b) - orderOf(a));
    const failures: unknown[] = [];
    const work: Promise<void>[] = [];
    const watch = (steps: readonly Step[], done: Promise<void> | undefined): void => {
      if (!done) return;
      work.push(
        done.catch((error: unknown) => {
          failures.push(error);
          for (const step of steps) this.#failed(step);
        }),
      );
    };
    const accepts = [...put, ...drop].filter((s) => kindOf(s) === 'accept');
    let admitted = accepts.length === 0;
    const admit = (): void => {
      admitted = true;
      watch(accepts, this.#admit(accepts));
    };
    for (const step of put) {
      if (kindOf(step) === 'accept') continue;
      if (!admitted && orderOf(step) > OBJECT_ORDER.accept) admit();
      watch([step], this.#start(step));
    }
    if (!admitted) admit();
    for (const step of drop) {
      if (kindOf(step) !== 'accept') watch([step], this.#start(step));
    }
    await Promise.all(work);
    if (failures.length > 0) throw failures[0];
  }

  /** Sends the requests of one step before it returns. Undefined: done already. */
  #start({ key, wanted, have }: Step): Promise<void> | undefined {
    const keeper = this.#keeper(wanted ?? have!);
    if (wanted) this.#have.set(key, wanted);
    else this.#have.delete(key);
    try {
      return wanted ? keeper.put(wanted, have) : keeper.remove(have!);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #admit(steps: readonly Step[]): Promise<void> {
    const add: AcceptObject[] = [];
    const remove: AcceptObject[] = [];
    for (const { key, wanted, have } of steps) {
      if (wanted) {
        add.push(wanted as AcceptObject);
        this.#have.set(key, wanted);
      } else {
        remove.push(have as AcceptObject);
        this.#have.delete(key);
      }
    }
    return this.#parts.admit(add, remove);
  }

  /** An addition that failed is not there, a removal that failed still is. */
  #failed({ key, wanted, have }: Step): void {
    this.#unsettled.add(key);
    if (wanted) this.#have.delete(key);
    else if (have) this.#have.set(key, have);
  }

  #keeper(object: KernelObject): Keeper<KernelObject> {
    return this.#parts.keepers[object.kind] as Keeper<KernelObject>;
  }

  async #reconcile(kinds: ReadonlySet<ObjectKind>): Promise<readonly string[]> {
    if (this.#plan.items.size === 0) return [];
    const ours = await this.#present(kinds, (error) => {
      throw error;
    });
    const differs = new Set<string>();
    for (const key of this.#plan.wantedKeys()) {
      const object = this.#plan.wanted(key)!;
      const there = ours.get(object.kind);
      if (!there) continue; // cannot be read
      const present = there.get(key);
      there.delete(key);
      if (present?.text === this.#keeper(object).text(object)) continue;
      differs.add(key);
      // Absent: made anew, but a route that was there may have been replaced: so it is, too. Altered: changed in place.
      if (present) this.#have.set(key, object);
      else if (object.kind !== 'route') this.#have.delete(key);
    }
    const extra = [...ours.values()].flatMap((m) => [...m]);
    // First what should not be there: it may stand in the place of what should.
    const removed = Promise.all(extra.map(([, { remove }]) => remove()));
    await Promise.all([removed, this.#settle(differs, differs)]);
    return [...differs, ...extra.map(([key]) => key)];
  }

  async #present(
    kinds: ReadonlySet<ObjectKind> | undefined,
    failed: (error: unknown) => void,
  ): Promise<Map<ObjectKind, Map<string, Present>>> {
    const all = new Map<ObjectKind, Map<string, Present>>();
    await Promise.all(
      KINDS.map(async (kind) => {
        const { present } = this.#parts.keepers[kind];
        if (!present || (kinds && !kinds.has(kind))) return;
        try {
          all.set(kind, new Map(await present()));
        } catch (error) {
          failed(error);
        }
      }),
    );
    return all;
  }
}

interface Step {
  readonly key: string;
  readonly wanted: KernelObject | undefined;
  readonly have: KernelObject | undefined;
}

const kindOf = ({ wanted, have }: Step): ObjectKind => (wanted ?? have!).kind;
const orderOf = (step: Step): number => OBJECT_ORDER[kindOf(step)];

const KINDS = (Object.keys(OBJECT_ORDER) as ObjectKind[]).sort(
  (a, b) => OBJECT_ORDER[a] - OBJECT_ORDER[b],
);
/** Others stand on these. */
const isGround = (kind: ObjectKind): boolean => OBJECT_ORDER[kind] <= OBJECT_ORDER.device;
const NONE: ReadonlySet<string> = new Set();
const NOTHING = { kind: 'signalling', addresses: [], udp: null } as const;
