import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Tracer } from 'tracelane';
import { median } from '../statistics.js';
import { type Measures, report, threadCpu } from './output.js';

/**
 * Spans, half of them with two arguments, at full speed into files of several kinds, in turns: `pack.js COUNT
 * TURNS KIND…`. What slows the machine down meets all alike.
 */
const [count = '1000000', turns = '5', ...kinds] = process.argv.slice(2);
/** After so many the program lets others run, as programs do. */
const BATCH = 5000;
/** What the buffer takes without waiting for the writer. */
const SPANS_IN_BUFFER = 100_000;

async function record(tracer: Tracer, spans: number): Promise<void> {
  for (let done = 0; done < spans; done += BATCH) {
    for (let i = 0; i < BATCH; i += 2) {
      tracer.span('span').end();
      tracer.span('span', 'default', { i, name: 'hello' }).end();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function measure(kind: string, spans: number): Promise<Measures> {
  const file = join(tmpdir(), `tracelane-bench-${process.pid}.${kind}`);
  const tracer = new Tracer(file).start();
  try {
    await record(tracer, BATCH);
    await tracer.flush();
    const before = threadCpu();
    await record(tracer, SPANS_IN_BUFFER);
    const appThread = (threadCpu() - before) / SPANS_IN_BUFFER;
    await tracer.flush();
    const sizeBefore = statSync(file).size;
    const allBefore = process.cpuUsage();
    const ownBefore = threadCpu();
    const start = performance.now();
    await record(tracer, spans);
    await tracer.flush();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(allBefore);
    const own = threadCpu() - ownBefore;
    const bytes = (statSync(file).size - sizeBefore) / spans;
    const { dropped, lost } = await tracer.stop();
    return {
      'M spans/s': spans / seconds / 1e6,
      'CPU ns, app thread': appThread,
      'CPU ns, writer': ((user + system) * 1000 - own) / spans,
      bytes,
      'dropped or lost': dropped + lost,
    };
  } finally {
    tracer.stopSync();
    rmSync(file, { force: true });
  }
}

const taken = new Map(kinds.map((kind) => [kind, [] as Measures[]]));
for (let turn = 0; turn <= Number(turns); turn++) {
  for (const [kind, all] of taken) {
    const measures = await measure(kind, turn === 0 ? SPANS_IN_BUFFER : Number(count));
    // In the first turn all is compiled and grown to size.
    if (turn > 0) all.push(measures);
  }
}
const measures: Measures = {};
for (const [kind, all] of taken) {
  for (const name of Object.keys(all[0] ?? {})) {
    measures[`${kind}: ${name}`] = median(all.map((one) => one[name] ?? Number.NaN));
  }
}
report(measures);
