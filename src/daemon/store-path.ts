/** Where a daemon keeps what survives its restart. */
type Environment = Readonly<Record<string, string | undefined>>;

export const storeOfName = (name: string, environment: Environment): string =>
  `${storeDirectory(environment)}/${name}.store`;

/** systemd.exec(5), StateDirectory=: the first of its folders. */
export const storeDirectory = (environment: Environment): string =>
  environment['STATE_DIRECTORY']?.split(':')[0] || '/var/lib/mip6';
