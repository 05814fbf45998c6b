/** Lines of a script as they come, of bounded length. */
import { UsageError } from '../../base/error.js';
import { LineSplitter } from '../../control/lines.js';

/** Throws `UsageError` `REPL_LINE` for a line that is too long, and what reading throws. */
export async function* scriptLines(
  stream: AsyncIterable<Buffer | string>,
): AsyncGenerator<string, void, undefined> {
  const lines = new LineSplitter(MAX_LINE);
  const complete = (chunk: Buffer): string[] => {
    const found = lines.push(chunk);
    if (found) return found;
    throw new UsageError('REPL_LINE', `A line is longer than ${MAX_LINE} octets.`);
  };
  for await (const chunk of stream) yield* complete(Buffer.from(chunk));
  yield* complete(Buffer.from('\n'));
}

const MAX_LINE = 65_536; // octets
