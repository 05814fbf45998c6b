/** `mip6 send` among the real daemons: every message they answer, every fault, and an independent dissector's reading. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import type { Report } from '../../src/cli/send/report.js';
import { saidIn, type Said } from '../../src/diagnostics/craft/asked.js';
import { messageEntries, messageParts } from '../../src/diagnostics/craft/catalogue.js';
import { craft } from '../../src/diagnostics/craft/packet.js';
import { decodePacket } from '../../src/diagnostics/decode-packet.js';
import { Capture } from '../../src/linux/capture.js';
import { mobilityFilter } from '../../src/linux/filter.js';
import { QuietListener, RawSender } from '../../src/linux/raw-sender.js';
import { tshark, type Fields } from '../wire/golden/tshark.js';
import { HA_CONF, MN_CONF, PROGRAM, SmallNetwork, until, type Daemon } from './small-network.js';
import { onesSum } from './tshark.js';

const HA = '2001:db8:a::1';
const CN = '2001:db8:a::c';
const network = new SmallNetwork();
let ha: Daemon;
let mn: Daemon;
let capture: Capture;
/** Ethernet frames on the mobile node's IPv6 link, by the packet in them. */
const frames = new Map<string, Uint8Array>();
const sent: Report[] = [];

beforeAll(async () => {
  network.up();
  network.plug('v6');
  await until('the link-local address is ready', () =>
    /fe80/.test(network.in('mn', 'ip -6 -o address show dev eth0 -tentative')),
  );
  capture = Capture.open({ netns: path('ha'), link: 'v60', filter: mobilityFilter() }, (f) => {
    if (f.direction === 'in') frames.set(toHex(f.octets.subarray(14)), f.octets);
  });
  ha = await network.daemon('ha', HA_CONF);
  mn = await network.daemon('mn', MN_CONF);
  await bound('ipv6');
}, 60_000);

afterAll(async () => {
  capture?.close();
  await network.down();
}, 30_000);

describe('our home agent', { timeout: 60_000 }, () => {
  it.each([
    { words: 'bu', expect: ['answer=ba', 'status=0', 'lifetime=60'] },
    { words: 'bu -f lifetime=600 -o mnid:subtype=1,identifier=text:mn', expect: ['lifetime=600'] },
    { words: 'bu -o v4hoa=192.0.2.100/32', expect: ['status=0', 'ipv4AddressAck.status=0'] },
    { words: 'bu -F A', expect: ['status=139'] },
    { words: 'bu -F AHR', expect: ['status=139'] },
    { words: 'bu --home-address 2001:db8:a::55', expect: ['status=129'] },
    { words: 'bu --home-address 2001:db8:ffff::55', expect: ['status=132'] },
    { words: `bu --home-address 2001:db8:a::55 -f lifetime=0`, expect: ['status=133'] },
    { words: 'bu -o nonces:home=1', expect: ['silence'] },
    { words: 'bu -o alternateCareOf=ff02::1', expect: ['silence'] },
    // From the care-of address itself it is a deregistration, of what is not bound.
    { words: 'bu --home-address none', expect: ['status=133'] },
    { words: 'bu -f sequence=0x10000', refused: 'sequence: expected' },
    { words: 'bu --break checksum', expect: ['silence'] },
    { words: 'bu --break length', expect: ['answer=parameterProblem', 'code=0', 'pointer=65'] },
    { words: 'bu --break order', expect: ['answer=parameterProblem', 'code=0', 'pointer=40'] },
    { words: 'bu --break alignment', expect: ['status=0'] },
    { words: 'bu -o alternateCareOf=CAREOF --break alignment', expect: ['status=0'] },
    { words: 'bu --break sequence', expect: ['status=135', 'lifetime=0'] },
    { words: 'bu --break sequence --break checksum', expect: ['silence'] },
    { words: '99 -f data=0x0102', expect: ['answer=be', 'status=2'] },
    { words: 'hb --break length', expect: ['answer=be', 'status=2'] },
    { words: 'brr', expect: ['silence'] },
    { words: 'brr --break length', expect: ['answer=parameterProblem', 'pointer=41'] },
    { words: 'ba', expect: ['silence'] },
    { words: 'be', expect: ['silence'] },
    { words: 'hot', expect: ['silence'] },
    { words: 'cot', expect: ['silence'] },
    // RFC 6275 §9.3.1: nobody has bound this home address to us.
    {
      words: 'mps --home-address 2001:db8:a::55',
      expect: ['answer=be', 'status=1', 'homeAddress=2001:db8:a::55'],
    },
    { words: 'mps --home-address 2001:db8:a::55 --break checksum', expect: ['silence'] },
    { words: 'mps --home-address 2001:db8:a::55 --break length', expect: ['silence'] },
  ])('$words', async ({ words, expect: wanted, refused }) => {
    const [careOf] = mn.entries('bul').map((e) => String(e['careOf']));
    const typed = words.replace('CAREOF', careOf!).split(' ');
    const result = await send('mn', mn, [...typed, ...asked(wanted ?? [])]);
    if (refused !== undefined) {
      expect(result).toMatchObject({
        code: 2,
        error: { message: expect.stringContaining(refused) },
      });
      return;
    }
    expect(result.reports, JSON.stringify(result)).toMatchObject([{ unmet: [], expected: true }]);
    expect(result.code).toBe(0);
  });

  const extensions = messageEntries().filter(({ layer, type }) => layer === 'mh' && type > 7);
  it.each(extensions.map(({ word }) => word))(
    '%s, an extension, draws a Binding Error',
    async (word) => {
      const result = await send('mn', mn, [word, '-e', 'answer=be', '-e', 'status=2']);
      expect(result).toMatchObject({ code: 0, reports: [{ outcome: 'error', expected: true }] });
    },
  );

  it('numbers given away are not used again: the mobile node’s next update is accepted', async () => {
    const { reports } = await send('mn', mn, [
      'bu',
      '-c',
      '3',
      '--interval',
      '50',
      '-e',
      'status=0',
    ]);
    expect(reports.map((r) => r.expected)).toEqual([true, true, true]);
    const [last] = ha.entries('bc').map((e) => Number(e['sequence']));
    const again = await send('ha', ha, ['brr', '-e', 'answer=bu']);
    expect(again.reports[0]!.reply!.text).toContain(`BU seq ${(last! + 1) & 0xffff} `);
    await until('it is accepted', () => mn.entries('bul')[0]!['lastStatus'] === 0);
    expect(mn.entries('bul')[0]).toMatchObject({ state: 'bound', sequence: (last! + 1) & 0xffff });
  });

  it('an answer that is not as expected is exit code 1, and says so', async () => {
    const result = await send('mn', mn, ['bu', '-e', 'status=1', '-e', 'lifetime<100']);
    expect(result).toMatchObject({
      code: 1,
      reports: [{ outcome: 'answer', expected: false, unmet: ['status=1'] }],
    });
    const text = await send('mn', mn, ['bu', '-e', 'status=1'], { json: false });
    expect(text.stdout).toMatch(/answered after [\d.]+ ms, not as expected: status=1/);
  });
});

describe('our mobile node', { timeout: 60_000 }, () => {
  it.each([
    { words: 'brr', expect: ['answer=bu', 'flags=AH'] },
    { words: 'brr --break checksum', expect: ['silence'] },
    { words: 'brr --break length', expect: ['answer=parameterProblem', 'pointer=65'] },
    { words: 'ba', expect: ['silence'] },
    { words: 'ba --break sequence', expect: ['silence'] },
    { words: 'ba --break length', expect: ['answer=parameterProblem', 'pointer=65'] },
    { words: 'ba --break order', expect: ['answer=parameterProblem', 'pointer=64'] },
    { words: 'be', expect: ['silence'] },
    { words: 'hb', expect: ['answer=be', 'status=2'] },
    { words: '99', expect: ['answer=be', 'status=2'] },
  ])('$words', async ({ words, expect: wanted }) => {
    const result = await send('ha', ha, [...words.split(' '), ...asked(wanted)]);
    expect(result.reports, JSON.stringify(result)).toMatchObject([{ unmet: [], expected: true }]);
    expect(result.code).toBe(0);
  });

  it('an acknowledgement that nobody waits for changes nothing', async () => {
    const before = ha.entries('bc')[0]!['sequence'];
    await send('ha', ha, ['ba', '-f', 'status=130']);
    // RFC 6275 §11.7.3: it is for an outstanding Binding Update.
    expect(mn.entries('bul')[0]).toMatchObject({ state: 'bound', sequence: before });
  });
});

describe('a node that answers all that can be asked', { timeout: 60_000 }, () => {
  let end = (): void => undefined;
  beforeAll(() => {
    end = answerEverything('cn');
  });
  afterAll(() => end());

  it.each(Object.entries(ANSWERS()))('%s', async (word, { answer }) => {
    const result = await send('mn', mn, [
      word,
      '-d',
      CN,
      '--home-address',
      'none',
      '-e',
      `answer=${answer}`,
    ]);
    expect(result.reports, JSON.stringify(result)).toMatchObject([{ outcome: 'answer' }]);
    expect(result.code).toBe(0);
    expect(JSON.stringify(result.reports)).not.toContain(TOKEN.slice(2));
  });
});

describe('in UDP', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    network.plug('v4');
    await bound('ipv4');
  }, 60_000);

  it.each([
    { node: 'mn', words: 'bu', expect: ['status=0', 'natDetection.refresh=4294967295'] },
    { node: 'mn', words: 'bu -F AHF', expect: ['status=0', 'natDetection.forceUdp=true'] },
    // RFC 5555 §4.2: without its own option there is no care-of address to bind.
    { node: 'mn', words: 'bu -o none', expect: ['status!=0'] },
    { node: 'mn', words: 'bu --break length', expect: ['answer=parameterProblem', 'pointer=41'] },
    { node: 'mn', words: 'bu --break checksum', expect: ['silence'] },
    { node: 'mn', words: 'hb', expect: ['answer=be', 'status=2'] },
    { node: 'ha', words: 'brr', expect: ['answer=bu', 'ipv4CareOf'] },
  ] as const)('$node: $words', async ({ node, words, expect: wanted }) => {
    const result = await send(node, node === 'mn' ? mn : ha, [
      ...words.split(' '),
      ...asked(wanted),
    ]);
    expect(result.reports, JSON.stringify(result)).toMatchObject([
      { unmet: [], expected: true, request: { as: 'ipv4' } },
    ]);
    expect(result.code).toBe(0);
  });
});

describe('without a daemon', { timeout: 60_000 }, () => {
  it('everything is named, and a source that is not ours gets no answer', async () => {
    const where = ['-d', HA, '--home-address', '2001:db8:a::55'];
    expect(await send('cn', undefined, ['bu', ...where, '-e', 'status=129'])).toMatchObject({
      code: 0,
    });
    const foreign = ['--source', '2001:db8:b::dead', '--timeout', '300', '-e', 'silence'];
    expect(await send('cn', undefined, ['bu', ...where, ...foreign])).toMatchObject({
      code: 0,
      reports: [{ request: { text: expect.stringContaining('2001:db8:b::dead →') } }],
    });
  });

  it('a whole packet in JSON is sent as it is', async () => {
    const { reports } = await send('cn', undefined, ['hb', '-d', HA, '-f', 'sequence=7']);
    const { request } = reports[0]!;
    const again = await send('cn', undefined, ['--json-message', '-', '-e', 'answer=be'], {
      input: JSON.stringify(request),
    });
    expect(again).toMatchObject({ code: 0, reports: [{ message: 'packet' }] });
    expect(again.reports[0]!.request.hex).toBe(request.hex);
  });

  it.each([
    { words: 'bu', code: 2, error: 'SEND_PATH' },
    { words: 'bux -d ::1', code: 2, error: 'SEND_MESSAGE' },
    { words: 'bu -d ::1 -e statsu=0', code: 2, error: 'SEND_EXPECT' },
    { words: 'bu -d ::1 --break sequense', code: 2, error: 'USAGE' },
    { words: 'bu -d ::1 -c 10001', code: 2, error: 'USAGE' },
    { words: 'bu -d ::1 --interval 1', code: 2, error: 'USAGE' },
    { words: `99 -d ${HA} -f data=0x${'00'.repeat(2000)}`, code: 1, error: 'SOCKET' },
    { words: 'bu -d ff02::1 -i eth9 --source ::1', code: 1, error: 'SOCKET' },
    { words: 'bu -d ::1 --name nobody', code: 3, error: 'NO_DAEMON' },
  ])('$error, $words', async ({ words, code, error }) => {
    const result = await send('cn', undefined, words.split(' '));
    expect(result).toMatchObject({ code, error: { code: error } });
  });

  it('without the privilege, exit code 4 and the way out', async () => {
    const result = await send('cn', undefined, ['bu', '-d', HA], { uid: 65534 });
    expect(result).toMatchObject({
      code: 4,
      error: { code: 'PERMISSION', message: expect.stringContaining('Run as root') },
    });
    const dry = await send('cn', undefined, ['bu', '-d', HA, '--dry-run'], {
      uid: 65534,
      json: false,
    });
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(
      /^not sent {2}2001:db8:a::c → 2001:db8:a::1 BU seq \d+ AH life 60\n/,
    );
  });

  it('Ctrl-C ends it, with what came so far', async () => {
    const words = ['hb', '-d', HA, '-c', '1000', '--interval', '100'];
    const result = await send('cn', undefined, words, { json: false, endAfter: /^ +3 /m });
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/\d sent, 0 answered, \d refused with an error; round trip/);
  });
});

it('an independent dissector reads what was sent', () => {
  const seen = sent.flatMap((report) => {
    const frame = report.request.hex === undefined ? undefined : frames.get(report.request.hex);
    return frame ? [{ report, frame }] : [];
  });
  // At least every message that went to the home agent from the IPv6 link.
  expect(new Set(seen.map(({ report }) => report.message)).size).toBeGreaterThan(22);
  const said = tshark(seen.map(({ frame }) => frame));
  for (const [i, { report }] of seen.entries()) {
    const name = report.request.text;
    const mh = report.request.layers.find((l) => l.layer === 'mh');
    const theirs = said[i]!;
    if (!mh) continue;
    const ours = mh.fields as Record<string, number | { value: number }>;
    expect(numberOf(theirs, 'mip6.mhtype'), name).toBe((ours['type'] as { value: number }).value);
    expect(numberOf(theirs, 'mip6.hlen'), name).toBe(ours['headerLength']);
    expect(numberOf(theirs, 'mip6.csum'), name).toBe(ours['checksum']);
    expect(numberOf(theirs, 'mip6.proto'), name).toBe(
      (ours['payloadProto'] as { value: number }).value,
    );
    if (report.message === 'Binding Update' && report.request.ok) {
      expect(numberOf(theirs, 'mip6.bu.seqnr'), name).toBe(ours['sequence']);
      expect(numberOf(theirs, 'mip6.bu.lifetime')! * 4, name).toBe(ours['lifetime']);
    }
    const issues = report.request.issues.map(({ code }) => code);
    const { hex } = report.request;
    const octets = Buffer.from(hex!, 'hex').subarray(mh.offset, mh.offset + mh.length);
    const source = theirs.get('ipv6.opt.mipv6.home_address')?.[0];
    const whole = !issues.includes('mh-header-length') && !issues.includes('mh-payload-proto');
    if (whole) {
      const sum = onesSum(
        source ?? theirs.get('ipv6.src')!.at(-1)!,
        theirs.get('ipv6.dst')!.at(-1)!,
        135,
        octets,
      );
      expect(sum === 0xffff, name).toBe(!issues.includes('mh-checksum'));
    }
  }
});

interface Sent {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly reports: readonly Report[];
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/** The program in a node's namespace, beside that node's daemon or none. */
function send(
  node: 'mn' | 'ha' | 'cn',
  daemon: Daemon | undefined,
  words: readonly string[],
  options: { json?: boolean; input?: string; uid?: number; endAfter?: RegExp } = {},
): Promise<Sent> {
  const { json = true, input = '', uid, endAfter } = options;
  const as = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, '--clear-groups'];
  const socket = daemon ? ['--socket', daemon.socket] : [];
  const args = [PROGRAM, 'send', ...words, ...socket, ...(json ? ['--json'] : [])];
  return new Promise((done, fail) => {
    const child = spawn(
      'ip',
      ['netns', 'exec', network.namespace(node), ...as, process.execPath, ...args],
      { env: { ...process.env, NO_COLOR: '1' } },
    );
    let stdout = '';
    let stderr = '';
    let interrupted = false;
    child.stdout.on('data', (text) => {
      stdout += String(text);
      if (endAfter?.test(stdout) && !interrupted) interrupted = child.kill('SIGINT');
    });
    child.stderr.on('data', (text) => (stderr += String(text)));
    child.on('error', fail);
    child.on('close', (code) => {
      const lines = json ? jsonLines(stdout) : [];
      const reports = lines.filter((line): line is Report => 'request' in line);
      const [error] = lines.flatMap((line) => ('error' in line ? [line.error] : []));
      sent.push(...reports);
      done({ code, stdout, stderr, reports, error });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Silence is waited for; not as long as it would be by itself. */
const asked = (wanted: readonly string[]): string[] => [
  ...wanted.flatMap((w) => ['-e', w]),
  ...(wanted.includes('silence') ? ['--timeout', '500'] : []),
];

const jsonLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Report | { error: { code: string; message: string } });

const path = (node: string): string => `/run/netns/${network.namespace(node)}`;
const numberOf = (fields: Fields, name: string): number | undefined => {
  const text = fields.get(name)?.[0];
  return text === undefined ? undefined : Number(text);
};

async function bound(way: string): Promise<void> {
  await until(
    `bound by ${way}`,
    () => mn.entries('bul').some((e) => e['state'] === 'bound' && e['path'] === way),
    () => mn.log + ha.log,
  );
}

interface AnswerOf {
  readonly answer: string;
  /** Copied from the question. */
  readonly same: readonly string[];
  readonly fields?: Record<string, unknown>;
}

function ANSWERS(): Readonly<Record<string, AnswerOf>> {
  return {
    bu: { answer: 'ba', same: ['sequence'] },
    brr: { answer: 'bu', same: [] },
    hoti: { answer: 'hot', same: ['cookie'], fields: { token: TOKEN } },
    coti: { answer: 'cot', same: ['cookie'], fields: { token: TOKEN } },
    fbu: { answer: 'fback', same: ['sequence'] },
    hi: { answer: 'hack', same: ['sequence'] },
    hb: { answer: 'hb', same: ['sequence'], fields: { flags: 'R' } },
    bri: { answer: 'bri', same: ['sequence'], fields: { revocationType: 2, code: 0 } },
    lri: { answer: 'lra', same: ['sequence'] },
    upn: { answer: 'upa', same: ['sequence'] },
    fb: { answer: 'fb', same: ['sequence'], fields: { flowBindingType: 2, flags: 0 } },
    sq: { answer: 'sr', same: ['sequence'] },
    dhaad: { answer: 'dhaad-reply', same: ['identifier'], fields: { addresses: [HA] } },
    mps: { answer: 'mpa', same: ['identifier'] },
  };
}

/** Answers from a namespace in place of its kernel, until the returned function is called. */
function answerEverything(node: string): () => void {
  const netns = path(node);
  const sender = RawSender.open({ netns });
  const quiet = QuietListener.open(netns, []);
  const listener = Capture.open({ netns, filter: mobilityFilter() }, (frame) => {
    if (frame.direction !== 'in') return;
    const said = saidIn(decodePacket(frame.octets.subarray(14)));
    const octets = said && answerTo(said);
    if (octets) sender.send(octets);
  });
  return () => {
    listener.close();
    quiet.close();
    sender.close();
  };
}

function answerTo(said: Said): Uint8Array | undefined {
  const asked = messageEntries().find(({ kind }) => kind === said.message.kind);
  const row = asked && ANSWERS()[asked.word];
  if (!row || said.destination !== CN) return undefined;
  const entry = messageEntries().find(({ word }) => word === row.answer)!;
  const question = said.message as unknown as Record<string, unknown>;
  const copied = row.same.map((name) => {
    const value = question[name];
    return [name, value instanceof Uint8Array ? `0x${toHex(value)}` : value] as const;
  });
  const fields = { ...messageParts(entry).defaults, ...row.fields, ...Object.fromEntries(copied) };
  const ends = { source: said.destination, destination: said.source };
  return craft({ entry, fields, options: [] }, ends).octets;
}

const TOKEN = '0xa1b2c3d4e5f60718';
