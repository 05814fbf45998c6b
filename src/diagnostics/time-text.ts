/** Time stamps of captures as text. */

/** `12:34:56.789012`, local time. */
export function clockTime(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${micros(nanoseconds)}`;
}

/** ISO 8601 with microseconds. */
export function isoTime(nanoseconds: bigint): string {
  const whole = new Date(Number(nanoseconds / 1_000_000n)).toISOString();
  return `${whole.slice(0, -'.000Z'.length)}.${micros(nanoseconds)}Z`;
}

const micros = (nanoseconds: bigint): string =>
  String((nanoseconds / 1000n) % 1_000_000n).padStart(6, '0');
