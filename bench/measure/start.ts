import { performance } from 'node:perf_hooks';
import { report, withFile } from './output.js';

/** What a program that does nothing takes: `start.js off|on`. The driver measures the process. */
await withFile(async (file) => {
  const began = performance.now();
  let busy = 0;
  if (process.argv[2] === 'on') {
    const { Tracer } = await import('tracelane');
    const tracer = new Tracer(file).start();
    const stopped = tracer.stop();
    // Up to here this thread was at work all the time, or waited for its own module.
    busy = performance.now() - began;
    await stopped;
  }
  report({ 'inside ms': performance.now() - began, 'main thread ms': busy });
});
