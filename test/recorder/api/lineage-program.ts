import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { setGlobalTracer, Tracer, traceAsyncFunction, traceFunction } from 'tracelane';

/**
 * Many requests at once, which wait in all ways there are; each writes into the names of what it records
 * to which request, and to which part of it, that belongs: `request 3 > part 1`.
 */

const REQUESTS = 150;
const [, , file = ''] = process.argv;
const tracer = new Tracer(file, { bufferSize: 1024 * 1024 }).start();
setGlobalTracer(tracer);

const ECHO =
  "const { parentPort } = require('node:worker_threads');" +
  "parentPort.on('message', (id) => parentPort.postMessage(id));";
const worker = new Worker(ECHO, { eval: true });
const answers = new Map<number, () => void>();
worker.on('message', (id: number) => answers.get(id)?.());
/** Answers come in the context of the thread's messages, and go on in that of who waits. */
function askWorker(id: number): Promise<void> {
  return new Promise((resolve) => {
    answers.set(id, resolve);
    worker.postMessage(id);
  });
}

let seed = 1;
const random = (below: number) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
  return (seed >>> 8) % below;
};
const ownContext = new AsyncLocalStorage<string>();
let questions = 0;

async function wait(): Promise<unknown> {
  switch (random(6)) {
    case 0:
      return setImmediate();
    case 1:
      return setTimeout(random(4));
    case 2:
      return new Promise((resolve) => process.nextTick(resolve, undefined));
    case 3:
      return ownContext.run('another', () => setTimeout(random(2)));
    case 4:
      return askWorker(++questions);
    default:
      return undefined;
  }
}

function record(path: string): void {
  const span = tracer.span(`${path} > span`);
  tracer.instant(`${path} > instant`);
  span.end();
  traceFunction({ name: `${path} > function` })(() => {})();
  tracer.endSpan(tracer.beginSpan(`${path} > loose`));
  tracer.asyncEnd(tracer.asyncBegin(`${path} > operation`));
  tracer.complete(`${path} > complete`, performance.now(), 0.001);
}

async function part(path: string, depth: number): Promise<void> {
  record(path);
  await wait();
  record(path);
  if (depth === 0) return;
  const inner = (name: string) => {
    const innerPath = `${path} > ${name}`;
    return random(2) === 0
      ? tracer.trace(innerPath, () => part(innerPath, depth - 1))
      : traceAsyncFunction({ name: innerPath })(() => part(innerPath, depth - 1))();
  };
  await inner('first');
  await Promise.all([inner('left'), inner('right')]);
  tracer.trace(`${path} > sync`, () => record(`${path} > sync`));
  record(path);
}

async function request(number: number): Promise<void> {
  const path = `request ${number}`;
  await tracer.trace(path, async () => {
    await part(path, 2);
    // It goes on when the request is over.
    globalThis.setTimeout(() => record(path), random(20));
    void tracer.trace(`${path} > late`, async () => {
      await setTimeout(random(20));
      record(`${path} > late`);
    });
  });
}

const all: Promise<void>[] = [];
for (let number = 1; number <= REQUESTS; number++) {
  all.push(request(number));
  if (number % 10 === 0) await wait();
}
record('outside');
await Promise.all(all);
await setTimeout(50);
record('outside');
await worker.terminate();
await tracer.stop();
