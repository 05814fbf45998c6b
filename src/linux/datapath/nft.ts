/** The program `nft`: for tables and rules, which are made once. Elements of sets change by netlink. */
import { LinuxError } from '../error.js';
import type { NetNamespace } from '../native.js';
import { runProgram } from '../program.js';

/** Runs `nft -f -` in the namespace. Throws `LinuxError` `NFT`. */
export async function nft(netns: NetNamespace, script: string): Promise<void> {
  const end = await runProgram(netns, ['nft', '-f', '-'], script);
  if (end.code === 0) return;
  if (end.missing) {
    throw new LinuxError('NFT', 'The program nft is not installed.', {
      errno: 'ENOENT',
      way: '`apt install nftables`',
    });
  }
  throw new LinuxError('NFT', `nft refused the rules: ${end.said || `exit ${end.code}`}.`);
}
