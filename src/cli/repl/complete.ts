/** Candidates for the word at the cursor, as they have to be typed. */
import { completing, type CompletingContext } from './completing.js';
import { liveValues, type LiveSources } from './live-values.js';
import { quote } from './tokens.js';

export interface Candidates {
  readonly candidates: readonly string[];
  /** The end of the line that a candidate replaces. */
  readonly replaced: string;
}

/** `line` ends at the cursor. Never throws, and waits for a daemon no longer than `LIVE_LIMIT`. */
export async function complete(
  line: string,
  context: CompletingContext,
  sources: LiveSources,
): Promise<Candidates> {
  const found = completing(line, context);
  if (!found) return { candidates: [], replaced: '' };
  const { from, prefix, before, raw, anyCase } = found;
  const live = await Promise.all(found.live.map((kind) => liveValues(kind, sources, prefix)));
  const begun = anyCase ? prefix.toUpperCase() : prefix;
  const fitting = [...new Set([...found.words, ...live.flat()])]
    .filter((word) => word.startsWith(begun))
    .sort()
    .slice(0, MAX_CANDIDATES);
  const typed = fitting.map((word) => (raw ? word : quote(before + word)));
  const [single] = typed;
  const candidates = typed.length === 1 && !/[=/]$/.test(single!) ? [`${single} `] : typed;
  return { candidates, replaced: line.slice(from) };
}

const MAX_CANDIDATES = 200;
