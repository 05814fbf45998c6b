/** What was to go is not there: it went with its interface or its source address, or somebody took it. */
import { LinuxError } from '../error.js';

export const errnoIs = (error: unknown, ...errnos: readonly string[]): boolean =>
  error instanceof LinuxError && error.errno !== undefined && errnos.includes(error.errno);

/** Throws what is not about absence. */
export function forgiveAbsence(error: unknown): void {
  if (!errnoIs(error, ...ABSENT)) throw error;
}

const ABSENT = ['ESRCH', 'ENOENT', 'ENODEV', 'ENXIO', 'EADDRNOTAVAIL'] as const;
