/** One message out, its answer in: over any wire, in the wire's own time. */
import type { Millis } from '../../base/time.js';
import type { Crafted } from '../../diagnostics/craft/packet.js';
import { matchAnswer, type AnswerClass } from '../../diagnostics/craft/match.js';

export interface SeenPacket {
  readonly direction: 'in' | 'out';
  readonly link: string;
  /** An IP packet. */
  readonly octets: Uint8Array;
  /** Wall clock. */
  readonly nanoseconds: bigint;
  /** A checksum of UDP or TCP is not there yet. */
  readonly checksumDeferred: boolean;
}

/** Sends whole packets, and shows what comes and goes on the links of a host. */
export interface Wire {
  /** Throws `LinuxError`. */
  send(octets: Uint8Array): void;
  /** One listener at a time; null for none. */
  listen(listener: ((seen: SeenPacket) => void) | null): void;
  close(): void;
}

export interface Exchange {
  /** When it was seen to leave; when it was handed over, if it was not. */
  readonly sentAt: bigint;
  readonly answer: Answer | null;
}

export interface Answer extends SeenPacket {
  readonly class: AnswerClass;
  readonly rttMs: number;
}

/** Resolves with the first packet that answers, or null after `timeout` or when `signal` aborts. */
export function exchange(
  wire: Wire,
  { octets, asked }: Crafted,
  timeout: Millis,
  signal: AbortSignal,
): Promise<Exchange> {
  return new Promise((done, fail) => {
    let sentAt = wallClock();
    let seenLeaving = false;
    const own = asked.sent ?? octets;
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      wire.listen(null);
    };
    const end = (answer: Answer | null) => {
      stop();
      done({ sentAt, answer });
    };
    const abort = () => end(null);
    const timer = setTimeout(abort, timeout);
    signal.addEventListener('abort', abort);
    wire.listen((seen) => {
      if (seen.direction === 'out') {
        // Bare or in a tunnel: it stands at the end.
        if (seenLeaving || !endsWith(seen.octets, own)) return;
        seenLeaving = true;
        sentAt = seen.nanoseconds;
        return;
      }
      const found = matchAnswer(asked, seen.octets);
      if (found) end({ ...seen, class: found, rttMs: milliseconds(seen.nanoseconds - sentAt) });
    });
    try {
      wire.send(octets);
    } catch (error) {
      stop();
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function endsWith(octets: Uint8Array, tail: Uint8Array): boolean {
  const from = octets.length - tail.length;
  return from >= 0 && tail.every((octet, i) => octets[from + i] === octet);
}

const wallClock = (): bigint => BigInt(Date.now()) * 1_000_000n;
/** To the microsecond. */
const milliseconds = (nanoseconds: bigint): number =>
  Math.max(0, Math.round(Number(nanoseconds) / 1000) / 1000);
