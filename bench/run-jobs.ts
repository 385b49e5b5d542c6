import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Job } from './cases.js';

/** All that was measured of one thing, round by round. */
export interface Series {
  readonly case: string;
  readonly subject: string;
  readonly measure: string;
  readonly values: number[];
}

/**
 * Runs each job in a process of its own, all of them in each round, in the other order in every
 * second one: what drifts while they run (heat, the neighbours) meets all alike.
 */
export async function runJobs(
  jobs: readonly Job[],
  rounds: number,
  progress: (done: number, job: Job) => void,
): Promise<Series[]> {
  const series = new Map<string, Series>();
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const job of round % 2 === 0 ? jobs : jobs.toReversed()) {
      progress(done++, job);
      for (const [measure, value] of Object.entries(await run(job))) {
        const key = `${job.case}\0${job.subject}\0${measure}`;
        const known = series.get(key);
        if (known !== undefined) known.values.push(value);
        else {
          series.set(key, { case: job.case, subject: job.subject, measure, values: [value] });
        }
      }
    }
  }
  return [...series.values()];
}

async function run({ program, args, timed }: Job): Promise<Record<string, number>> {
  const file = fileURLToPath(new URL(`measure/${program}.js`, import.meta.url));
  const cwd = mkdtempSync(join(tmpdir(), 'tracelane-bench-'));
  try {
    const start = performance.now();
    const child = spawn(process.execPath, [file, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    const [code] = await once(child, 'close');
    const took = performance.now() - start;
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${errors}`);
    const measures = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    return timed === true ? { 'process ms': took, ...measures } : measures;
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (
    ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
  );
}
