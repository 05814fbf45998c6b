/** What reading a configuration turns up. Line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type FindingCode =
  | 'CONFIG_FILE' // cannot be read
  | 'CONFIG_SYNTAX' // not the grammar
  | 'CONFIG_UNKNOWN' // no such directive here
  | 'CONFIG_NOT_YET' // known, and this program cannot honour it
  | 'CONFIG_DEAD' // a word that no version of mip6d ever used
  | 'CONFIG_VALUE' // out of range, or in conflict with another
  | 'CONFIG_MISSING' // needed and absent
  | 'CONFIG_UNPROTECTED' // asks for IPsec
  | 'CONFIG_TOLERATED' // wrong, and clear enough
  | 'CONFIG_DOUBTFUL' // right, and hardly meant
  | 'CONFIG_NO_EFFECT'; // right, and changes nothing

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  readonly at: Position;
  /** One or two sentences: what was expected, what came, what was probably meant. */
  readonly message: string;
}

export const formatFinding = (f: Finding): string =>
  `${f.at.file}:${f.at.line}:${f.at.column}: ${f.severity}: ${f.message}`;

/** Collects, so that one run shows every mistake; bounded, as a wrong file can be wrong everywhere. */
export class Findings {
  readonly #list: Finding[] = [];

  error(code: FindingCode, at: Position, message: string): void {
    this.#add({ severity: 'error', code, at, message });
  }

  warning(code: FindingCode, at: Position, message: string): void {
    this.#add({ severity: 'warning', code, at, message });
  }

  get failed(): boolean {
    return this.#list.some((f) => f.severity === 'error');
  }

  /** In file order where they share a file. */
  get list(): readonly Finding[] {
    const order = new Map<string, number>();
    for (const f of this.#list) if (!order.has(f.at.file)) order.set(f.at.file, order.size);
    return [...this.#list].sort(
      (a, b) =>
        order.get(a.at.file)! - order.get(b.at.file)! ||
        a.at.line - b.at.line ||
        a.at.column - b.at.column,
    );
  }

  get full(): boolean {
    return this.#list.length >= MAX_FINDINGS;
  }

  #add(finding: Finding): void {
    if (!this.full) this.#list.push(finding);
  }
}

const MAX_FINDINGS = 50;
