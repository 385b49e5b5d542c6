import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTrace } from './checker.js';
import { runCases } from './checker-cases.js';
import { complete, event, type Fields, sampleEvents, traceText } from './sample-trace.js';

function rulesIn(text: string): string[] {
  return checkTrace(text).map(({ rule }) => rule);
}

const work = complete('work', 1, 9);

test('the sample trace, with a span that never ended, has no finding', () => {
  assert.deepEqual(checkTrace(traceText(sampleEvents)), []);
});

test('findings come in the order of the events', () => {
  const text = traceText([event('e', 'a', 1, { id: 1 }), work, event('C', 'b', 2), work]);
  assert.deepEqual(
    checkTrace(text).map(({ line }) => line),
    [0, 2, 3],
  );
});

describe('fields', () => {
  const { cat: _cat, ...withoutCat } = work;
  const { args: _args, ...withoutArgs } = work;
  const { pid: _pid, ...withoutPid } = work;
  const { dur: _dur, ...withoutDur } = work;
  const pair = (ph: string) => [event(ph, 'a', 2, { id: 1 })];

  runCases([
    {
      rule: 'phase',
      says: 'a phase that no viewer knows is found',
      broken: [event('Z', 'a', 1)],
      at: 0,
      good: [event('I', 'a', 1, { s: 'g' })],
    },
    {
      rule: 'ignored-phase',
      says: 'a phase that Perfetto ignores is worth a warning',
      broken: pair('S'),
      at: 0,
      good: pair('b'),
    },
    {
      rule: 'ignored-field',
      says: 'a colour that Perfetto ignores is worth a warning',
      broken: [{ ...work, cname: 'good' }],
      at: 0,
      good: [work],
    },
    {
      rule: 'instant-scope',
      says: 'an instant needs a scope',
      broken: [event('i', 'a', 1)],
      at: 0,
      good: [event('i', 'a', 1, { s: 'p' })],
    },
    {
      rule: 'name',
      says: 'a name must be a string, though an empty one is',
      broken: [complete('', 1, 2, { name: 7 })],
      at: 0,
      good: [complete('', 1, 2)],
    },
    { rule: 'cat', says: 'each event needs a cat', broken: [withoutCat], at: 0, good: [work] },
    { rule: 'args', says: 'each event needs args', broken: [withoutArgs], at: 0, good: [work] },
    {
      rule: 'thread-id',
      says: 'each event needs a pid',
      broken: [withoutPid],
      at: 0,
      good: [work],
    },
    {
      rule: 'thread-id',
      says: 'a tid has 32 bits',
      broken: [{ ...work, tid: 2 ** 32 }],
      at: 0,
      good: [{ ...work, tid: 2 ** 32 - 1 }],
    },
    {
      rule: 'thread-zero',
      says: 'tid 0 stands for another thread in Perfetto, pid 0 is allowed',
      broken: [{ ...work, tid: 0 }],
      at: 0,
      good: [{ ...work, pid: 0 }],
    },
    {
      rule: 'time',
      says: 'NaN, written as null, is no duration',
      broken: [complete('a', 1, Number.NaN)],
      at: 0,
      good: [complete('a', 1, 0)],
    },
    { rule: 'time', says: 'X needs a dur', broken: [withoutDur], at: 0, good: [work] },
    {
      rule: 'time',
      says: 'time does not run below zero',
      broken: [event('B', 'a', -0.001)],
      at: 0,
      good: [event('B', 'a', 0)],
    },
    {
      rule: 'time',
      says: 'metadata alone may go without a time',
      broken: [{ ...event('C', 'a', 1, { args: { n: 1 } }), ts: undefined }],
      at: 0,
      good: [{ ...event('M', 'thread_name', 1, { args: { name: 'a' } }), ts: undefined }],
    },
    {
      rule: 'time-precision',
      says: 'times are whole nanoseconds',
      broken: [complete('a', 1, 0.0005)],
      at: 0,
      good: [complete('a', 8_640_000_000_000.003, 1.001), complete('b', 1.7e15 + 0.25, 0.001)],
    },
  ]);
});

describe('names', () => {
  const named = (name: string) => [complete(name, 1, 9)];
  runCases([
    {
      rule: 'reserved-name',
      says: 'a name that switches DevTools out of its generic mode is found',
      broken: named('TracingStartedInPage'),
      at: 0,
      good: named('tracingStartedInPage'),
    },
    {
      rule: 'name-breaks-viewer',
      says: 'a name that empties speedscope is worth a warning',
      broken: named('Profile'),
      at: 0,
      good: named('profile'),
    },
    {
      rule: 'name-breaks-viewer',
      says: 'a name that crashes DevTools is worth a warning',
      broken: named('TimerFire'),
      at: 0,
      good: named('Timer'),
    },
    {
      rule: 'name-breaks-viewer',
      says: 'a span by the name of metadata is worth a warning',
      broken: named('thread_name'),
      at: 0,
      good: [event('M', 'thread_name', 1, { args: { name: 'main' } })],
    },
  ]);
});

describe('metadata and counters', () => {
  const metadata = (name: string, args: Fields) => [event('M', name, 0, { args })];
  const counter = (args: Fields, more: Fields = {}) => event('C', 'heap', 1, { args, ...more });
  runCases([
    {
      rule: 'metadata-args',
      says: 'a process name is a string',
      broken: metadata('process_name', { name: 7 }),
      at: 0,
      good: metadata('process_name', { name: '7' }),
    },
    {
      rule: 'metadata-args',
      says: 'labels are a string, and other metadata is free',
      broken: metadata('process_labels', { labels: ['a'] }),
      at: 0,
      good: [...metadata('process_labels', { labels: 'a' }), ...metadata('wall_clock', {})],
    },
    {
      rule: 'metadata-args',
      says: 'a sort index is an integer',
      broken: metadata('thread_sort_index', { sort_index: 0.5 }),
      at: 0,
      good: metadata('thread_sort_index', { sort_index: -1 }),
    },
    {
      rule: 'counter-value',
      says: 'a counter counts in numbers',
      broken: [counter({ used: '1' })],
      at: 0,
      good: [counter({ used: -1.5 })],
    },
    { rule: 'counter-value', says: 'it has one', broken: [counter({})], at: 0, good: [work] },
    {
      rule: 'counter-keys',
      says: 'a counter keeps its keys, in any order; another process has a counter of its own',
      broken: [counter({ a: 1, b: 2 }), counter({ a: 1 })],
      at: 1,
      good: [counter({ a: 1, b: 2 }), counter({ b: 1, a: 2 }), counter({ c: 1 }, { pid: 11 })],
    },
  ]);
});

describe('container', () => {
  test('the file must start as Perfetto expects', () => {
    assert.deepEqual(rulesIn('[]'), ['container-start']);
    assert.deepEqual(rulesIn('[7]\n'), ['container-start', 'event-object']);
    assert.deepEqual(rulesIn(`[\n${JSON.stringify(work)}\n]\n`), []);
  });

  test('an object around the array is not what a recorder can keep valid', () => {
    const text = `{"traceEvents":[${JSON.stringify(work)}]}`;
    assert.deepEqual(rulesIn(text), ['array-form']);
  });

  test('the array must be closed, without a comma in front of its end', () => {
    assert.deepEqual(rulesIn(traceText([work]).slice(0, -2)), ['truncated']);
    assert.deepEqual(rulesIn(traceText([work]).replace(']', ',]')), ['trailing-comma']);
    assert.deepEqual(rulesIn(`${traceText([work])}]`), ['trailing-data']);
  });

  test('each event must have a line of its own', () => {
    const events = [work, event('B', 'next', 20)];
    assert.deepEqual(rulesIn(JSON.stringify(events)), ['event-per-line']);
    assert.deepEqual(rulesIn(JSON.stringify(events, null, 2)), ['event-per-line']);
    assert.deepEqual(rulesIn(traceText(events).replace(',\n', '\n,')), []);
  });

  test('a surrogate must not be escaped, not even as half of a pair', () => {
    const named = (name: string) => `[${JSON.stringify(work).replace('work', name)}]\n`;
    assert.deepEqual(rulesIn(named('\\uD83D\\uDE00')), ['surrogate-escape']);
    assert.deepEqual(rulesIn(named('\\\\\\ud83d')), ['surrogate-escape']);
    assert.deepEqual(rulesIn(named('\\\\ud83d')), []);
    assert.deepEqual(rulesIn(named('\u{1f600} \\uFFFD')), []);
  });

  test('a control character must be escaped', () => {
    const text = traceText([work, complete('tab\tand\u0001', 20, 1)]);
    assert.deepEqual(rulesIn(text), []);
    const raw = checkTrace(text.replace('\\u0001', '\u0001'));
    assert.deepEqual(
      raw.map(({ rule, line }) => [rule, line]),
      [['control-character', 1]],
    );
  });
});
