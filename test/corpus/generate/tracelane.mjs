// tracelane's own traces, of the library as it is built: node test/corpus/generate/tracelane.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getGlobalTracer, setGlobalTracer, Tracer } from 'tracelane';

const real = new URL('../real/', import.meta.url);

if (process.argv[2] === 'child') {
  getGlobalTracer().trace('in a child', () => {});
} else {
  const path = fileURLToPath(new URL('tracelane.json', real));
  const tracer = new Tracer(path, { processName: 'corpus' }).start();
  tracer.trace('outer', () => {
    const flow = tracer.flowStart('flow');
    tracer.span('inner', 'c', { text: 'ä 😀', n: 1.5, ok: true, none: null, deep: [1] }).end();
    tracer.span('second').end();
    tracer.flowEnd(flow);
  });
  const [first, second] = [tracer.beginSpan('overlaps'), tracer.beginSpan('is overlapped')];
  tracer.endSpan(first);
  tracer.endSpan(second);
  await tracer.trace('operation', async () => {
    tracer.asyncInstant(tracer.asyncBegin('part', 'own id'), 'instant');
    tracer.asyncEnd('own id');
  });
  tracer.instant('instant', 'c', {}, 'global');
  tracer.counter('counter', { a: 1, b: 2 });
  tracer.span('never ended');
  await tracer.stop();
  // As `kill -9` in the middle of a write leaves it.
  const whole = readFileSync(path);
  const cut = new URL('tracelane-cut.json', real);
  writeFileSync(cut, whole.subarray(0, whole.indexOf('"is overlapped"') + 10));

  const joined = fileURLToPath(new URL('tracelane-joined.json', real));
  const root = new Tracer(joined).start();
  setGlobalTracer(root);
  root.trace('spawn', () => {
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'child']);
  });
  await root.stop();
  if (!existsSync(joined)) throw new Error('no joined trace');
}
