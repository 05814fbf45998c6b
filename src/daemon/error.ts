export type DaemonErrorCode =
  | 'CONFIG' // the configuration cannot be read or honoured
  | 'NO_CAPABILITY' // CAP_NET_ADMIN or CAP_NET_RAW is missing
  | 'PORT_IN_USE' // another program has the UDP port
  | 'LOG_FILE'; // DebugLogFile cannot be written

/** Why the daemon does not start. One or two sentences, with the way out. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly code: DaemonErrorCode;

  constructor(code: DaemonErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
