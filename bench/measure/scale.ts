import { devNull } from 'node:os';
import { performance } from 'node:perf_hooks';
import { Tracer } from 'tracelane';
import { report } from './output.js';

/**
 * What becomes of cost and memory when a trace gets long: `scale.js EVENTS`; 0 for an idle process.
 *
 * Into /dev/null: after some gigabytes it would be the machine's disk, or its memory, that is
 * measured. Plain writes into a file in memory fell from 2.6 to 0.4 GB/s after the first gigabyte.
 */
const events = Number(process.argv[2] ?? 0);
const BATCH = 10_000;

if (events === 0) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  report({ 'peak MiB': process.resourceUsage().maxRSS / 1024 });
} else {
  const tracer = new Tracer(devNull).start();
  await tracer.flush();
  const start = performance.now();
  for (let done = 0; done < events; done += BATCH) {
    for (let i = 0; i < BATCH; i++) tracer.span('span').end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await tracer.flush();
  const wall = performance.now() - start;
  const { dropped, lost } = await tracer.stop();
  report({
    'ns an event': (wall * 1e6) / events,
    'peak MiB': process.resourceUsage().maxRSS / 1024,
    lost: dropped + lost,
  });
}
