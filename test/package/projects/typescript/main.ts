import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  setGlobalTracer,
  Tracer,
  type TracerOptions,
  type TraceStats,
  traceAsyncFunction,
  traceFunction,
} from 'tracelane';

class Adder {
  readonly #step: number;

  constructor(step: number) {
    this.#step = step;
  }

  @traceFunction({ args: (a: number, b: number) => ({ a, b }) })
  add(a: number, b: number): number {
    return a + b * this.#step;
  }

  @traceAsyncFunction()
  async addLater(a: number): Promise<number> {
    await null;
    return this.add(a, 2);
  }
}

async function record(file: string | undefined, options: TracerOptions): Promise<TraceStats> {
  await using tracer = new Tracer(file, options).start();
  setGlobalTracer(tracer);
  {
    using span = tracer.span('main');
    await new Adder(1).addLater(1);
    span.end({ done: true });
  }
  const worker = new Worker(new URL('worker.js', import.meta.url));
  await once(worker, 'exit');
  return tracer.stop();
}

const { events } = await record(process.argv[2], { processName: 'adder' });
console.log(`${events} events`);
