/** Messages sent and answered: a tree of each where there is one, a line of each where there are many. */
import { treeText } from '../../diagnostics/tree.js';
import type { Report, Shown } from '../send/report.js';
import type { Totals } from '../send/session.js';
import type { Style } from '../style.js';

export const reportTree = (report: Report, style: Style): string =>
  [
    packetTree('sent', report.request, style),
    report.reply === null ? '' : packetTree('received', report.reply, style),
    outcomeLine(report, style),
  ]
    .filter(Boolean)
    .join('\n\n');

/** Two lines: out and in. */
export function reportLines(report: Report, style: Style): string {
  const number = style.dim(`${report.number}`.padStart(NUMBER));
  const blank = ' '.repeat(NUMBER);
  return `${number} ${report.request.text}\n${blank} ${outcomeLine(report, style)}${
    report.reply === null ? '' : `: ${report.reply.text}`
  }`;
}

export const packetTree = (title: string, shown: Shown, style: Style): string =>
  `${style.heading(`${title}  ${shown.text}`)}\n${treeText(shown, style)}`;

/** `10 sent, 9 answered, 1 refused with an error; round trip 0.8/1.1/2.0 ms (least/mean/most)` */
export function totalsLine({ sent, answered, refused, unexpected, rtts }: Totals): string {
  const came = answered + refused;
  const times =
    came === 0
      ? ''
      : `; round trip ${[rtts.least, rtts.sum / came, rtts.most].map(short).join('/')} ms (least/mean/most)`;
  const parts = [
    `${sent} sent`,
    `${answered} answered`,
    refused > 0 ? `${refused} refused with an error` : '',
    unexpected > 0 ? `${unexpected} not as expected` : '',
  ];
  return `${parts.filter(Boolean).join(', ')}${times}`;
}

function outcomeLine({ outcome, rttMs, unmet }: Report, style: Style): string {
  const said = {
    answer: () => style.good(`answered after ${short(rttMs!)} ms`),
    error: () => style.error(`refused with an error after ${short(rttMs!)} ms`),
    silence: () => style.warning('no answer'),
  }[outcome]();
  return unmet.length === 0
    ? said
    : `${said}, ${style.error(`not as expected: ${unmet.join(', ')}`)}`;
}

const short = (milliseconds: number): string =>
  milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(3);

const NUMBER = 4;
