import { fork } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { isMainThread, threadId, Worker, workerData } from 'node:worker_threads';
import { getGlobalTracer, setGlobalTracer, Tracer, type TracerOptions } from 'tracelane';

/**
 * A process or a thread of the soak: it records numbered events, starts others like itself, and
 * does them harm. What must be in the files, it puts into a ledger: see `audit.ts`.
 */

/** What a process of the soak is told by its environment. */
export interface Orders {
  readonly seconds: number;
  readonly threads: number;
  readonly children: number;
  /** What happens to the process in the end. */
  readonly fate: Fate;
  /** Of the root: the trace and its options. */
  readonly trace?: { readonly file: string; readonly options: TracerOptions };
  readonly loseWriter?: boolean;
}
export type Fate = 'stop' | 'return' | 'exit' | 'throw' | 'SIGTERM' | 'SIGKILL';

/** A line of the ledger. */
export interface Entry {
  /** Who recorded: `pid/thread`. */
  readonly source: string;
  /** Events that must be there, numbered from 1; and that may be there, if that is known. */
  readonly atLeast: number;
  readonly atMost: number | null;
}

const LEDGER = process.env['SOAK_LEDGER'] ?? '';
const KINDS = 4;
/** Events between two breaks of a millisecond, so that the soak is long rather than large. */
const BURST = 50;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Records until the time is over; what was recorded is counted where others can see it. */
async function record(source: string, counts: Int32Array, seconds: number): Promise<void> {
  const tracer = getGlobalTracer();
  const end = performance.now() + seconds * 1000;
  for (let n = 1; performance.now() < end; n++) {
    const args = { source, n };
    const kind = n % KINDS;
    if (kind === 0) tracer.instant(`instant ${n % 100}`, 'soak', args);
    else if (kind === 1) tracer.span('span', 'soak', args).end();
    else if (kind === 2) tracer.asyncEnd(tracer.asyncBegin('operation', undefined, 'soak', args));
    else tracer.endSpan(tracer.beginSpan('loose', 'soak', { source, n, nested: { deep: [n] } }));
    Atomics.store(counts, 0, n);
    if (n % BURST === 0) await pause(1);
  }
}

function enter(...entries: Entry[]): void {
  appendFileSync(LEDGER, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

/** Threads that record; some are ended in the middle. */
function startThreads(
  orders: Orders,
): { source: string; counts: Int32Array; ended: Promise<void> }[] {
  return Array.from({ length: orders.threads }, () => {
    const counts = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { counts, seconds: orders.seconds * (0.3 + 0.7 * Math.random()) },
    });
    const source = `${process.pid}/${worker.threadId}`;
    if (Math.random() < 0.4) {
      setTimeout(() => void worker.terminate(), Math.random() * orders.seconds * 1000).unref();
    }
    return { source, counts, ended: once(worker, 'exit').then(() => {}) };
  });
}

function startChildren(orders: Orders): Promise<void>[] {
  const fates: Fate[] = ['return', 'exit', 'throw', 'SIGTERM', 'SIGKILL'];
  return Array.from({ length: orders.children }, async () => {
    const fate = fates[Math.floor(Math.random() * fates.length)] as Fate;
    const own: Orders = {
      seconds: orders.seconds * (0.2 + 0.6 * Math.random()),
      threads: Math.floor(Math.random() * 2),
      children: Math.random() < 0.3 ? 1 : 0,
      fate,
    };
    const env = { ...process.env, SOAK_ORDERS: JSON.stringify(own) };
    // What the fates print is no news.
    await once(fork(new URL(import.meta.url), { env, stdio: 'ignore' }), 'exit');
  });
}

async function runProcess(orders: Orders): Promise<void> {
  let writer: Worker | undefined;
  diagnostics.subscribe('worker_threads', (message) => {
    writer ??= (message as { worker: Worker }).worker;
  });
  if (orders.trace !== undefined) {
    setGlobalTracer(new Tracer(orders.trace.file, orders.trace.options).start());
  }
  const tracer = getGlobalTracer();
  const own = { source: `${process.pid}/0`, counts: new Int32Array(1) };
  const threads = startThreads(orders);
  const children = startChildren(orders);
  const sources = [own, ...threads];
  const seen = () =>
    sources.map(({ source, counts }) => ({
      source,
      atLeast: Atomics.load(counts, 0),
      atMost: null,
    }));
  const flushing = setInterval(async () => {
    const before = seen();
    await tracer.flush();
    enter(...before);
  }, 200);
  if (orders.loseWriter === true) {
    setTimeout(() => void writer?.terminate(), Math.random() * orders.seconds * 1000);
  }
  await record(own.source, own.counts, orders.seconds);
  await Promise.all([...threads.map(({ ended }) => ended), ...children]);
  clearInterval(flushing);
  // A thread that was ended may have recorded one more event than it could count.
  const final = seen().map((entry, i) => ({ ...entry, atMost: entry.atLeast + Math.min(i, 1) }));
  if (orders.fate === 'SIGKILL') process.kill(process.pid, 'SIGKILL');
  enter(...final);
  await meet(orders.fate, tracer);
}

async function meet(fate: Fate, tracer: Tracer): Promise<void> {
  if (fate === 'stop') process.stdout.write(JSON.stringify(await tracer.stop()));
  else if (fate === 'exit') process.exit(0);
  else if (fate === 'throw') throw new Error('the fate of this process');
  else if (fate === 'SIGTERM') {
    process.kill(process.pid, fate);
    await pause(60_000);
  }
}

if (isMainThread) await runProcess(JSON.parse(process.env['SOAK_ORDERS'] ?? '{}'));
else {
  const { counts, seconds } = workerData as { counts: Int32Array; seconds: number };
  await record(`${process.pid}/${threadId}`, counts, seconds);
}
