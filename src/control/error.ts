export type ControlErrorCode =
  | 'NO_DAEMON' // nobody listens there
  | 'DAEMON_OLDER' // it speaks a protocol before ours
  | 'TIMEOUT' // it listens and does not answer
  | 'DISCONNECTED' // it went away with our question
  | 'CANCELLED' // the caller does not want to know any more
  | 'NO_PERMISSION' // the socket's mode or the daemon says so
  | 'REFUSED' // understood, and the answer is no
  | 'BAD_REQUEST' // the daemon does not take such a question
  | 'ALREADY_RUNS' // another daemon owns the socket
  | 'SOCKET'; // the socket cannot be made

/** The control connection's own failures. `code` is API; the message is for people. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
