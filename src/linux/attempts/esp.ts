/** ESP in transport mode over IPv6, with the algorithms that Mobile IPv6 configurations name. */
import { randomBytes } from 'node:crypto';
import { ipv6 } from '../../base/address.js';
import { XfrmKey } from '../netlink/xfrm/key.js';
import type { XfrmState } from '../netlink/xfrm/model.js';
import type { Attempt } from './bench.js';
import { withXfrmOf } from './mobile-ipv6.js';

export interface EspSuite {
  /** In words of ours, for a row: `esp-aes-gcm`. */
  readonly name: string;
  /** As the kernel's crypto layer has them. */
  readonly authentication?: Cipher;
  readonly encryption?: Cipher;
  readonly aead?: Cipher;
  /** Options of a kernel's configuration that the algorithms come with. */
  readonly options: string;
}

/** Name, then bits of the key, salt or nonce included, and of the check value where it makes one. */
type Cipher = readonly [name: string, keyBits: number, icvBits?: number];

/** A state with keys of chance, which goes with its namespace. */
export const espState =
  (suite: EspSuite): Attempt =>
  (bench) =>
    withXfrmOf(bench, (xfrm) => xfrm.addState(stateOf(suite)));

function stateOf(suite: EspSuite): XfrmState {
  const { authentication, encryption, aead } = suite;
  return {
    source: ipv6('2001:db8::1'),
    destination: ipv6('2001:db8::2'),
    protocol: 'esp',
    mode: 'transport',
    spi: FIRST_SPI + ESP_SUITES.indexOf(suite),
    reqid: 1,
    flags: [],
    replayWindow: 32,
    ...(authentication && {
      authentication: { ...keyed(authentication), truncationBits: authentication[2]! },
    }),
    ...(encryption && { encryption: keyed(encryption) }),
    ...(aead && { aead: { ...keyed(aead), icvBits: aead[2]! } }),
  };
}

const keyed = ([name, keyBits]: Cipher) => ({
  name,
  keyBits,
  key: new XfrmKey(randomBytes(keyBits / 8)),
});

const SHA1: Cipher = ['hmac(sha1)', 160, 96];
const SHA256: Cipher = ['hmac(sha256)', 256, 128];
const AES: Cipher = ['cbc(aes)', 128];

/** RFC 4877 §5 leaves the choice to RFC 8221, whose MUST and SHOULD are here; the rest are old configurations'. */
export const ESP_SUITES: readonly EspSuite[] = [
  {
    name: 'esp-aes-cbc-sha256',
    authentication: SHA256,
    encryption: AES,
    options: 'CONFIG_CRYPTO_CBC, CONFIG_CRYPTO_AES, CONFIG_CRYPTO_SHA256',
  },
  {
    name: 'esp-aes-cbc-sha1',
    authentication: SHA1,
    encryption: AES,
    options: 'CONFIG_CRYPTO_CBC, CONFIG_CRYPTO_AES, CONFIG_CRYPTO_SHA1',
  },
  {
    name: 'esp-aes-gcm',
    aead: ['rfc4106(gcm(aes))', 160, 128],
    options: 'CONFIG_CRYPTO_GCM, CONFIG_CRYPTO_SEQIV',
  },
  {
    name: 'esp-aes-ctr-sha1',
    authentication: SHA1,
    encryption: ['rfc3686(ctr(aes))', 160],
    options: 'CONFIG_CRYPTO_CTR, CONFIG_CRYPTO_SEQIV, CONFIG_CRYPTO_SHA1',
  },
  {
    name: 'esp-chacha20',
    aead: ['rfc7539esp(chacha20,poly1305)', 288, 128],
    options: 'CONFIG_CRYPTO_CHACHA20POLY1305, CONFIG_CRYPTO_SEQIV',
  },
  {
    name: 'esp-aes-cbc-xcbc',
    authentication: ['xcbc(aes)', 128, 96],
    encryption: AES,
    options: 'CONFIG_CRYPTO_XCBC, CONFIG_CRYPTO_CBC',
  },
  {
    name: 'esp-3des-md5',
    authentication: ['hmac(md5)', 128, 96],
    encryption: ['cbc(des3_ede)', 192],
    options: 'CONFIG_CRYPTO_DES, CONFIG_CRYPTO_CBC, CONFIG_CRYPTO_MD5',
  },
  {
    name: 'esp-null-sha1',
    authentication: SHA1,
    encryption: ['ecb(cipher_null)', 0],
    options: 'CONFIG_CRYPTO_NULL, CONFIG_CRYPTO_SHA1',
  },
];
const FIRST_SPI = 0x100; // RFC 4303 §2.1: below is reserved
