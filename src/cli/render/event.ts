import type { EventNotice } from '../../control/api.js';
import type { Style } from '../style.js';

/** `06:12:00.123 HA_BOUND 2001:db8::100 is at …`, local time. */
export function eventText(notice: EventNotice, style: Style): string {
  const paint = style.severity(notice.severity);
  return `${style.dim(clock(notice.at))} ${paint(notice.code.padEnd(CODE_WIDTH))} ${paint(notice.sentence)}`;
}

function clock(at: string): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

const CODE_WIDTH = 18; // BINDING_ACCEPTED and IPV4_HOME_ACCEPTED
