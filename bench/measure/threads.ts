import { performance } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { getGlobalTracer, setGlobalTracer, Tracer } from 'tracelane';
import { report, withFile } from './output.js';

/** Producers at full speed: `threads.js PRODUCERS COUNT`, the count being that of all together. */
const [producers = '1', count = '1000000'] = process.argv.slice(2);

async function produce(): Promise<void> {
  const { signal, spans } = workerData as { signal: Int32Array; spans: number };
  const tracer = getGlobalTracer();
  for (let i = 0; i < 10_000; i++) tracer.span('warm').end();
  parentPort?.postMessage('ready');
  Atomics.wait(signal, 0, 0);
  for (let i = 0; i < spans; i++) tracer.span('span').end();
}

async function measure(file: string): Promise<void> {
  const tracer = new Tracer(file).start();
  setGlobalTracer(tracer);
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const spans = Math.round(Number(count) / Number(producers));
  const workers = Array.from({ length: Number(producers) }, () => {
    return new Worker(new URL(import.meta.url), { workerData: { signal, spans } });
  });
  const on = (event: string) =>
    Promise.all(workers.map((worker) => new Promise((resolve) => worker.once(event, resolve))));
  const ended = on('exit');
  await on('message');
  await tracer.flush();
  const before = tracer.stats().events;
  const start = performance.now();
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
  await ended;
  await tracer.flush();
  const wall = performance.now() - start;
  const { events, dropped, lost } = await tracer.stop();
  report({ 'spans/s': ((events - before) / wall) * 1000, lost: dropped + lost });
}

if (isMainThread) await withFile(measure);
else await produce();
