/** What a configuration says, to be asked by the name of a directive. */
import type { Ipv4, Ipv6 } from '../../base/address.js';
import type { Position } from './finding.js';
import type { AddressAndLength, Statement, Value } from './parser.js';

export interface LabelledBlock {
  readonly label: string;
  readonly at: Position;
  readonly inner: Block;
}

/** Statements by name. A scalar that repeats: the last one wins; lists accumulate. */
export class Block {
  readonly #statements: readonly Statement[];

  constructor(statements: readonly Statement[]) {
    this.#statements = statements;
  }

  all(name: string): Statement[] {
    return this.#statements.filter((s) => s.name === name);
  }

  last(name: string): Statement | undefined {
    return this.all(name).at(-1);
  }

  has(name: string): boolean {
    return this.last(name) !== undefined;
  }

  at(name: string): Position | undefined {
    return this.last(name)?.at;
  }

  valueAt(name: string): Position | undefined {
    return this.last(name)?.valueAt;
  }

  boolean(name: string): boolean | undefined {
    return this.#value(name, 'boolean')?.value;
  }

  number(name: string): number | undefined {
    return this.#value(name, 'number')?.value;
  }

  text(name: string): string | undefined {
    return this.#value(name, 'text')?.value;
  }

  address(name: string): Ipv6 | Ipv4 | undefined {
    return this.#value(name, 'address')?.value;
  }

  prefix(name: string): AddressAndLength | undefined {
    return this.#value(name, 'prefix')?.value;
  }

  prefixes(name: string): AddressAndLength[] {
    return this.all(name).flatMap(({ value }) => (value.kind === 'prefix' ? [value.value] : []));
  }

  blocks(name: string): LabelledBlock[] {
    return this.all(name).flatMap(({ value, at }) =>
      value.kind === 'block'
        ? [{ label: value.label, at, inner: new Block(value.statements) }]
        : [],
    );
  }

  #value<K extends Value['kind']>(name: string, kind: K): Extract<Value, { kind: K }> | undefined {
    const value = this.last(name)?.value;
    return value?.kind === kind ? (value as Extract<Value, { kind: K }>) : undefined;
  }
}
