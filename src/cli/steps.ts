/** Something that takes its time, step by step, told on standard error: a running count at a terminal, else a line a step. */
export type Steps = (sentence: string, done: boolean) => void;

/** `done` of the last step: nothing more follows. `ora` is loaded only at a terminal. */
export async function stepsOn(stream: NodeJS.WriteStream): Promise<Steps> {
  if (!stream.isTTY) return (sentence) => void stream.write(`${sentence}\n`);
  const { default: ora } = await import('ora');
  const spinner = ora({ stream, discardStdin: false });
  let timer: NodeJS.Timeout | undefined;
  return (sentence, done) => {
    clearInterval(timer);
    if (done) return void spinner.succeed(sentence);
    const begun = performance.now();
    const show = () => {
      spinner.text = `${sentence} … ${((performance.now() - begun) / 1000).toFixed(1)} s`;
    };
    show();
    spinner.start();
    timer = setInterval(show, TICK);
    timer.unref();
  };
}

const TICK = 100; // ms
