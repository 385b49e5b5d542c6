import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one process has measured, by the name of the measure. */
export type Measures = Record<string, number>;

/** What was measured so often that its spread can be told. */
export interface Samples {
  /** Nanoseconds of one call, on average over a pass. */
  readonly passes: number[];
  /** Each batch of calls ÷ the batch of the least work beside it. */
  readonly ratios: number[];
}

/** Tells the driver. */
export function report(measures: Readonly<Record<string, number | Samples>>): void {
  // The driver reads the last line: programs that are measured may print, too.
  process.stdout.write(`\n${JSON.stringify(measures)}\n`);
}

/** Nanoseconds that the calling thread has run: Linux tells. */
export function threadCpu(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);
  } catch {
    return Number.NaN;
  }
}

/** Runs with a name for a file that is gone afterwards. */
export async function withFile<T>(use: (file: string) => Promise<T>): Promise<T> {
  const file = join(tmpdir(), `tracelane-bench-${process.pid}.json`);
  try {
    return await use(file);
  } finally {
    rmSync(file, { force: true });
  }
}
