/** Standard output with its backpressure: resolves when there is room for more. */
import { once } from 'node:events';

export async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
