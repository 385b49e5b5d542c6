import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Job } from './cases.js';
import type { Samples } from './measure/output.js';
import { type Spread, spread } from './statistics.js';

/** All that was measured of one thing. */
export interface Series {
  readonly case: string;
  readonly subject: string;
  readonly measure: string;
  /** One for each round: of a call, that of the round's best pass. */
  readonly values: readonly number[];
  /** Of a call only, and of all rounds together. */
  readonly samples?: { readonly [sort in keyof Samples]: Spread };
}

/** What a process reports. JSON knows no NaN: null is what cannot be measured on this system. */
type Measured = Record<string, number | Samples | null>;

/** A series while it grows. */
interface Growing extends Series {
  readonly values: number[];
  readonly all: Samples;
}

/** Of samples, p10 and p90 are the ends of the spread. */
const LEFT_OUT = 0.1;

/**
 * Runs each job in a process of its own, all of them in each round, in the other order in every
 * second one: what drifts while they run (heat, the neighbours) meets all alike.
 */
export async function runJobs(
  jobs: readonly Job[],
  rounds: number,
  progress: (done: number, job: Job) => void,
): Promise<Series[]> {
  const series = new Map<string, Growing>();
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const job of round % 2 === 0 ? jobs : jobs.toReversed()) {
      progress(done++, job);
      for (const [measure, value] of Object.entries(await run(job))) {
        if (value === null) continue;
        const key = `${job.case}\0${job.subject}\0${measure}`;
        let one = series.get(key);
        if (one === undefined) {
          const { case: name, subject } = job;
          one = { case: name, subject, measure, values: [], all: { passes: [], ratios: [] } };
          series.set(key, one);
        }
        add(one, value);
      }
    }
  }
  return [...series.values()].map(finish);
}

function add({ values, all }: Growing, value: number | Samples): void {
  if (typeof value === 'number') values.push(value);
  else {
    values.push(Math.min(...value.passes));
    all.passes.push(...value.passes);
    all.ratios.push(...value.ratios);
  }
}

function finish({ all, ...series }: Growing): Series {
  if (all.passes.length === 0) return series;
  const { passes, ratios } = all;
  return {
    ...series,
    samples: { passes: spread(passes, LEFT_OUT), ratios: spread(ratios, LEFT_OUT) },
  };
}

async function run({ program, args, timed }: Job): Promise<Measured> {
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
    const measures = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measured;
    return timed === true ? { 'process ms': took, ...measures } : measures;
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
