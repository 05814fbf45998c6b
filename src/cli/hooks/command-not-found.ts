import type { Hook } from '@oclif/core/hooks';
import { didYouMean } from '../../daemon/config/suggest.js';
import { EXIT } from '../exit-codes.js';

/** A word that is no command: the nearest one, and exit code 2. */
export const commandNotFound: Hook.CommandNotFound = async function ({
  id,
  config,
  argv,
  context,
}) {
  const json = argv?.includes('--json') ?? false;
  const typed = id.replaceAll(':', ' ');
  const names = config.commands.filter((c) => !c.hidden).map((c) => c.id.replaceAll(':', ' '));
  const hint = didYouMean(typed, names) || `"${config.bin} --help" lists them.`;
  const message = `${config.bin} has no command "${typed}". ${hint}`;
  if (json)
    process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', message } }, null, 2)}\n`);
  else process.stderr.write(`${config.bin}: ${message}\n`);
  context.exit(EXIT.usage);
};
