/** Two units at most: `1.5 s`, `95 s`, `12 min 30 s`, `5 h 12 min`, `3 d 4 h`. `null` is a dash. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '-';
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.floor(seconds);
  if (whole < 120) return `${whole} s`;
  if (whole < 2 * HOUR) return pair(whole, 60, 'min', 1, 's');
  if (whole < 2 * DAY) return pair(whole, HOUR, 'h', 60, 'min');
  return pair(whole, DAY, 'd', HOUR, 'h');
}

function pair(
  seconds: number,
  big: number,
  bigName: string,
  small: number,
  smallName: string,
): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
}

const HOUR = 3600; // s
const DAY = 86400; // s
