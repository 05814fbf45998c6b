/**
 * The addon native/mipio.c, typed and loaded on first use. Socket addresses, options and filters are octets
 * (`sockaddr.ts`, `filter.ts`); a `netns` is a path such as /run/netns/mn, or null for this process's own.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinuxError } from './error.js';

export type NetNamespace = string | null;

/**
 * An open descriptor. Methods of set-up throw an `Error` with `code`, `errno` and `syscall`; those of the data path
 * return a count, or a negative errno. After `close` every method throws `HANDLE_CLOSED`.
 */
export interface NativeHandle {
  readonly fd: number;
  close(): void;
  bind(address: Uint8Array): void;
  connect(address: Uint8Array): void;
  /** getsockname(2) */
  address(): Uint8Array;
  setOption(level: number, name: number, value: number | Uint8Array): void;
  getOption(level: number, name: number, length: number): Uint8Array;
  /** struct sock_filter, 8 octets each; null takes the filter away. */
  filter(program: Uint8Array | null): void;
  /** recvmmsg(2) into slots of `buffer`, each with `headroom` octets left free; `table` rows are `RECEIVE`. */
  receive(
    buffer: Uint8Array,
    slotSize: number,
    headroom: number,
    table: Uint32Array,
    max: number,
  ): number;
  /** sendmmsg(2) of rows `first` … `first + count - 1` of `table`, laid out as `SEND`. */
  send(buffer: Uint8Array, table: Uint32Array, first: number, count: number): number;
  /** TUN: packets into slots as `receive` does; only their lengths are told. */
  read(
    buffer: Uint8Array,
    slotSize: number,
    headroom: number,
    lengths: Uint32Array,
    max: number,
  ): number;
  /** TUN: rows of two words, offset and length. Returns how many the kernel took. */
  write(buffer: Uint8Array, table: Uint32Array, count: number): number;
  /** Calls back with 0 when readable, or with the errno of a pending socket error; goes on either way. */
  poll(call: ((errno: number) => void) | null): void;
  /** Whether a running poll keeps the process alive. */
  ref(on: boolean): void;
}

export interface Native {
  openSocket(netns: NetNamespace, family: number, type: number, protocol: number): NativeHandle;
  /** A TUN device without packet information; `flags` are further IFF_ bits. */
  openTun(netns: NetNamespace, name: string, flags: number): NativeHandle;
  /** 0 when there is no such interface. */
  linkIndex(netns: NetNamespace, name: string): number;
  /** Empty when there is no such interface. */
  linkName(netns: NetNamespace, index: number): string;
  /** Runs `call` in the namespace. Only what happens before it returns happens there; a child spawned there stays. */
  inNamespace<T>(netns: NetNamespace, call: () => T): T;
  /**
   * Descriptor of a network namespace with nothing in it, which lasts as long as it or a socket there is open; its
   * path is /proc/self/fd/N. Needs CAP_SYS_ADMIN.
   */
  newNamespace(): number;
  /** Who is at the other end of a connected Unix socket. */
  peerCredentials(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number };
}

/** Messages in one call at most. */
export const MAX_BATCH = 64;

/** Absent ancillary value. */
export const NONE = 0xffffffff;

/** Columns of a receive row, in 32-bit words. */
export const RECEIVE = {
  words: 24,
  length: 0,
  /** MSG_TRUNC and friends */
  flags: 1,
  nameLength: 2,
  /** from IP_PKTINFO or IPV6_PKTINFO */
  link: 3,
  hopLimit: 4,
  trafficClass: 5,
  /** TP_STATUS_… of PACKET_AUXDATA */
  status: 6,
  /** length on the wire, of PACKET_AUXDATA */
  wireLength: 7,
  seconds: 8,
  nanoseconds: 9,
  segment: 10,
  /** 32 octets: sockaddr of the sender */
  name: 12,
  /** 16 octets: destination address, from packet info */
  destination: 20,
} as const;

/** Columns of a send row, in 32-bit words. */
export const SEND = {
  words: 20,
  offset: 0,
  length: 1,
  /** interface for packet info, 0 any */
  link: 2,
  trafficClass: 3,
  /** UDP_SEGMENT, 0 none */
  segment: 4,
  /** 4 or 6 adds packet info with `source` and `link`; 0 does not */
  family: 5,
  nameLength: 6,
  /** 32 octets: sockaddr of the receiver */
  name: 8,
  /** 16 octets */
  source: 16,
} as const;

/** Throws `LinuxError` `NATIVE_MISSING` or `NATIVE_BROKEN`. */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

let loaded: Native | undefined;

function load(): Native {
  const file = find();
  if (!file) {
    throw new LinuxError(
      'NATIVE_MISSING',
      'The packet addon native/build/mipio.node is not built.',
      {
        way: 'Install a C compiler (`apt install build-essential`) and run `node native/build.js`.',
      },
    );
  }
  try {
    return createRequire(import.meta.url)(file) as Native;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new LinuxError('NATIVE_BROKEN', `The packet addon ${file} cannot be loaded: ${said}.`, {
      way: 'Build it again for this Node and this machine: `node native/build.js`.',
    });
  }
}

/** From src/linux as from dist/src/linux, and from a bundle in dist. */
function find(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < MAX_LEVELS; up++) {
    const file = join(folder, 'native', 'build', 'mipio.node');
    if (existsSync(file)) return file;
    folder = dirname(folder);
  }
  return undefined;
}

const MAX_LEVELS = 5;
