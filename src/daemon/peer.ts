/** Which control connections may change state. */
import { readFileSync, statSync } from 'node:fs';
import type { Peer } from '../control/server.js';

/** Root, the daemon's own user, and members of the group that owns the socket. */
export function mayChange(peer: Peer, socket: string): boolean {
  if (peer.uid === 0 || peer.uid === process.getuid?.()) return true;
  const group = statSync(socket, { throwIfNoEntry: false })?.gid;
  return (
    group !== undefined && (peer.gid === group || supplementaryGroups(peer.pid).includes(group))
  );
}

/** SO_PEERCRED tells only the first group. */
function supplementaryGroups(pid: number): number[] {
  try {
    const line = /^Groups:(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    return line.split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return []; // gone already
  }
}
