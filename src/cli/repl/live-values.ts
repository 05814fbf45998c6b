/** The values of here and now, for completion: what is not known in time is left out. */
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { labNames } from '../../lab/library.js';
import { findRunning } from '../../lab/netns/attach.js';
import { knownLabs } from '../../lab/netns/state.js';
import type { Control } from '../../control/lease.js';
import { socketNames } from '../socket-path.js';
import type { KnownNode } from './known-nodes.js';
import type { LiveKind } from './live-kind.js';

export interface LiveSources {
  client(): Promise<Control>;
  nodes(): readonly KnownNode[];
  /** Of the sockets of daemons. */
  readonly directory?: string | undefined;
}

/** Never throws, and never takes longer than `LIVE_LIMIT`. `prefix`: what is typed, for file names. */
export async function liveValues(
  kind: LiveKind,
  sources: LiveSources,
  prefix: string,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((done) => {
    timer = setTimeout(() => done([]), LIVE_LIMIT);
  });
  try {
    return await Promise.race([values(kind, sources, prefix), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

async function values(
  kind: LiveKind,
  sources: LiveSources,
  prefix: string,
): Promise<readonly string[]> {
  switch (kind) {
    case 'node':
      return sources.nodes().map((node) => node.name);
    case 'daemon':
      return socketNames(sources.directory);
    case 'link': {
      const host = Object.keys(networkInterfaces());
      const daemon = await links(sources).catch(() => []);
      return [...new Set([...daemon, ...host])];
    }
    case 'target': {
      const { links: known } = await (await sources.client()).call('status', {});
      const words = ['ipv6', 'ipv4', 'home', 'auto'];
      return [...known.flatMap((l) => [l.name, ...l.addresses]), ...words];
    }
    case 'bul':
      return homes(await (await sources.client()).call('bul.list', { limit: MAX_LIVE }));
    case 'bc':
      return homes(await (await sources.client()).call('bc.list', { limit: MAX_LIVE }));
    case 'lab':
      return labNames();
    case 'labUp':
      return knownLabs().map(({ state }) => state.lab);
    case 'labNode':
      return findRunning(undefined).lab.nodes.map((node) => node.name);
    case 'labLink':
      return [...findRunning(undefined).lab.links.map((link) => link.name), 'none'];
    case 'file':
      return files(prefix);
    default:
      return kind satisfies never;
  }
}

async function links(sources: LiveSources): Promise<string[]> {
  const status = await (await sources.client()).call('status', {});
  return status.links.map((link) => link.name);
}

const homes = (list: {
  entries: readonly { homeAddress: string; homeAddress4: string | null }[];
}): string[] =>
  list.entries.flatMap((e) => (e.homeAddress4 ? [e.homeAddress, e.homeAddress4] : [e.homeAddress]));

/** Folders end in a slash; hidden files show when their dot is typed. */
function files(prefix: string): string[] {
  const folder = prefix.endsWith('/') ? prefix : dirname(prefix);
  const shown = prefix.includes('/') ? folder : '';
  const base = prefix.endsWith('/') ? '' : prefix.slice(shown === '' ? 0 : shown.length + 1);
  return readdirSync(folder || '.', { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') || base.startsWith('.'))
    .slice(0, MAX_LIVE)
    .map((entry) => `${join(shown, entry.name)}${entry.isDirectory() ? '/' : ''}`);
}

export const LIVE_LIMIT = 200; // ms
const MAX_LIVE = 1000; // values
