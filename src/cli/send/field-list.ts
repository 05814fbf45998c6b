/** `--fields`: what there is to send, and what can be set in a message. */
import {
  messageEntries,
  messageParts,
  type MessageEntry,
} from '../../diagnostics/craft/catalogue.js';
import { answerTo } from '../../diagnostics/craft/match.js';
import { takes } from '../../diagnostics/layers/field-info.js';
import { isObject } from '../../diagnostics/layers/json.js';
import { table } from '../render/table.js';
import type { Style } from '../style.js';

export interface MessageList {
  readonly messages: readonly (Pick<MessageEntry, 'word' | 'layer' | 'type' | 'name' | 'clause'> & {
    /** Word of the message that answers it. */
    readonly answer: string | null;
  })[];
}

export interface FieldList {
  readonly word: string;
  readonly name: string;
  readonly clause: string;
  readonly fields: readonly {
    readonly name: string;
    readonly takes: string;
    /** Null: computed, or left out. */
    readonly usual: unknown;
  }[];
  readonly flags: readonly { readonly letter: string; readonly name: string }[];
  readonly options: readonly {
    readonly type: number;
    readonly kind: string | null;
    readonly name: string;
    readonly fields: readonly { readonly name: string; readonly takes: string }[];
  }[];
}

export const listMessages = (): MessageList => ({
  messages: messageEntries().map(({ word, layer, type, kind, name, clause }) => {
    const answer = answerTo(kind)?.answer;
    const by = messageEntries().find((entry) => entry.kind === answer);
    return { word, layer, type, name, answer: by?.word ?? null, clause };
  }),
});

export function listFields(entry: MessageEntry): FieldList {
  const { fields, defaults, flags, options } = messageParts(entry);
  const { word, name, clause } = entry;
  return {
    word,
    name,
    clause,
    fields: fields.map((field) => ({
      name: field.name,
      takes: takes(field),
      usual: NEW.has(field.name) && field.name in defaults ? 'new' : (defaults[field.name] ?? null),
    })),
    flags: flags.map(({ letter, name: meaning }) => ({ letter, name: meaning })),
    options: (options?.rows() ?? []).map((row) => ({
      type: row.type,
      kind: row.kind ?? null,
      name: row.name,
      fields: row.fields().map((field) => ({ name: field.name, takes: takes(field) })),
    })),
  };
}

export const messagesText = ({ messages }: MessageList, style: Style): Promise<string> =>
  table(
    [
      { head: 'WORD', cell: (m) => m.word },
      { head: 'TYPE', cell: (m) => (m.layer === 'mh' ? `MH ${m.type}` : `ICMPv6 ${m.type}`) },
      { head: 'MESSAGE', cell: (m) => m.name },
      { head: 'ANSWER', cell: (m) => m.answer ?? '' },
      { head: 'CLAUSE', cell: (m) => m.clause },
    ],
    messages,
    style,
  );

export async function fieldsText(list: FieldList, style: Style): Promise<string> {
  const parts = [
    `${style.strong(list.name)}  ${style.dim(list.clause)}`,
    await table(
      [
        { head: 'FIELD', cell: (f) => f.name },
        { head: 'TAKES', cell: (f) => f.takes },
        { head: 'USUALLY', cell: (f) => usualText(f.usual) },
      ],
      list.fields,
      style,
    ),
  ];
  if (list.flags.length > 0) {
    parts.push(
      await table(
        [
          { head: 'FLAG', cell: (f) => f.letter },
          { head: 'MEANS', cell: (f) => f.name },
        ],
        list.flags,
        style,
      ),
    );
  }
  if (list.options.length > 0) {
    parts.push(
      await table(
        [
          { head: 'OPTION', cell: (o) => o.kind ?? o.name },
          { head: 'TYPE', cell: (o) => `${o.type}` },
          { head: 'FIELDS', cell: (o) => o.fields.map((f) => f.name).join(', ') },
        ],
        list.options,
        style,
      ),
    );
  }
  return parts.join('\n\n');
}

function usualText(usual: unknown): string {
  if (usual === null) return '';
  if (isObject(usual)) return String(usual['value']);
  return Array.isArray(usual) ? 'none' : String(usual);
}

/** Made anew for every message, or known to the daemon. */
const NEW: ReadonlySet<string> = new Set(['sequence', 'identifier']);
