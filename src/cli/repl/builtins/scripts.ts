/** `record FILE`, `stop` and `run FILE`. */
import { createReadStream } from 'node:fs';
import { expanded, type Builtin } from './builtin.js';

const RECORD = 'record FILE';
const RUN = 'run FILE';

export const record: Builtin = {
  usage: RECORD,
  summary: 'write the lines that follow to a new file, until "stop"',
  run(session, call) {
    const [file] = expanded(session, call, RECORD, 1, 1);
    session.recorder.start(file!);
    return { text: `Recording to ${file}; "stop" ends it.`, value: { file } };
  },
};

export const stop: Builtin = {
  usage: 'stop',
  summary: 'end what "record" began',
  run(session, call) {
    expanded(session, call, 'stop', 0, 0);
    const { file, lines } = session.recorder.stop();
    return {
      text: `${lines === 1 ? '1 line' : `${lines} lines`} in ${file}.`,
      value: { file, lines },
    };
  },
};

export const run: Builtin = {
  usage: RUN,
  summary: 'do what the lines of a file say; its exit code is that of the last that failed',
  async run(session, call) {
    const [file] = expanded(session, call, RUN, 1, 1);
    return { code: await session.runLines(createReadStream(file!), file!, call.running) };
  },
};
