// Runs a file of bench/ under another kernel and passes on what it says.
import { fileURLToPath } from 'node:url';
import { makeGuest } from '../dist/src/lab/guest/make.js';

/** `kind` is uml or vm; `minutes` it may take at most. */
export async function inGuest(kind, file, minutes) {
  let guest;
  try {
    guest = await makeGuest(kind, undefined);
  } catch (error) {
    console.log(`skipped: ${error.message}`);
    return;
  }
  console.log(guest.name);
  const { code } = await guest.run(
    [process.execPath, fileURLToPath(new URL(file, import.meta.url))],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      environment: {},
      writable: [],
      memory: 1536,
      timeoutMs: minutes * 60_000,
      onOutput: (stream, octets) => process[stream].write(octets),
    },
  );
  if (code !== 0) throw new Error(`${file} ended with ${code} in ${guest.name}`);
}
