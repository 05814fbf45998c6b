/** States: `struct xfrm_usersa_info` and its attributes. */
import { addressOctets } from '../../../base/address.js';
import { WireError } from '../../../base/error.js';
import { u32 as u32At, type AttributeWriter } from '../attributes.js';
import { addressOf, commonFamily } from './address.js';
import { readAlgorithms, writeAlgorithms } from './algorithm.js';
import { get, put, tailOf, XFRMA, type Attributes } from './attribute.js';
import { encodeArray, u32, type ReadOf } from './layout.js';
import { readLimits, readUsage, writeLimits, writeUsage } from './lifetime.js';
import type {
  XfrmEncapsulation,
  XfrmExtendedReplay,
  XfrmMark,
  XfrmSpiRequest,
  XfrmState,
  XfrmStateId,
} from './model.js';
import {
  ENCAPSULATIONS,
  EXTRA_FLAGS,
  known,
  MODES,
  PROTOCOLS,
  STATE_DIRECTIONS,
  STATE_FLAGS,
} from './names.js';
import { present, unlessEmpty, unlessZero } from './present.js';
import { readMark, readSecurityContext, writeMark, writeSecurityContext } from './scope.js';
import { readSelector, writeSelector } from './selector.js';
import type {
  XFRM_ENCAP_TMPL,
  XFRM_USERSA_ID,
  XFRM_USERSA_INFO,
  XFRM_USERSPI_INFO,
} from './structs.js';

type Raw = ReadOf<typeof XFRM_USERSA_INFO>;
type RawId = ReadOf<typeof XFRM_USERSA_ID>;
type RawSpiRequest = ReadOf<typeof XFRM_USERSPI_INFO>;

/** Throws `WireError`. */
export function readState(raw: Raw, attributes: Attributes): XfrmState {
  const { family, stats } = raw;
  return {
    source: addressOf(family, raw.saddr),
    destination: addressOf(family, raw.id.daddr),
    protocol: PROTOCOLS.name(raw.id.proto),
    mode: MODES.name(raw.mode),
    spi: raw.id.spi,
    reqid: raw.reqid,
    flags: STATE_FLAGS.names(raw.flags) as XfrmState['flags'],
    replayWindow: raw.replay_window,
    ...present({ selector: readSelector(raw.sel, family), sequence: unlessZero(raw.seq) }),
    ...readLimits(raw.lft),
    usage: readUsage(raw.curlft),
    statistics: {
      replayWindow: stats.replay_window,
      replay: stats.replay,
      integrityFailed: stats.integrity_failed,
    },
    ...readAlgorithms(attributes),
    ...readStateAttributes(attributes, family),
  };
}

/** Throws `UsageError` `XFRM_FAMILY`. */
export function writeState(state: XfrmState): Partial<Raw> {
  const { source, destination, statistics } = state;
  return present({
    sel: writeSelector(state.selector),
    id: {
      daddr: addressOctets(destination),
      spi: state.spi,
      proto: PROTOCOLS.number(state.protocol),
    },
    saddr: addressOctets(source),
    lft: writeLimits(state.limits),
    curlft: writeUsage(state.usage),
    stats: statistics && {
      replay_window: statistics.replayWindow,
      replay: statistics.replay,
      integrity_failed: statistics.integrityFailed,
    },
    seq: state.sequence,
    reqid: state.reqid,
    family: commonFamily(source, destination),
    mode: MODES.number(state.mode),
    replay_window: state.replayWindow,
    flags: STATE_FLAGS.bits(state.flags),
  });
}

/** In the order of Linux 6.1. Throws `UsageError`. */
export function writeStateAttributes(state: XfrmState, out: AttributeWriter): void {
  const { extraFlags, careOf, encapsulation, replay, offload, outputMark } = state;
  if (extraFlags) put(out, XFRMA.SA_EXTRA_FLAGS, EXTRA_FLAGS.bits(extraFlags));
  if (careOf) put(out, XFRMA.COADDR, addressOctets(careOf));
  put(out, XFRMA.LASTUSED, state.lastUsed);
  writeAlgorithms(state, out);
  put(out, XFRMA.ENCAP, writeEncapsulation(encapsulation));
  put(out, XFRMA.TFCPAD, state.trafficPadding);
  put(out, XFRMA.MARK, writeMark(state.mark));
  put(out, XFRMA.SET_MARK, outputMark?.value);
  put(out, XFRMA.SET_MARK_MASK, outputMark?.mask);
  if (state.extendedReplay) writeExtendedReplay(state.extendedReplay, out);
  if (replay) {
    const { outbound, inbound, bitmap } = replay;
    put(out, XFRMA.REPLAY_VAL, { oseq: outbound, seq: inbound, bitmap });
  }
  put(out, XFRMA.OFFLOAD_DEV, offload && { ifindex: offload.link, flags: offload.flags });
  put(out, XFRMA.IF_ID, state.ifId);
  writeSecurityContext(state.securityContext, out);
  put(out, XFRMA.MTIMER_THRESH, state.mappingSeconds);
  put(out, XFRMA.SA_DIR, state.direction && STATE_DIRECTIONS.number(state.direction));
}

function readStateAttributes(attributes: Attributes, family: number) {
  const extraFlags = EXTRA_FLAGS.names(get(attributes, XFRMA.SA_EXTRA_FLAGS) ?? 0);
  const careOf = get(attributes, XFRMA.COADDR);
  const replay = get(attributes, XFRMA.REPLAY_VAL);
  const offload = get(attributes, XFRMA.OFFLOAD_DEV);
  const direction = get(attributes, XFRMA.SA_DIR);
  return present({
    extraFlags: unlessEmpty(extraFlags),
    careOf: careOf && addressOf(family, careOf),
    lastUsed: get(attributes, XFRMA.LASTUSED),
    encapsulation: readEncapsulation(attributes, family),
    trafficPadding: get(attributes, XFRMA.TFCPAD),
    mark: readMark(attributes),
    extendedReplay: readExtendedReplay(attributes),
    replay: replay && { outbound: replay.oseq, inbound: replay.seq, bitmap: replay.bitmap },
    offload: offload && { link: offload.ifindex, flags: offload.flags },
    outputMark: readOutputMark(attributes),
    ifId: get(attributes, XFRMA.IF_ID),
    securityContext: readSecurityContext(attributes),
    mappingSeconds: get(attributes, XFRMA.MTIMER_THRESH),
    direction: direction === undefined ? undefined : known(STATE_DIRECTIONS, direction, 'SA_DIR'),
  });
}

/** Throws `WireError`. */
export function readStateId(raw: RawId, attributes: Attributes): XfrmStateId {
  const source = get(attributes, XFRMA.SRCADDR);
  return {
    destination: addressOf(raw.family, raw.daddr),
    protocol: PROTOCOLS.name(raw.proto),
    spi: raw.spi,
    ...present({
      source: source && addressOf(raw.family, source),
      mark: readMark(attributes),
    }),
  };
}

/** Throws `UsageError` `XFRM_FAMILY`. */
export const writeStateId = ({ source, destination, protocol, spi }: XfrmStateId): RawId => ({
  daddr: addressOctets(destination),
  spi,
  family: commonFamily(destination, ...(source === undefined ? [] : [source])),
  proto: PROTOCOLS.number(protocol),
});

export function writeStateIdAttributes(id: XfrmStateId, out: AttributeWriter): void {
  if (id.source !== undefined) put(out, XFRMA.SRCADDR, addressOctets(id.source));
  put(out, XFRMA.MARK, writeMark(id.mark));
}

/** Throws `WireError`. */
export function readSpiRequest(raw: RawSpiRequest, attributes: Attributes): XfrmSpiRequest {
  const { info, min, max } = raw;
  return {
    source: addressOf(info.family, info.saddr),
    destination: addressOf(info.family, info.id.daddr),
    protocol: PROTOCOLS.name(info.id.proto),
    mode: MODES.name(info.mode),
    reqid: info.reqid,
    min,
    max,
    ...present({
      sequence: unlessZero(info.seq),
      mark: readMark(attributes),
      ifId: get(attributes, XFRMA.IF_ID),
    }),
  };
}

/** Throws `UsageError` `XFRM_FAMILY`. */
export const writeSpiRequest = (request: XfrmSpiRequest): RawSpiRequest => ({
  info: writeState({ ...request, spi: 0, flags: [], replayWindow: 0 }) as Raw,
  min: request.min,
  max: request.max,
});

export function writeSpiRequestAttributes(request: XfrmSpiRequest, out: AttributeWriter): void {
  put(out, XFRMA.MARK, writeMark(request.mark));
  put(out, XFRMA.IF_ID, request.ifId);
}

/** Absent: any address. Throws `WireError`. */
export function readEncapsulation(
  attributes: Attributes,
  family: number,
): XfrmEncapsulation | undefined {
  const raw = get(attributes, XFRMA.ENCAP);
  return (
    raw && {
      type: ENCAPSULATIONS.name(raw.encap_type),
      sourcePort: raw.encap_sport,
      destinationPort: raw.encap_dport,
      originalAddress: addressOf(family, raw.encap_oa),
    }
  );
}

export const writeEncapsulation = (
  encapsulation: XfrmEncapsulation | undefined,
): ReadOf<typeof XFRM_ENCAP_TMPL> | undefined =>
  encapsulation && {
    encap_type: ENCAPSULATIONS.number(encapsulation.type),
    encap_sport: encapsulation.sourcePort,
    encap_dport: encapsulation.destinationPort,
    encap_oa: addressOctets(encapsulation.originalAddress),
  };

function readOutputMark(attributes: Attributes): XfrmMark | undefined {
  const value = get(attributes, XFRMA.SET_MARK);
  if (value === undefined) return undefined;
  return { value, mask: get(attributes, XFRMA.SET_MARK_MASK) ?? ALL };
}

function readExtendedReplay(attributes: Attributes): XfrmExtendedReplay | undefined {
  const raw = get(attributes, XFRMA.REPLAY_ESN_VAL);
  if (!raw) return undefined;
  const words = tailOf(attributes, XFRMA.REPLAY_ESN_VAL);
  if (words.length !== raw.bmp_len * 4) {
    const detail = `a bitmap of ${raw.bmp_len} words in ${words.length} octets`;
    throw new WireError('WIRE_TRUNCATED', words.length, detail);
  }
  return {
    window: raw.replay_window,
    outbound: raw.oseq,
    outboundHigh: raw.oseq_hi,
    inbound: raw.seq,
    inboundHigh: raw.seq_hi,
    bitmap: Array.from({ length: raw.bmp_len }, (_, i) => u32At(words, 4 * i)),
  };
}

function writeExtendedReplay(replay: XfrmExtendedReplay, out: AttributeWriter): void {
  const raw = {
    bmp_len: replay.bitmap.length,
    oseq: replay.outbound,
    seq: replay.inbound,
    oseq_hi: replay.outboundHigh,
    seq_hi: replay.inboundHigh,
    replay_window: replay.window,
  };
  put(out, XFRMA.REPLAY_ESN_VAL, raw, encodeArray(u32, replay.bitmap));
}

const ALL = 0xffffffff;
