import { performance } from 'node:perf_hooks';
import { report, withFile } from './output.js';

/** What a program that does nothing takes: `start.js off|on`. The driver measures the process. */
await withFile(async (file) => {
  const before = performance.eventLoopUtilization();
  const start = performance.now();
  if (process.argv[2] === 'on') {
    const { Tracer } = await import('tracelane');
    await new Tracer(file).start().stop();
  }
  const wall = performance.now() - start;
  const { active } = performance.eventLoopUtilization(before);
  report({ 'inside ms': wall, 'main thread ms': active });
});
