/** A command, where it runs and with what environment, as text for a shell inside the guest. */

/** `exec` is the last line: the shell becomes the command. Needs bash or a POSIX shell. */
export function commandScript(
  command: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): string {
  const variables = Object.entries({ ...USUAL, ...environment });
  return [
    ...variables.map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(cwd)} || exit 126`,
    `exec ${command.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

/** One word of a shell. */
export function quote(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const USUAL = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: 'dumb',
  LANG: 'C.UTF-8',
};
