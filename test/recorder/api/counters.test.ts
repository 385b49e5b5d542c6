import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tracer } from 'tracelane';
import { recordTrace } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';

async function values(body: (tracer: Tracer) => unknown) {
  const { events, text } = await recordTrace({ writer: 'inline' }, body);
  assert.deepEqual(checkTrace(text), []);
  return events.filter(({ ph }) => ph === 'C').map(({ name, args }) => [name, args]);
}

describe('a counter', () => {
  test('repeats the series that a value leaves out, on every thread and in each category', async () => {
    const shown = await values((tracer) => {
      tracer.counter('c', { a: 1, b: 2, c: 3 });
      tracer.counter('c', { b: 5 });
      tracer.counter('c', { c: 0, a: -1 });
      tracer.counter('other', { a: 9 });
    });
    assert.deepEqual(shown, [
      ['c', { a: 1, b: 2, c: 3 }],
      ['c', { a: 1, b: 5, c: 3 }],
      ['c', { a: -1, b: 5, c: 0 }],
      ['other', { a: 9 }],
    ]);
  });

  test('keeps series of any name', async () => {
    const names = ['x'.repeat(300), '', '__proto__', 'constructor', '"😀', '1'];
    const series = Object.fromEntries(names.map((name, i) => [name, i]));
    assert.deepEqual(await values((tracer) => tracer.counter('c', series)), [['c', series]]);
  });

  test('keeps hundreds of series', async () => {
    const series = Object.fromEntries(
      Array.from({ length: 900 }, (_, i) => [`series ${i}`, i / 8]),
    );
    assert.deepEqual(await values((tracer) => tracer.counter('c', series)), [['c', series]]);
  });

  test('keeps its values in a program that has used thousands of argument keys before', async () => {
    const shown = await values((tracer) => {
      for (let i = 0; i < 5000; i++) tracer.instant('x', 'c', { [`key ${i}`]: i });
      tracer.counter('late', 5);
      tracer.counter('later', { in: 1, out: 2 });
    });
    assert.deepEqual(shown, [
      ['late', { value: 5 }],
      ['later', { in: 1, out: 2 }],
    ]);
  });

  test('keeps numbers of any size', async () => {
    const numbers = [0, -1, 2 ** 31, -(2 ** 31) - 1, 1e21, 5e-324, Number.MAX_VALUE, 0.1];
    const shown = await values((tracer) => {
      for (const number of numbers) tracer.counter('c', number);
    });
    assert.deepEqual(
      shown,
      numbers.map((value) => ['c', { value }]),
    );
  });
});
