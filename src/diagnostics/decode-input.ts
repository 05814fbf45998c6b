/** What `decode` and `encode` are given: words of the command line, a file, or standard input. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fromHex } from '../base/bytes.js';
import { UsageError } from '../base/error.js';
import { isCapture, readAll, unzipped, type StandardInput } from './capture-file.js';

export type DecodeInput = { readonly kind: 'octets' | 'capture'; readonly octets: Uint8Array };

/**
 * Hexadecimal in one word or many (white space, colons and `0x` allowed), else a file. A file holds hexadecimal
 * text, a capture, or the octets themselves. Throws `UsageError` `DECODE_INPUT`.
 */
export async function readDecodeInput(
  words: readonly string[],
  standardInput: StandardInput,
): Promise<DecodeInput> {
  const typed = words.join(' ');
  if (words.length === 0 || typed === '-')
    return opened(await readAll(standardInput()), 'standard input');
  const octets = hexOf(typed);
  if (octets && octets.length > 0) return { kind: 'octets', octets };
  if (words.length === 1 && existsSync(typed)) return opened(await readFile(typed), typed);
  throw new UsageError(
    'DECODE_INPUT',
    `"${typed}" is neither hexadecimal nor a file.`,
    hexHint(typed),
  );
}

/** Standard input or a file as text. */
export async function readText(
  words: readonly string[],
  standardInput: StandardInput,
): Promise<string> {
  const typed = words.join(' ');
  if (words.length === 0 || typed === '-')
    return new TextDecoder().decode(await readAll(standardInput()));
  if (words.length === 1 && !/^\s*[[{]/.test(typed) && existsSync(typed))
    return readFile(typed, 'utf8');
  return typed;
}

function opened(file: Uint8Array, name: string): DecodeInput {
  const octets = unzipped(file);
  if (isCapture(octets)) return { kind: 'capture', octets };
  if (octets.length === 0) throw new UsageError('DECODE_INPUT', `There is nothing in ${name}.`);
  const text = hexOf(new TextDecoder('latin1').decode(octets));
  return { kind: 'octets', octets: text ?? octets };
}

const hexOf = (text: string): Uint8Array | undefined => fromHex(text.trim().replace(/\b0x/gi, ''));

function hexHint(text: string): string {
  const digits = text.replace(/[\s:]|\b0x/gi, '');
  return /^[0-9a-f]+$/i.test(digits) ? 'Half an octet is left over: two digits make one.' : '';
}
