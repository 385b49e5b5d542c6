const { join } = require('node:path');
const { Worker } = require('node:worker_threads');
const { setGlobalTracer, Tracer, traceFunction } = require('tracelane');

const tracer = new Tracer(process.argv[2]).start();
setGlobalTracer(tracer);

const add = traceFunction({ args: (a, b) => ({ a, b }) })(function add(a, b) {
  return a + b;
});
tracer.trace('main', () => add(1, 2));

const worker = new Worker(join(__dirname, 'worker.cjs'));
worker.on('exit', async () => {
  const { events } = await tracer.stop();
  console.log(`${events} events`);
});
