/** Programs of the host that a world needs, and the sentence that says which of them are missing. */
import { find } from './netns/command.js';
import type { WorldRefusal } from './world.js';

/** Program, by name or path → the Debian package that has it. */
export type Programs = Readonly<Record<string, string>>;

/** Undefined when all are there. */
export function missingPrograms(
  programs: Programs,
  finds: (program: string) => unknown = find,
): WorldRefusal | undefined {
  const missing = Object.entries(programs).filter(([program]) => !finds(program));
  if (missing.length === 0) return undefined;
  const names = missing.map(([program]) => `"${program}"`).join(' and ');
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  return {
    reason: `${names} ${missing.length > 1 ? 'are' : 'is'} missing`,
    way: `apt-get install ${packages}`,
  };
}
