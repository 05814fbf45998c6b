/** SHA-256 is an argument, as randomness is: worlds and the daemon hand it in. */

/** 32 octets */
export type Sha256 = (octets: Uint8Array) => Uint8Array;
