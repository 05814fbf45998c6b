/** Flow bindings, RFC 6089 §4.2, with the sub-options of RFC 7109 §6.2. Its §8 swaps 44 and 45; IANA does not. */
import { addressOctets, type IpAddress } from '../../../base/address.js';
import { ByteReader, type ByteWriter } from '../../../base/bytes.js';
import { UsageError } from '../../../base/error.js';
import { copyOctets, reservedBits, type Reserved } from '../field.js';
import { decodeSelector, encodeSelector, selectorType, type TrafficSelector } from './rfc6088.js';
import { atLeast, MAX_OPTION_LENGTH, type OptionRow } from './row.js';

export type Rfc6089Option = Readonly<
  /** RFC 6089 §4.2.2 */
  | { kind: 'flowSummary'; flows: readonly number[] }
  /** RFC 6089 §4.2; `status` as in `CODES.flowBinding`; the lower `priority` decides first */
  | ({
      kind: 'flowIdentification';
      flow: number;
      priority: number;
      status: number;
      subOptions: readonly FlowSubOption[];
    } & Reserved)
>;

/** Sub-options are encoded as listed: pad them as RFC 6089 §4.2.1 and RFC 6088 §3 ask. */
export type FlowSubOption = Readonly<
  | { kind: 'pad1' }
  | { kind: 'padN'; data: Uint8Array }
  /** RFC 6089 §4.2.1.3 */
  | { kind: 'bindingReference'; bindingIds: readonly number[] }
  /** RFC 6089 §4.2.1.4 */
  | ({ kind: 'trafficSelector'; selector: TrafficSelector } & Reserved)
  /** RFC 7109 §6.2.1; `action` as in `CODES.flowAction` */
  | ({ kind: 'flowAction'; action: number } & Reserved)
  /** RFC 7109 §6.2.2 */
  | ({ kind: 'targetCareOf'; address: IpAddress } & Reserved)
  | { kind: 'unknown'; type: number; data: Uint8Array }
>;

type Row<K extends Rfc6089Option['kind']> = OptionRow<Extract<Rfc6089Option, { kind: K }>>;

export const RFC6089_OPTIONS: { readonly [K in Rfc6089Option['kind']]: Row<K> } = {
  /** | flow 16 | … */
  flowSummary: {
    type: 44,
    kind: 'flowSummary',
    name: 'Flow Summary',
    clause: 'RFC 6089 §4.2.2',
    length: atLeast(2, 2),
    align: [2, 0],
    decode: (r, length) => ({ kind: 'flowSummary', flows: numbers(r, length) }),
    encode: (w, o) => o.flows.forEach((flow) => w.u16(flow)),
  },
  /** | flow 16 | priority 16 | reserved 8 | status 8 | sub-options … | */
  flowIdentification: {
    type: 45,
    kind: 'flowIdentification',
    name: 'Flow Identification',
    clause: 'RFC 6089 §4.2',
    length: atLeast(6),
    align: [2, 0],
    decode: (r, length) => {
      const flow = r.u16();
      const priority = r.u16();
      const reserved = reservedBits(r.u8());
      const status = r.u8();
      const subOptions = decodeSubOptions(new ByteReader(copyOctets(r, length - 6)));
      return subOptions === undefined
        ? undefined
        : { kind: 'flowIdentification', flow, priority, ...reserved, status, subOptions };
    },
    encode: (w, o) => {
      w.u16(o.flow)
        .u16(o.priority)
        .u8(o.reserved ?? 0)
        .u8(o.status);
      for (const option of o.subOptions) encodeSubOption(w, option);
    },
  },
};

/** Undefined when a length goes past the end. */
function decodeSubOptions(r: ByteReader): FlowSubOption[] | undefined {
  const out: FlowSubOption[] = [];
  while (r.remaining > 0) {
    const type = r.u8();
    if (type === SUB.pad1) {
      out.push({ kind: 'pad1' });
      continue;
    }
    if (r.remaining === 0) return undefined;
    const length = r.u8();
    if (length > r.remaining) return undefined;
    out.push(decodeSubOption(r, type, length));
  }
  return out;
}

/** What has another length than its clause asks for is `unknown`, as §4.2.1 has it ignored. */
function decodeSubOption(r: ByteReader, type: number, length: number): FlowSubOption {
  if (type === SUB.padN) return { kind: 'padN', data: copyOctets(r, length) };
  if (type === SUB.bindingReference && length % 2 === 0) {
    return { kind: 'bindingReference', bindingIds: numbers(r, length) };
  }
  if (type === SUB.trafficSelector && length >= 2) {
    const format = r.u8();
    const reserved = reservedBits(r.u8());
    const selector = decodeSelector(r, format, length - 2);
    return { kind: 'trafficSelector', selector, ...reserved };
  }
  if (type === SUB.flowAction && length === 2) {
    return { kind: 'flowAction', ...reservedBits(r.u8()), action: r.u8() };
  }
  if (type === SUB.targetCareOf && (length === 6 || length === 18)) {
    const reserved = reservedBits(r.u16());
    return { kind: 'targetCareOf', ...reserved, address: length === 6 ? r.ipv4() : r.ipv6() };
  }
  return { kind: 'unknown', type, data: copyOctets(r, length) };
}

function encodeSubOption(w: ByteWriter, option: FlowSubOption): void {
  if (option.kind === 'pad1') {
    w.u8(SUB.pad1);
    return;
  }
  const start = w.u8(option.kind === 'unknown' ? option.type : SUB[option.kind]).u8(0).length;
  switch (option.kind) {
    case 'padN':
    case 'unknown':
      w.octets(option.data);
      break;
    case 'bindingReference':
      for (const id of option.bindingIds) w.u16(id);
      break;
    case 'trafficSelector':
      w.u8(selectorType(option.selector)).u8(option.reserved ?? 0);
      encodeSelector(w, option.selector);
      break;
    case 'flowAction':
      w.u8(option.reserved ?? 0).u8(option.action);
      break;
    case 'targetCareOf':
      w.u16(option.reserved ?? 0).octets(addressOctets(option.address));
      break;
    default:
      option satisfies never;
  }
  const length = w.length - start;
  if (length > MAX_OPTION_LENGTH) {
    throw new UsageError('OPTION_LENGTH', `A sub-option has ${MAX_OPTION_LENGTH} octets at most.`);
  }
  w.patch8(start - 1, length);
}

const numbers = (r: ByteReader, length: number): number[] =>
  Array.from({ length: length / 2 }, () => r.u16());

const SUB = {
  pad1: 0,
  padN: 1,
  bindingReference: 2,
  trafficSelector: 3,
  flowAction: 4,
  targetCareOf: 5,
} as const;
