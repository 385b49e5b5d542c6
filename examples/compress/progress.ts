import cliProgress from 'cli-progress';

export interface Progress {
  step(): void;
  stop(): void;
}

/** A bar in a terminal, plain lines elsewhere: a log file is no place for one. */
export function showProgress(total: number): Progress {
  return process.stderr.isTTY ? showBar(total) : showLines(total);
}

function showBar(total: number): Progress {
  const bar = new cliProgress.SingleBar({
    format: 'Compressing {bar} {percentage} % of {total} files',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    // Ctrl-C is dealt with in compress.ts.
    gracefulExit: false,
  });
  bar.start(total, 0);
  return { step: () => bar.increment(), stop: () => bar.stop() };
}

function showLines(total: number): Progress {
  const tenth = Math.ceil(total / 10);
  let done = 0;
  const step = (): void => {
    done++;
    if (done % tenth === 0) console.error(`${done} of ${total} files`);
  };
  return { step, stop: () => {} };
}
