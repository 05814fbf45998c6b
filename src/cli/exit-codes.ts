/** What the program's exit code says, and which error leads to which. */
export const EXIT = {
  done: 0,
  no: 1,
  usage: 2,
  noDaemon: 3,
  noPermission: 4,
} as const;

export const EXIT_CODES: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  no: 'the answer is no: a failed check, a refused binding',
  usage: 'wrong usage, or a configuration that cannot be honoured',
  noDaemon: 'no daemon that answers',
  noPermission: 'no permission or capability',
};

/** By error `code`; a code that no row names is a `UsageError`'s (2) or a plain no (1). */
export const EXIT_BY_CODE: Readonly<Record<string, keyof typeof EXIT>> = {
  NO_DAEMON: 'noDaemon',
  DAEMON_OLDER: 'noDaemon',
  TIMEOUT: 'noDaemon',
  DISCONNECTED: 'noDaemon',
  NO_PERMISSION: 'noPermission',
  NO_CAPABILITY: 'noPermission',
  PERMISSION: 'noPermission',
  NAMESPACE: 'noPermission',
  NATIVE_MISSING: 'noPermission',
  NATIVE_BROKEN: 'noPermission',
  EACCES: 'noPermission',
  EPERM: 'noPermission',
  BAD_REQUEST: 'usage',
  USAGE: 'usage',
  CONFIG: 'usage',
  REFUSED: 'no',
  ALREADY_RUNS: 'no',
  PORT_IN_USE: 'no',
};
