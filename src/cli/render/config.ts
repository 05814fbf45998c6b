import type { EffectiveConfig, EffectiveDirective } from '../../daemon/config/effective.js';
import type { Style } from '../style.js';

/** A configuration file again: what is in force, with what nobody said marked. `all`: what is not set too, and meanings. */
export function effectiveText(
  { directives }: Pick<EffectiveConfig, 'directives'>,
  all: boolean,
  style: Style,
): string {
  return lines(directives, '', all)
    .map(({ text, note }) => {
      if (note === '') return text;
      const gap = ' '.repeat(Math.max(1, NOTE_COLUMN - text.length));
      return `${text}${text === '' ? '' : gap}${style.dim(`# ${note}`)}`;
    })
    .join('\n');
}

interface Line {
  readonly text: string;
  readonly note: string;
}

function lines(directives: readonly EffectiveDirective[], indent: string, all: boolean): Line[] {
  return directives.flatMap((directive): Line[] => {
    const { name, value, from, sentence, inner } = directive;
    const meaning = all ? sentence : '';
    if (value === null) return all ? [{ text: '', note: `${name}: not set; ${sentence}` }] : [];
    if (inner) {
      const open = { text: `${indent}${name} ${value} {`, note: meaning };
      return [open, ...lines(inner, `${indent}  `, all), { text: `${indent}}`, note: '' }];
    }
    const note = [from === 'default' ? 'default' : '', meaning].filter(Boolean).join('; ');
    return [{ text: `${indent}${name} ${value};`, note }];
  });
}

const NOTE_COLUMN = 40;
