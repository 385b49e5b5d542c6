// quick-start.ts
import { Tracer } from 'tracelane';

using tracer = new Tracer('trace.json').start();

tracer.trace('startup', () => {
  using _span = tracer.span('read config', 'fs', { path: 'config.json' });
  tracer.counter('heap used', process.memoryUsage().heapUsed);
});
tracer.instant('ready');
