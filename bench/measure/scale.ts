import { performance } from 'node:perf_hooks';
import { Tracer } from 'tracelane';
import { report, withFile } from './output.js';

/** What becomes of cost and memory when a trace gets long: `scale.js EVENTS`; 0 for an idle one. */
const events = Number(process.argv[2] ?? 0);
const BATCH = 10_000;

// In memory where that can be had: at 200 MB/s and more, for gigabytes, a disk would be measured.
await withFile(async (file) => {
  if (events === 0) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    report({ 'peak MiB': process.resourceUsage().maxRSS / 1024 });
    return;
  }
  const tracer = new Tracer(file).start();
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
}, '/dev/shm');
