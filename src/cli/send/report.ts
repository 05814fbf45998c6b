/** What was sent and what came of it, one value a message: the JSON of `mip6 send`, and what its text is made of. */
import { toHex } from '../../base/bytes.js';
import { conceal } from '../../diagnostics/craft/conceal.js';
import type { Crafted } from '../../diagnostics/craft/packet.js';
import type { AnswerClass } from '../../diagnostics/craft/match.js';
import { decodePacket } from '../../diagnostics/decode-packet.js';
import { summarize } from '../../diagnostics/describe.js';
import { decodeLayers } from '../../diagnostics/layers/decode-layers.js';
import type { Decoded } from '../../diagnostics/layers/model.js';
import { isoTime } from '../../diagnostics/time-text.js';
import type { Exchange } from './exchange.js';
import type { Expectation } from './expect.js';

/** A packet as it is shown. `hex` is absent where the packet holds a token. */
export type Shown = Decoded & {
  readonly as: 'ipv6' | 'ipv4';
  readonly text: string;
  readonly hex?: string;
};

export interface Report {
  /** From 1. */
  readonly number: number;
  readonly message: string;
  readonly sentAt: string;
  readonly request: Shown;
  readonly outcome: AnswerClass | 'silence';
  readonly reply: (Shown & { readonly link: string }) | null;
  readonly rttMs: number | null;
  /** Null without `--expect`. */
  readonly expected: boolean | null;
  /** Expectations that do not hold. */
  readonly unmet: readonly string[];
}

export function makeReport(
  number: number,
  message: string,
  crafted: Crafted,
  { sentAt, answer }: Exchange,
  expectations: readonly Expectation[],
): Report {
  // What is expected is judged by what came; what is shown leaves secrets out.
  const decoded = answer && decodeLayers(answer.octets, versionOf(answer.octets));
  const seen = answer && decoded ? { class: answer.class, layers: decoded.layers } : null;
  const unmet = expectations.filter(({ holds }) => !holds(seen)).map(({ text }) => text);
  const deferred = answer?.checksumDeferred === true;
  return {
    number,
    message,
    sentAt: isoTime(sentAt),
    request: showPacket(crafted.octets),
    outcome: answer?.class ?? 'silence',
    reply: answer && { ...showPacket(answer.octets, deferred), link: answer.link },
    rttMs: answer?.rttMs ?? null,
    expected: expectations.length === 0 ? null : unmet.length === 0,
    unmet,
  };
}

/** `checksumDeferred`: that of the outer UDP is not there yet, which is nobody's fault. */
export function showPacket(octets: Uint8Array, checksumDeferred = false): Shown {
  const as = versionOf(octets);
  const { decoded, hidden } = conceal(decodeLayers(octets, as));
  const { text } = summarize(decodePacket(octets));
  const issues = checksumDeferred
    ? decoded.issues.filter(({ code }) => code !== 'udp-checksum')
    : decoded.issues;
  return { as, text, ...decoded, issues, ...(hidden ? {} : { hex: toHex(octets) }) };
}

const versionOf = (octets: Uint8Array): 'ipv6' | 'ipv4' =>
  octets.length > 0 && octets[0]! >> 4 === 4 ? 'ipv4' : 'ipv6';
