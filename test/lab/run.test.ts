import { readFileSync, rmSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { plain } from '../../src/cli/style.js';
import { summarize } from '../../src/diagnostics/describe.js';
import { decodeCaptured } from '../../src/diagnostics/decode-packet.js';
import { readCapture } from '../../src/diagnostics/pcapng.js';
import { labNames, loadLab } from '../../src/lab/library.js';
import { parseLab, type Lab } from '../../src/lab/model.js';
import { resultLines, stageLines } from '../../src/lab/report.js';
import { playLab } from '../../src/lab/play.js';
import { datapathsOf, runLab, type LabResult, type Stage } from '../../src/lab/run.js';
import { SimLab } from '../../src/lab/sim/sim-lab.js';
import { failures } from './failures.js';

// Virtual time costs processor time all the same, on a busy machine more than the usual limit.
vi.setConfig({ testTimeout: 120_000 });

describe('the labs in virtual time', () => {
  it.each(labNames().filter((name) => !name.startsWith('scenarios/')))(
    '%s: every check holds',
    async (name) => {
      const result = await play(loadLab(name).lab, 1);
      expect(failures(result)).toEqual([]);
      expect(result.passed).toBe(true);
    },
  );

  it('the same seed gives the same run, to the microsecond', async () => {
    const { lab } = loadLab('roam');
    const [one, again, other] = [await play(lab, 7), await play(lab, 7), await play(lab, 8)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('roam: what each handover costs is what the others make it wait for, and little more', async () => {
    const { moves } = await play(loadLab('roam').lab, 3);
    for (const move of moves) {
      const imposed = move.waits.reduce((sum, w) => sum + w.took, 0);
      for (const outage of move.outages) {
        expect(outage.silence, move.move).not.toBeNull();
        expect(outage.silence!, move.move).toBeLessThan(imposed + 120);
      }
    }
    // RFC 6275 §10.3.1: the first registration waits for duplicate address detection, later ones do not.
    expect(moves.map((m) => m.waits.some((w) => w.who === 'home agent'))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('the report says it for people', async () => {
    const result = await play(loadLab('roam').lab, 1);
    const text = [...stageLines(result.moves[1]!, plain), ...resultLines(result, plain)].join('\n');
    expect(text).toMatch(
      /2001:db8:a::100 192\.0\.2\.100 +10\.1\.0\.100 \(198\.51\.100\.3:\d+\) +bound +udp/,
    );
    expect(text).toContain('of which the home agent imposed 1000 ms');
    expect(text).toContain('roam: passed, 19 of 19 checks hold');
  });

  it('frames go to a capture file per link, in order of time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
    try {
      const { lab } = loadLab('roam-v4plain');
      await play(lab, 1, folder);
      expect(readdirSync(folder).sort()).toEqual([
        'roam-v4plain-core.pcapng',
        'roam-v4plain-home.pcapng',
        'roam-v4plain-v4plain.pcapng',
      ]);
      const packets = [...readCapture(readFileSync(join(folder, 'roam-v4plain-v4plain.pcapng')))];
      const updates = packets
        .map((p) => summarize(decodeCaptured(p.octets, 1)).text)
        .filter((t) => t.includes(' BU '));
      expect(updates).toHaveLength(1);
      expect(updates[0]).toContain('v4coa 203.0.113.100');
      const times = packets.map((p) => p.nanoseconds);
      expect(times.every((t, i) => i === 0 || t >= times[i - 1]!)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('checks that do not hold', () => {
  const { text } = loadLab('roam-v4plain');

  it('fail the run, and say what was found instead', async () => {
    const wrong = parseLab(
      text.replace('at: v4plain, path: ipv4, nat: false', 'at: home'),
      'wrong.yaml',
    );
    const result = await play(wrong, 1);
    expect(result.passed).toBe(false);
    expect(failures(result)).toEqual([
      'mn is at home, deregistered: bound at 203.0.113.100 by ipv4',
    ]);
  });

  it('an outage above its limit is one', async () => {
    const strict = parseLab(
      `${text}\nchecks:\n  - { outage: 192.0.2.100, below: 100ms }\n`,
      'strict.yaml',
    );
    const result = await play(strict, 1);
    expect(failures(result)).toHaveLength(1);
    expect(failures(result)[0]).toMatch(
      /^every outage of 192\.0\.2\.100 is below 100 ms: \d+ ms at worst$/,
    );
  });
});

describe('who carried the bindings', () => {
  it('is told per binding, and per node over the whole run', async () => {
    const result = await play(loadLab('roam-v4plain').lab, 1);
    expect(result.datapaths).toEqual([
      { node: 'mn', used: ['user space'] },
      { node: 'ha', used: ['user space'] },
    ]);
    const [, head, row] = stageLines(result.moves[0]!, plain);
    expect(head).toMatch(/ path +datapath +seq /);
    expect(row).toMatch(/ ipv4 +user space +\d+ /);
    expect(resultLines(result, plain)).toContain('Datapath: mn user space; ha user space');
  });

  it('each of a node is told once, in the order in which they were seen', async () => {
    const { start, moves } = await play(loadLab('roam-v4plain').lab, 1);
    const by = (datapath: 'kernel' | 'user space' | null): Stage => ({
      ...start,
      bul: [{ node: 'mn', entries: moves[0]!.bul[0]!.entries.map((e) => ({ ...e, datapath })) }],
      bc: [],
    });
    const stages = [by(null), by('kernel'), by('user space'), by('kernel')];
    expect(datapathsOf(stages)).toEqual([{ node: 'mn', used: ['kernel', 'user space'] }]);
    expect(datapathsOf([by(null)])).toEqual([]);
  });
});

describe('what does not fit together is refused', () => {
  it.each([
    [{ world: 'uml', kernel: '6.12' }, '--kernel chooses the kernel of a virtual machine.'],
    [{ world: 'sim', datapath: 'kernel' }, '--datapath asks for a kernel'],
    [{ world: 'vm', keep: true }, 'A lab in a guest kernel cannot be left up'],
  ] as const)('%j', async (asked, sentence) => {
    const options = { style: plain, colour: false, json: false, progress: undefined } as const;
    const none = { kernel: undefined, datapath: undefined, seed: '1', pcap: undefined } as const;
    const given = { ...options, ...none, argv: [], keep: false, say: undefined, ...asked };
    await expect(playLab(loadLab('roam'), given)).rejects.toThrow(sentence);
  });
});

describe('the runner', () => {
  it('ends between two steps when it is told to, with the reason', async () => {
    const world = new SimLab(loadLab('roam').lab, 1);
    const abort = new AbortController();
    const moved: string[] = [];
    const run = runLab(world, {
      ...HERE,
      signal: abort.signal,
      observer: {
        moved: (m) => {
          moved.push(m.move);
          abort.abort(new Error('enough'));
        },
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(moved).toEqual(['mn eth0 to visited1']);
    await world.down();
    await world.down(); // harmless
  });

  it('tells signalling and events as they come, in the order of their time', async () => {
    const told: number[] = [];
    const codes = new Set<string>();
    const world = new SimLab(loadLab('roam-v4plain').lab, 1);
    await runLab(world, {
      ...HERE,
      observer: {
        signalling: (at) => told.push(at),
        event: (at, _, event) => {
          told.push(at);
          codes.add(event.code);
        },
      },
    });
    await world.down();
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect([...codes]).toEqual(
      expect.arrayContaining(['BU_SENT', 'HA_BOUND', 'BA_RECEIVED', 'AT_HOME']),
    );
  });

  it('a simulated node runs no commands, and says so', async () => {
    const world = new SimLab(loadLab('roam').lab, 1);
    await expect(world.exec()).rejects.toThrow('Run the lab with --world netns.');
    await expect(world.bul('cn')).rejects.toThrow('cn is a host, it keeps no bindings.');
  });
});

const HERE = { world: 'sim', kernel: null, why: 'test', patience: 1 } as const;

async function play(lab: Lab, seed: number, pcap?: string): Promise<LabResult> {
  const world = new SimLab(lab, seed, pcap);
  try {
    return await runLab(world, HERE);
  } finally {
    await world.down();
  }
}
