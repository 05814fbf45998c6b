/** Ours: `mip6 send` asks one question at a time, and no more of them than these. */
export const MAX_COUNT = 10_000; // messages
export const MIN_INTERVAL = 10; // ms between two of them
export const MAX_INTERVAL = 3_600_000; // ms
export const DEFAULT_INTERVAL = 1000; // ms
export const MAX_TIMEOUT = 60_000; // ms
/** An answer may wait for a second of duplicate address detection, RFC 6275 §10.3.1. */
export const ANSWER_TIMEOUT = 2000; // ms
/** For messages that nobody answers, but that may be refused. */
export const ERROR_TIMEOUT = 500; // ms
