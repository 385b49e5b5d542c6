import {
  type AsyncId,
  type FlowId,
  getGlobalTracer,
  type Span,
  type SpanId,
  setGlobalTracer,
  TraceError,
  type TraceErrorCode,
  Tracer,
  type TracerHandle,
  type TracerOptions,
  type TraceStats,
} from 'tracelane';
import type { Holds, Same } from './check.js';

// Options, ids, results and disposal. The compiler is the test.

export const allOptions: Required<TracerOptions> = {
  enabled: true,
  flushInterval: 0,
  bufferSize: 2 ** 20,
  overflow: 'drop',
  writer: 'inline',
  clock: 'epoch',
  categories: '*,-verbose',
  format: 'perfetto',
  processName: 'app',
  handleSignals: false,
  childProcesses: false,
};

export function tracers(): Tracer[] {
  return [
    new Tracer(),
    new Tracer('trace.json'),
    new Tracer(new URL('file:///trace.json'), {}),
    new Tracer(undefined, { writer: 'thread', overflow: 'block', clock: 'relative' }),
    new Tracer('trace.json', allOptions).start(),
    Tracer.connect(new Tracer().handle()),
    getGlobalTracer(),
    // @ts-expect-error: a number is no file.
    new Tracer(5),
    // @ts-expect-error: there is no such option.
    new Tracer('trace.json', { buffer: 5 }),
    // @ts-expect-error: milliseconds are a number.
    new Tracer('trace.json', { flushInterval: '100ms' }),
    // @ts-expect-error: it blocks or drops.
    new Tracer('trace.json', { overflow: 'wait' }),
    // @ts-expect-error: a list is one string.
    new Tracer('trace.json', { categories: ['db'] }),
    // @ts-expect-error: not what handle() gives.
    Tracer.connect({ memory: new SharedArrayBuffer(8) }),
  ];
}

export function disposal(tracer: Tracer): void {
  using started = new Tracer().start();
  using span = started.span('block');
  span.end({ result: 1 });
  // @ts-expect-error: a number needs no disposal.
  using id = tracer.beginSpan('block');
  tracer.endSpan(id);
}

export async function asyncDisposal(): Promise<void> {
  await using tracer = new Tracer().start();
  await using span = tracer.span('also what is disposed at once');
  span.end();
  const disposables: [Disposable, AsyncDisposable, Disposable] = [tracer, tracer, span];
  using stack = new DisposableStack();
  for (const disposable of disposables) if (Symbol.dispose in disposable) stack.use(disposable);
}

export const results = (tracer: Tracer) => ({
  sync: tracer.trace('a', () => 5),
  async: tracer.trace('a', async () => 'text'),
  generic: tracer.trace('a', (span) => [span.id], 'db', { rows: 1 }),
  span: tracer.span('a'),
  stop: tracer.stop(),
  stopSync: tracer.stopSync(),
  flush: tracer.flush(),
  begun: tracer.beginSpan('a'),
  operation: tracer.asyncBegin('a'),
  flow: tracer.flowStart('a'),
  started: tracer.start(),
});
type Results = ReturnType<typeof results>;

export type Types = [
  Holds<Same<Results['sync'], number>>,
  Holds<Same<Results['async'], Promise<string>>>,
  Holds<Same<Results['generic'], SpanId[]>>,
  Holds<Same<Results['span'], Span>>,
  Holds<Same<Results['stop'], Promise<TraceStats>>>,
  Holds<Same<Results['stopSync'], TraceStats>>,
  Holds<Same<Results['flush'], Promise<void>>>,
  Holds<Same<Results['begun'], SpanId>>,
  Holds<Same<Results['operation'], AsyncId>>,
  Holds<Same<Results['flow'], FlowId>>,
  Holds<Same<Results['started'], Tracer>>,
  Holds<Same<Tracer['enabled'], boolean>>,
];

export function ids(tracer: Tracer): void {
  const begun = tracer.beginSpan('a', 'db', { rows: 1 });
  tracer.endSpan(begun, { rows: 2 });
  tracer.endSpan(tracer.span('a').id);
  // Sent to another thread, an id arrives as a number.
  const sent: number = begun;
  tracer.endSpan(sent);
  const own = tracer.asyncBegin('a', 'request-1', 'db');
  tracer.asyncInstant(own, 'half way');
  tracer.asyncEnd(own);
  tracer.asyncEnd('request-1');
  tracer.asyncEnd(7, {});
  const flow = tracer.flowStart('a', 7);
  tracer.flowStep(flow);
  tracer.flowEnd('0x7');

  // @ts-expect-error: an async operation is no span.
  tracer.endSpan(own);
  // @ts-expect-error: a span is no async operation.
  tracer.asyncEnd(begun);
  // @ts-expect-error: a flow is no async operation.
  tracer.asyncInstant(flow, 'half way');
  // @ts-expect-error: an async operation is no flow.
  tracer.flowEnd(own);
  // @ts-expect-error: a span's id is a number.
  tracer.endSpan('request-1');
}

export function calls(tracer: Tracer): void {
  tracer.instant('a', 'db', { rows: 1 }, 'global');
  tracer.counter('heap', 5);
  tracer.counter('heap', { used: 1, free: 2 }, 'memory');
  tracer.complete('a', 1, 2, undefined, { any: [Symbol('value'), 5n, new Date()] });
  setGlobalTracer(undefined);

  // @ts-expect-error: it is drawn over a thread, a process or everything.
  tracer.instant('a', 'db', {}, 'page');
  // @ts-expect-error: counters count numbers.
  tracer.counter('heap', { used: '5' });
  // @ts-expect-error: arguments have names.
  tracer.span('a', 'db', 5);
  // @ts-expect-error: a span has a name.
  tracer.span();
  // @ts-expect-error: what is measured is a function.
  tracer.trace('a', 5);
  // @ts-expect-error: the numbers are there to be read.
  tracer.stats().events = 5;
  // @ts-expect-error: as is the path.
  tracer.outputFile = 'other.json';
  // @ts-expect-error: spans are made by tracers.
  setGlobalTracer({});
}

export function errors(error: unknown): TraceErrorCode | undefined {
  if (!(error instanceof TraceError)) return undefined;
  // @ts-expect-error: there is no such code.
  if (error.code === 'TRACELANE_OTHER') return undefined;
  return error.code;
}

export function clone(handle: TracerHandle): TracerHandle {
  return structuredClone(handle);
}
