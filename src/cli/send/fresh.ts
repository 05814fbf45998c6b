/**
 * What has to be new in every message, sequence number, identifier, cookie, and what the daemon knows of its fields. What
 * was named stays as it is.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { greatest, type MessageEntry } from '../../diagnostics/craft/catalogue.js';
import { hexJson, type JsonObject } from '../../diagnostics/layers/json.js';
import type { NodeState } from './state.js';

/** Fields of the `n`th message, from 0. */
export type Fresh = (n: number) => JsonObject;

/** `defaults` are the fields that the message has. */
export function freshFields(
  entry: MessageEntry,
  defaults: JsonObject,
  state: NodeState | undefined,
): Fresh {
  const numbers = ['sequence', 'identifier']
    .filter((name) => name in defaults)
    .map((name) => {
      const most = greatest(entry, name);
      const known = name === 'sequence' ? knownSequence(entry, state) : undefined;
      const start = known?.start ?? randomInt(Math.min(most, MAX_START) + 1);
      return { name, most, start, step: known?.step ?? 1 };
    });
  const cookie = COOKIE_REQUESTS.has(entry.kind);
  return (n) => ({
    ...Object.fromEntries(
      numbers.map(({ name, most, start, step }) => [name, (start + n * step) % (most + 1)]),
    ),
    ...(cookie ? { cookie: hexJson(randomBytes(COOKIE)) } : {}),
    ...(state && entry.kind === 'bindingError' ? { homeAddress: state.homeAddress } : {}),
  });
}

function knownSequence(
  { kind }: MessageEntry,
  state: NodeState | undefined,
): { readonly start: number; readonly step: number } | undefined {
  if (!state || state.sequence === null) return undefined;
  if (kind === 'bindingUpdate' && state.role === 'mn') return { start: state.sequence, step: 1 };
  // RFC 6275 §9.5.4: copied from the update.
  if (kind === 'bindingAck' && state.role === 'ha') return { start: state.sequence, step: 0 };
  return undefined;
}

/** RFC 6275 §5.2.5: those ask; tests bring back what they were asked with. */
const COOKIE_REQUESTS: ReadonlySet<string> = new Set(['homeTestInit', 'careOfTestInit']);
const COOKIE = 8;
const MAX_START = 0xffff; // ours: 32 bits are long to read
