import cliProgress from 'cli-progress';
import type { Progress } from '../reader/source/source.js';
import { shorten } from './text.js';

/** There is no bar until reading has taken so long. */
const PATIENCE_MS = 1000;
const INTERVAL_MS = 100;

/** A progress bar on standard error, if that is a terminal and reading takes long. */
export class ReadingProgress {
  readonly #start = performance.now();
  #bar: cliProgress.SingleBar | undefined;
  #last = 0;

  readonly update = ({ read, size }: Progress, path = ''): void => {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#last < INTERVAL_MS) return;
    this.#last = now;
    if (now - this.#start < PATIENCE_MS) return;
    const file = shorten(path, 40);
    if (this.#bar === undefined) {
      const format = `{bar} {megabytes} MB${size === undefined ? '' : ', {percentage} %'} {file}`;
      this.#bar = new cliProgress.SingleBar({
        format,
        clearOnComplete: true,
        stream: process.stderr,
      });
      this.#bar.start(size ?? 0, read, { megabytes: 0, file });
    }
    this.#bar.setTotal(size ?? read);
    this.#bar.update(read, { megabytes: Math.round(read / 1e6).toLocaleString('en'), file });
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
