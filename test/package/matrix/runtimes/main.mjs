import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { getGlobalTracer, setGlobalTracer, Tracer } from 'tracelane';

const [, script, end, file] = process.argv;

if (end === 'child') getGlobalTracer().trace('in the child', () => {});
else await main();

async function main() {
  const tracer = new Tracer(file).start();
  setGlobalTracer(tracer);
  for (let i = 0; i < 100; i++) tracer.span('flushed').end();
  const job = tracer.beginSpan('job');
  tracer.instant('sent');
  const worker = new Worker(new URL('worker.mjs', import.meta.url));
  worker.postMessage(job);
  await once(worker, 'exit');
  tracer.instant('done');
  await tracer.flush();
  const names = JSON.parse(readFileSync(file, 'utf8')).map(({ name }) => name);
  console.log(`${names.filter((name) => name === 'flushed').length} flushed`);
  if (end === 'child processes') {
    await once(fork(script, ['child']), 'exit');
    tracer.instant('child done');
    const { joined } = await tracer.stop();
    console.log(`${joined} joined`);
    return;
  }
  for (let i = 0; i < 100; i++) tracer.span('last').end();
  if (end === 'process.exit()') process.exit(3);
  if (end === 'an error that nobody catches') throw new Error('thrown on purpose');
  if (end === 'SIGTERM') {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => {}, 60_000);
  }
  if (end === 'stop()') await tracer.stop();
}
