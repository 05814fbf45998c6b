/** Classic BPF (linux/filter.h), assembled: jumps go forward, to labels. */
import { LITTLE } from './sockaddr.js';

/** Offsets from here count from the network header. */
export const NETWORK = -0x100000;
/** What packet sockets know beside the octets. */
export const SKF_AD_PROTOCOL = -0x1000;
export const SKF_AD_PKTTYPE = -0x1000 + 4;
export const SKF_AD_IFINDEX = -0x1000 + 8;
export const SKF_AD_VLAN_TAG_PRESENT = -0x1000 + 48;
/** Conditions: equal, greater, any of these bits. */
export const JEQ = 0x10;
export const JGT = 0x20;
export const JSET = 0x40;

interface Instruction {
  readonly code: number;
  readonly k: number;
  /** Where a conditional jump goes when true; it falls through when false. */
  readonly to?: string;
  /** The other way round. */
  readonly negated?: boolean;
}

export class Program {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  label(name: string): this {
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  load(offset: number): this {
    return this.#push(LD | W | ABS, offset);
  }

  loadHalf(offset: number): this {
    return this.#push(LD | H | ABS, offset);
  }

  loadByte(offset: number): this {
    return this.#push(LD | B | ABS, offset);
  }

  firstFragmentOnly(): this {
    return this.#push(LD | H | ABS, NETWORK + 6).when(JSET, 0x1fff, 'drop');
  }

  /** X becomes the length of the IPv4 header. */
  loadHeaderLength(): this {
    return this.#push(LDX | B | MSH, NETWORK);
  }

  loadByteAfterHeader(offset: number): this {
    return this.#push(LD | B | IND, NETWORK + offset);
  }

  loadHalfAfterHeader(offset: number): this {
    return this.#push(LD | H | IND, NETWORK + offset);
  }

  when(condition: number, k: number, to: string): this {
    return this.#push(JMP | condition, k, to);
  }

  unless(condition: number, k: number, to: string): this {
    this.#instructions.push({ code: JMP | condition, k, to, negated: true });
    return this;
  }

  jump(to: string): this {
    return this.#push(JMP | JA, 0, to);
  }

  give(octets: number): this {
    return this.#push(RET, octets);
  }

  /** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k. */
  assemble(): Uint8Array {
    const out = new Uint8Array(this.#instructions.length * 8);
    const view = new DataView(out.buffer);
    this.#instructions.forEach(({ code, k, to, negated }, i) => {
      const skip = to === undefined ? 0 : this.#labels.get(to)! - i - 1;
      const always = code === (JMP | JA);
      view.setUint16(8 * i, code, LITTLE);
      out[8 * i + (negated ? 3 : 2)] = always ? 0 : skip;
      view.setUint32(8 * i + 4, (always ? skip : k) >>> 0, LITTLE);
    });
    return out;
  }

  #push(code: number, k: number, to?: string): this {
    this.#instructions.push(to === undefined ? { code, k } : { code, k, to });
    return this;
  }
}

const LD = 0x00;
const LDX = 0x01;
const JMP = 0x05;
const RET = 0x06;
const W = 0x00;
const H = 0x08;
const B = 0x10;
const ABS = 0x20;
const IND = 0x40;
const MSH = 0xa0;
const JA = 0x00;
