import { parentPort } from 'node:worker_threads';
import { getGlobalTracer } from 'tracelane';

parentPort.once('message', (job) => {
  const tracer = getGlobalTracer();
  for (let i = 0; i < 500; i++) tracer.trace('work', () => {});
  tracer.endSpan(job);
});
