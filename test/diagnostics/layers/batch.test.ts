import { expect, it } from 'vitest';
import {
  answerLine,
  answerLines,
  MAX_LINE,
  type BatchAnswer,
} from '../../../src/diagnostics/batch.js';
import { batchLines } from './batch-lines.js';

async function run(chunks: readonly (string | Uint8Array)[]): Promise<BatchAnswer[]> {
  const out: string[] = [];
  async function* input(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks)
      yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
  }
  const count = await answerLines(input(), async (text) => {
    await Promise.resolve();
    out.push(text);
  });
  const answers = out
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as BatchAnswer);
  expect(answers.length).toBe(count);
  return answers;
}

it('answers 5,000 mixed lines in their order, one in ten of them random octets', async () => {
  const lines = [...batchLines(5000, 3)];
  const answers = await run([lines.join('\n')]);
  expect(answers).toHaveLength(5000);
  for (const [i, line] of lines.entries()) {
    const answer = answers[i]!;
    let id: unknown;
    try {
      id = (JSON.parse(line) as { id?: unknown } | null)?.id;
    } catch {
      id = undefined;
    }
    expect(answer.id).toEqual(id);
    expect('error' in answer).toBe(!answer.ok);
    if (answer.ok)
      expect(answer).toMatchObject({ layers: expect.any(Array), issues: expect.any(Array) });
  }
});

it('keeps any id, and says what a request lacks', () => {
  expect(answerLine('{"id":{"n":1},"as":"mh","hex":"3b"}')).toMatchObject({
    id: { n: 1 },
    ok: false,
    error: { code: 'mh-truncated' },
  });
  expect(answerLine('nonsense')).toEqual({
    ok: false,
    error: { code: 'BATCH_JSON', message: 'The line is not JSON.' },
  });
  expect(answerLine('[1]')).toMatchObject({ ok: false, error: { code: 'BATCH_REQUEST' } });
  expect(answerLine('{"id":7,"as":"mh","hex":"3b0"}')).toMatchObject({
    id: 7,
    error: { code: 'BATCH_REQUEST' },
  });
  expect(answerLine('{"id":7,"as":"x","hex":"3b"}')).toMatchObject({
    id: 7,
    error: { code: 'BATCH_REQUEST' },
  });
  expect(answerLine('{"as":"mh","hex":"3b","src":"x"}')).toMatchObject({
    error: { message: 'src: expected an IP address.' },
  });
});

it('reads lines wherever the chunks are cut, and answers one that is too long', async () => {
  const text = '{"id":1,"as":"udp4191","hex":"ff"}\r\n\n{"id":"é","as":"udp4191","hex":"ff"}';
  const octets = new TextEncoder().encode(text);
  const whole = await run([octets]);
  expect(whole.map((a) => [a.id, a.ok])).toEqual([
    [1, true],
    [undefined, false],
    ['é', true],
  ]);
  expect(await run([...octets].map((o) => Uint8Array.of(o)))).toEqual(whole);
  const long = await run([' '.repeat(MAX_LINE), '    \n', '{"id":2,"as":"udp4191","hex":"ff"}\n']);
  expect(long.map((a) => [a.id, a.ok])).toEqual([
    [undefined, false],
    [2, true],
  ]);
  expect(long[0]).toMatchObject({ error: { code: 'BATCH_LIMIT' } });
});
