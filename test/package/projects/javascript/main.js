import { Worker } from 'node:worker_threads';
import { setGlobalTracer, Tracer, traceFunction } from 'tracelane';

const tracer = new Tracer(process.argv[2]).start();
setGlobalTracer(tracer);

const add = traceFunction({ args: (a, b) => ({ a, b }) })(function add(a, b) {
  return a + b;
});
tracer.trace('main', () => add(1, 2));

const worker = new Worker(new URL('worker.js', import.meta.url));
await new Promise((resolve, reject) => worker.on('error', reject).on('exit', resolve));
const { events } = await tracer.stop();
console.log(`${events} events`);
