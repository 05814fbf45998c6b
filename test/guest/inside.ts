/**
 * Test files run inside a guest kernel, each of their tests told here as a test of its own. The guest runs while the
 * outer file is collected, so that its tests are known by name and counted.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Guest } from '../../src/lab/guest/guest.js';

/**
 * In the environment of the tests `UML` or `VM` is set, for what a kernel lacks. `guest`: made anew, or the error that says why it cannot be. Without `files` all `test/guest/*.guest.ts` run. */
export async function runInside(
  guest: () => Guest | Promise<Guest>,
  files: readonly string[] = [],
): Promise<InnerRun> {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-inside-'));
  const report = join(folder, 'report.json');
  let said = '';
  try {
    const booted = await guest();
    const { code } = await booted.run(
      [
        ...[process.execPath, 'node_modules/vitest/vitest.mjs', 'run'],
        ...['--config', 'vitest.guest.config.ts', '--reporter=json', `--outputFile=${report}`],
        ...files,
      ],
      {
        cwd: ROOT,
        environment: { [booted.kind.toUpperCase()]: '1', CI: '1', NO_COLOR: '1' },
        writable: [folder],
        memory: MEMORY,
        timeoutMs: PATIENCE,
        onOutput: (_, octets) => (said = (said + Buffer.from(octets).toString()).slice(-MAX_SAID)),
      },
    );
    const tests = innerTests(JSON.parse(readFileSync(report, 'utf8')) as Report);
    if (code === 0 || tests.some((t) => t.state === 'failed')) return { tests, failure: null };
    return { tests, failure: `vitest ended with ${code}: ${said}` };
  } catch (error) {
    return { tests: [], failure: `${error instanceof Error ? error.message : error}\n${said}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** To be called where `describe` may be. */
export function tellInside(title: string, { tests, failure }: InnerRun): void {
  describe(title, () => {
    it('boots, and runs its tests to the end', () => {
      if (failure !== null) throw new Error(failure);
      expect(tests).not.toEqual([]);
    });
    for (const test of tests) {
      const body = () => {
        if (test.state === 'failed') throw new Error(test.message);
      };
      if (test.state === 'skipped') it.skip(`${test.file}: ${test.name}`, body);
      else it(`${test.file}: ${test.name}`, body);
    }
  });
}

export interface InnerRun {
  readonly tests: readonly InnerTest[];
  /** Why not everything ran. */
  readonly failure: string | null;
}

export interface InnerTest {
  /** Relative to the project. */
  readonly file: string;
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly message: string;
}

/** A file that could not even be collected is one failed test. */
export function innerTests({ testResults }: Report): InnerTest[] {
  return testResults.flatMap((result): InnerTest[] => {
    const file = relative(ROOT, result.name);
    if (result.assertionResults.length === 0) {
      return [
        { file, name: 'is collected', state: 'failed', message: result.message || 'no tests' },
      ];
    }
    return result.assertionResults.map((test) => ({
      file,
      name: [...test.ancestorTitles, test.title].join(' > '),
      state: STATES[test.status] ?? 'failed',
      message: test.failureMessages?.join('\n') ?? '',
    }));
  });
}

/** Of vitest's JSON reporter, which writes what Jest's does. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

const STATES: Readonly<Record<string, InnerTest['state']>> = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  pending: 'skipped',
  todo: 'skipped',
};
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MEMORY = 1536; // MiB
const PATIENCE = 30 * 60_000; // ms
const MAX_SAID = 8192; // characters
