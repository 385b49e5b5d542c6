import { rmSync } from 'node:fs';
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

/**
 * The least of each measure. What others do on the machine only ever adds to a time, and not to
 * all alike: beside a busy neighbour on the same core a span takes 1.4 times as long, and two
 * readings of the clock 1.06 times.
 */
export function best(passes: readonly Measures[]): Measures {
  const least: Measures = {};
  for (const pass of passes) {
    for (const [name, value] of Object.entries(pass)) {
      least[name] = Math.min(value, least[name] ?? value);
    }
  }
  return least;
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
