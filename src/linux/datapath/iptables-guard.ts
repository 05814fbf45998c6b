/**
 * The guard by the old iptables, where nftables cannot. Two chains of table `raw`: one with a jump for each address,
 * one that drops. A change replaces both at once, in some milliseconds.
 */
import { readFileSync } from 'node:fs';
import { isIpv6, type IpAddress } from '../../base/address.js';
import { PROTOCOL } from '../../wire/protocol.js';
import { LinuxError } from '../error.js';
import { native, type NetNamespace } from '../native.js';
import { runProgram } from '../program.js';
import type { GuardRules } from './guard.js';

export class IptablesGuard implements GuardRules {
  readonly #netns: NetNamespace;
  readonly #chain: string;

  constructor(netns: NetNamespace, chain: string) {
    this.#netns = netns;
    this.#chain = chain;
  }

  async prepare(): Promise<void> {
    for (const family of FAMILIES) {
      await this.#restore(family, []);
      const hook = ['PREROUTING', '-j', this.#chain];
      if (!(await this.#try(family, ['-C', ...hook]))) await this.#run(family, ['-I', ...hook]);
    }
  }

  async change(
    all: readonly IpAddress[],
    added: readonly IpAddress[],
    gone: readonly IpAddress[],
  ): Promise<void> {
    const changed = FAMILIES.filter(({ has }) => added.some(has) || gone.some(has));
    await Promise.all(changed.map((family) => this.#restore(family, all.filter(family.has))));
  }

  async remove(): Promise<void> {
    for (const family of FAMILIES) {
      // Looking with the program would load the table's module into a kernel that does without.
      if (!this.#hasTable(family)) continue;
      await this.#try(family, ['-D', 'PREROUTING', '-j', this.#chain]);
      for (const chain of [this.#chain, `${this.#chain}-drop`]) {
        await this.#try(family, ['-F', chain]);
        await this.#try(family, ['-X', chain]);
      }
    }
  }

  close(): void {
    // Every program that it runs has ended.
  }

  #restore(family: Family, addresses: readonly IpAddress[]): Promise<void> {
    const text = chains(family, this.#chain, addresses);
    return this.#must([family.restore, '-w', '-n'], text);
  }

  #run(family: Family, words: readonly string[]): Promise<void> {
    return this.#must([family.program, '-w', '-t', 'raw', ...words]);
  }

  async #try(family: Family, words: readonly string[]): Promise<boolean> {
    const end = await runProgram(this.#netns, [family.program, '-w', '-t', 'raw', ...words]);
    return end.code === 0;
  }

  async #must(command: readonly [string, ...string[]], input?: string): Promise<void> {
    const end = await runProgram(this.#netns, command, input);
    if (end.code === 0) return;
    const sentence = end.missing
      ? `The program ${command[0]} is not installed.`
      : `${command[0]} refused the rules: ${end.said || `exit ${end.code}`}.`;
    const missing = { errno: 'ENOENT', way: '`apt install iptables`' };
    throw new LinuxError('NFT', sentence, end.missing ? missing : {});
  }

  #hasTable({ tables }: Family): boolean {
    try {
      return native().inNamespace(this.#netns, () =>
        readFileSync(`/proc/thread-self/net/${tables}`, 'utf8').split('\n').includes('raw'),
      );
    } catch {
      return false; // the kernel has none of it
    }
  }
}

/** For `iptables-restore --noflush`: a chain that is declared is made, or emptied; all of it or nothing. */
function chains(family: Family, chain: string, addresses: readonly IpAddress[]): string {
  return [
    '*raw',
    `:${chain} - [0:0]`,
    `:${chain}-drop - [0:0]`,
    ...family.drops.map((match) => `-A ${chain}-drop ${match} -j DROP`),
    ...addresses.map((address) => `-A ${chain} -d ${address} -j ${chain}-drop`),
    'COMMIT',
    '',
  ].join('\n');
}

interface Family {
  readonly has: (address: IpAddress) => boolean;
  readonly program: string;
  readonly restore: string;
  /** File of /proc/net that names the tables there are. */
  readonly tables: string;
  /** What is dropped. */
  readonly drops: readonly string[];
}

const IPV6: Family = {
  has: isIpv6,
  program: 'ip6tables-legacy',
  restore: 'ip6tables-legacy-restore',
  tables: 'ip6_tables_names',
  drops: [
    `-p ${PROTOCOL.mobility}`,
    `-p ${PROTOCOL.ipv6}`,
    `-p ${PROTOCOL.ipv4}`,
    '-m dst',
    '-m rt --rt-type 2',
  ],
};
const IPV4: Family = {
  has: (address) => !isIpv6(address),
  program: 'iptables-legacy',
  restore: 'iptables-legacy-restore',
  tables: 'ip_tables_names',
  drops: [`-p ${PROTOCOL.ipv6}`, `-p ${PROTOCOL.ipv4}`],
};
const FAMILIES = [IPV6, IPV4];
