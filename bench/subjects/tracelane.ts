import { devNull } from 'node:os';
import { setGlobalTracer, Tracer, traceAsyncFunction, traceFunction } from 'tracelane';
import type { OpenSubject, Subject } from './subject.js';

export const open: OpenSubject = async (file) => {
  const tracer = new Tracer(file).start();
  await tracer.flush();
  return {
    ...spanLoops(tracer),
    otherCalls: (count) => otherCalls(tracer, count),
    drain: () => tracer.flush(),
    stop: async () => {
      await tracer.stop();
    },
  };
};

/** The same calls, whether the tracer records them or not. */
export function spanLoops(
  tracer: Tracer,
): Pick<Subject, 'spans' | 'spansWithArgs' | 'spansWithNestedArg'> {
  return {
    spans(count) {
      for (let i = 0; i < count; i++) tracer.span('span').end();
    },
    spansWithArgs(count) {
      for (let i = 0; i < count; i++) tracer.span('span', 'default', { i, name: 'hello' }).end();
    },
    spansWithNestedArg(count) {
      for (let i = 0; i < count; i++) tracer.span('span', 'default', { a: { i } }).end();
    },
  };
}

function otherCalls(tracer: Tracer, count: number): Record<string, () => unknown> {
  setGlobalTracer(tracer);
  const traced = traceFunction({ name: 'traced' })((x: number) => x + 1);
  const tracedAsync = traceAsyncFunction({ name: 'traced async' })(async (x: number) => x + 1);
  const disabled = new Tracer(devNull, { enabled: false });
  // Nothing that it is called with gets recorded: that it has no thread makes no difference.
  const filtering = new Tracer(devNull, { categories: '*,-off', writer: 'inline' }).start();
  const nest = (depth: number): void => {
    const span = tracer.span('nested');
    if (depth > 1) nest(depth - 1);
    span.end();
  };
  // Each with a loop of its own: one that is given a function would have to look up which.
  return {
    'span, nested 10 deep (each)': () => {
      for (let i = 0; i < count / 10; i++) nest(10);
    },
    instant: () => {
      for (let i = 0; i < count; i++) tracer.instant('instant');
    },
    counter: () => {
      for (let i = 0; i < count; i++) tracer.counter('counter', i);
    },
    'asyncBegin + asyncEnd': () => {
      for (let i = 0; i < count; i++) tracer.asyncEnd(tracer.asyncBegin('operation'));
    },
    'beginSpan + endSpan': () => {
      for (let i = 0; i < count; i++) tracer.endSpan(tracer.beginSpan('span'));
    },
    'flowStart + flowEnd': () => {
      for (let i = 0; i < count; i++) tracer.flowEnd(tracer.flowStart('flow'));
    },
    'trace(fn)': () => {
      for (let i = 0; i < count; i++) tracer.trace('trace', () => i);
    },
    'traceFunction wrapper': () => {
      for (let i = 0; i < count; i++) traced(i);
    },
    'traceAsyncFunction wrapper': async () => {
      for (let i = 0; i < count; i++) await tracedAsync(i);
    },
    'category filtered': () => {
      for (let i = 0; i < count; i++) filtering.span('span', 'off').end();
    },
    'disabled, beside one that records': () => {
      for (let i = 0; i < count; i++) disabled.span('span').end();
    },
  };
}
