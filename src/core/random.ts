/** Randomness is an argument: worlds hand one in, simulations a seeded one. */
export interface Random {
  /** `n` fresh octets */
  octets(n: number): Uint8Array;
  /** Uniform in [0, 1) */
  fraction(): number;
}
