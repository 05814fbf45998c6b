/** The program `nft`: for tables and rules, which are made once. Elements of sets change by netlink. */
import { spawn } from 'node:child_process';
import { LinuxError } from '../error.js';
import { native, type NetNamespace } from '../native.js';

/** Runs `nft -f -` in the namespace. Throws `LinuxError` `NFT`. */
export function nft(netns: NetNamespace, script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = native().inNamespace(netns, () =>
      spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] }),
    );
    let said = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => (said += text));
    child.stdin.on('error', () => {}); // it ended before reading; its exit says why
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      const sentence = missing ? 'The program nft is not installed.' : `nft: ${error.message}.`;
      const way = missing ? { way: '`apt install nftables`' } : {};
      reject(new LinuxError('NFT', sentence, { errno: error.code, ...way }));
    });
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new LinuxError('NFT', `nft refused the rules: ${said.trim() || `exit ${code}`}.`));
    });
    child.stdin.end(script);
  });
}
