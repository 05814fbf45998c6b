/**
 * A datapath state told by what differs from another one. The whole list is made when somebody asks for it, so that
 * a registration among 100,000 bindings costs what it changes. States do not change.
 */
import type { DatapathChange, DatapathItem, DatapathState } from './model.js';

export class DerivedState implements DatapathState {
  #items: readonly DatapathItem[] | undefined;
  #change: DatapathChange | undefined;
  readonly #depth: number;

  /** `drop` names objects of `from.items` that are no longer in force, those that `put` replaces included. */
  constructor(from: DatapathState, put: readonly DatapathItem[], drop: readonly DatapathItem[]) {
    this.#change = { from, put, drop };
    const depth = from instanceof DerivedState ? from.#depth + 1 : 0;
    this.#depth = depth < MAX_DEPTH ? depth : 0;
    if (depth >= MAX_DEPTH && from instanceof DerivedState) from.#forgetOrigin();
  }

  /** Undefined once many states have followed: then only the whole is known. */
  get change(): DatapathChange | undefined {
    return this.#change;
  }

  get items(): readonly DatapathItem[] {
    this.#items ??= this.#whole();
    return this.#items;
  }

  #whole(): readonly DatapathItem[] {
    const changes: DatapathChange[] = [this.#change!];
    let base = this.#change!.from;
    while (base instanceof DerivedState && base.#items === undefined) {
      changes.push(base.#change!);
      base = base.#change!.from;
    }
    const all = new Set(base.items);
    for (const { put, drop } of changes.reverse()) {
      for (const item of drop) all.delete(item);
      for (const item of put) all.add(item);
    }
    return [...all];
  }

  /** Lets go of the states before this one. */
  #forgetOrigin(): void {
    this.#items ??= this.#whole();
    this.#change = undefined;
  }
}

/** Ours: so many states at most hold on to each other; the whole list is copied once for as many changes. */
const MAX_DEPTH = 1024;
