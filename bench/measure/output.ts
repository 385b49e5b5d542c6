import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one process has measured, by the name of the measure. */
export type Measures = Record<string, number>;

/** Tells the driver. */
export function report(measures: Measures): void {
  // The driver reads the last line: programs that are measured may print, too.
  process.stdout.write(`\n${JSON.stringify(measures)}\n`);
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
