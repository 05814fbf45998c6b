/** `struct xfrm_algo` and its kin: a name, lengths in bits, then the key, which is written and never read. */
import { UsageError, WireError } from '../../../base/error.js';
import { textOf, type AttributeWriter } from '../attributes.js';
import { get, put, tailOf, XFRMA, type Attributes } from './attribute.js';
import type { ReadOf } from './layout.js';
import type { XfrmAead, XfrmAlgorithm, XfrmAuthentication, XfrmState } from './model.js';
import type { XFRM_ALGO } from './structs.js';

type Raw = ReadOf<typeof XFRM_ALGO>;
type Algorithms = Pick<XfrmState, 'aead' | 'authentication' | 'encryption' | 'compression'>;

/** Without keys. Throws `WireError`. */
export function readAlgorithms(attributes: Attributes): Algorithms {
  const authentication = readAuthentication(attributes);
  const aead = readAead(attributes);
  const encryption = readAlgorithm(attributes, XFRMA.ALG_CRYPT);
  const compression = readAlgorithm(attributes, XFRMA.ALG_COMP);
  return {
    ...(aead ? { aead } : {}),
    ...(authentication ? { authentication } : {}),
    ...(encryption ? { encryption } : {}),
    ...(compression ? { compression } : {}),
  };
}

/** Throws `UsageError` `XFRM_KEY` where a key is missing or of another length, `XFRM_ALGORITHM` for a long name. */
export function writeAlgorithms(state: Algorithms, out: AttributeWriter): void {
  const { aead, authentication, encryption, compression } = state;
  if (aead) {
    put(out, XFRMA.ALG_AEAD, { ...rawOf(aead), alg_icv_len: aead.icvBits }, keyOf(aead));
  }
  if (authentication) {
    const { truncationBits } = authentication;
    const raw = rawOf(authentication);
    const key = keyOf(authentication);
    if (truncationBits === undefined) put(out, XFRMA.ALG_AUTH, raw, key);
    else put(out, XFRMA.ALG_AUTH_TRUNC, { ...raw, alg_trunc_len: truncationBits }, key);
  }
  if (encryption) put(out, XFRMA.ALG_CRYPT, rawOf(encryption), keyOf(encryption));
  if (compression) put(out, XFRMA.ALG_COMP, rawOf(compression), keyOf(compression));
}

/** The kernel tells it twice, with and without the truncation. */
function readAuthentication(attributes: Attributes): XfrmAuthentication | undefined {
  const algorithm = readAlgorithm(attributes, XFRMA.ALG_AUTH_TRUNC);
  if (!algorithm) return readAlgorithm(attributes, XFRMA.ALG_AUTH);
  const truncationBits = get(attributes, XFRMA.ALG_AUTH_TRUNC)!.alg_trunc_len;
  return { ...algorithm, truncationBits };
}

function readAead(attributes: Attributes): XfrmAead | undefined {
  const algorithm = readAlgorithm(attributes, XFRMA.ALG_AEAD);
  return algorithm && { ...algorithm, icvBits: get(attributes, XFRMA.ALG_AEAD)!.alg_icv_len };
}

type Row = (typeof XFRMA)['ALG_AUTH' | 'ALG_AUTH_TRUNC' | 'ALG_CRYPT' | 'ALG_COMP' | 'ALG_AEAD'];

function readAlgorithm(attributes: Attributes, row: Row): XfrmAlgorithm | undefined {
  const raw: Raw | undefined = get<Raw>(attributes, row);
  if (!raw) return undefined;
  const { alg_key_len: keyBits } = raw;
  const { length } = tailOf(attributes, row);
  if (length < octetsOf(keyBits)) {
    throw new WireError('WIRE_TRUNCATED', length, `a key of ${keyBits} bits in ${length} octets`);
  }
  return { name: textOf(raw.alg_name)!, keyBits };
}

function rawOf({ name, keyBits }: XfrmAlgorithm): Raw {
  const text = Buffer.from(name);
  if (text.length > MAX_NAME) {
    const sentence = `Expected the name of an algorithm, up to ${MAX_NAME} octets, came ${text.length}.`;
    throw new UsageError('XFRM_ALGORITHM', sentence);
  }
  return { alg_name: text, alg_key_len: keyBits };
}

function keyOf({ name, keyBits, key }: XfrmAlgorithm): Uint8Array {
  const out = new Uint8Array(octetsOf(keyBits));
  if ((key?.bits ?? 0) !== out.length * 8) {
    const came = key ? `one of ${key.bits}` : 'none';
    throw new UsageError(
      'XFRM_KEY',
      `Expected a key of ${keyBits} bits for ${name}, came ${came}.`,
      'Keys are not read back from the kernel: give the key again.',
    );
  }
  key?.copyInto(out, 0);
  return out;
}

const octetsOf = (bits: number): number => Math.ceil(bits / 8);

const MAX_NAME = 63; // and a zero octet
