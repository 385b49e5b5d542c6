import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { recordTrace } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';

/** What a viewer gets to see of arguments. */
async function shown(args: object): Promise<Record<string, unknown>> {
  const { events, text } = await recordTrace({}, (tracer) =>
    tracer.instant('x', 'c', args as never),
  );
  assert.deepEqual(checkTrace(text), []);
  return events.find(({ name }) => name === 'x')?.args ?? {};
}

class Point {
  x = 1;
  #hidden = 2;
  get sum() {
    return this.x + this.#hidden;
  }
}

describe('arguments', () => {
  test('that are flat stay what they are', async () => {
    const args = {
      int: 1,
      negative: -5,
      big: 2 ** 40,
      float: 0.1,
      tiny: 5e-324,
      yes: true,
      no: false,
      nil: null,
    };
    assert.deepEqual(await shown(args), args);
    assert.deepEqual(await shown({ zero: -0, missing: undefined }), { zero: 0 });
    assert.deepEqual(await shown({}), {});
  });

  test('that are text keep every character that is one', async () => {
    const args = {
      quotes: '"\\/',
      control: '\u0000\u001f\b\t\n\f\r\u007f',
      emoji: '😀 \u2028 ü',
      long: 'x'.repeat(600),
      'key "with" 😀': 'y',
    };
    assert.deepEqual(await shown(args), args);
    assert.deepEqual(await shown({ lone: 'a\ud800b', '\udfff': 1 }), {
      lone: 'a\ufffdb',
      '\ufffd': 1,
    });
  });

  test('that are as many and as long as the fast way takes, or one more, are whole in every place of a chunk', async () => {
    const argsOf = (keys: number, i: number) =>
      Object.fromEntries(
        Array.from({ length: keys }, (_, k) => [`key ${k}`, `${i}`.padEnd(64, 'x')]),
      );
    const { events } = await recordTrace({}, (tracer) => {
      // Bare instants between them move the records on, by 16 bytes at a time, to every place.
      for (let i = 0; i < 600; i++) {
        tracer.instant('full', 'c', argsOf(15 + (i % 3), i));
        for (let bare = 0; bare < i % 7; bare++) tracer.instant('bare', 'c');
      }
    });
    const full = events.filter(({ name }) => name === 'full');
    assert.equal(full.length, 600);
    for (const [i, { args }] of full.entries()) assert.deepEqual(args, argsOf(15 + (i % 3), i));
    assert.equal(events.filter(({ name }) => name === 'bare').length, 1795);
  });

  test('of calls that take turns keep their keys, also where some have no value', async () => {
    const shapes = [
      { method: 'GET', path: '/' },
      { status: 200, method: 'GET', size: undefined, path: '/' },
      { missing: undefined },
      { path: '/', '': 1 },
      { method: undefined, status: 1.5, path: null },
      Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`${i % 2 ? 'path' : 'status'} ${i}`, i]),
      ),
    ];
    const { events } = await recordTrace({}, (tracer) => {
      for (let i = 0; i < 60; i++) {
        tracer.instant('x', 'c', { ...shapes[i % shapes.length], i } as never);
        tracer.endSpan(tracer.beginSpan('y', 'c', shapes[(i * 5) % shapes.length] as never), { i });
      }
    });
    const argsOf = (name: string) =>
      events.filter((one) => one.name === name).map(({ args }) => args);
    const without = (args: object) => JSON.parse(JSON.stringify(args));
    const at = (i: number) => shapes[i % shapes.length] as object;
    const each = Array.from({ length: 60 }, (_, i) => i);
    assert.deepEqual(
      argsOf('x'),
      each.map((i) => without({ ...at(i), i })),
    );
    assert.deepEqual(
      argsOf('y'),
      each.map((i) => without({ ...at(i * 5), i })),
    );
  });

  test('that JSON cannot say become something readable', async () => {
    const cycle: Record<string, unknown> = { name: 'cycle' };
    cycle['self'] = cycle;
    const { error, ...rest } = await shown({
      nan: Number.NaN,
      infinite: -Infinity,
      bigint: 12345678901234567890n,
      symbol: Symbol('s'),
      fn: shown,
      date: new Date(0),
      invalid: new Date(Number.NaN),
      map: new Map([['k', 1]]),
      pairs: new Map([[1, 2]]),
      set: new Set([1, 'a']),
      regexp: /x/g,
      bytes: Uint8Array.of(1, 2),
      point: new Point(),
      cycle,
      url: new URL('http://localhost/'),
      boxed: Object(5),
      array: [undefined, () => {}, Number.NaN],
      error: new TypeError('no', { cause: 'why' }),
    });
    assert.deepEqual(rest, {
      nan: 'NaN',
      infinite: '-Infinity',
      bigint: '12345678901234567890',
      symbol: 'Symbol(s)',
      fn: '[Function: shown]',
      date: '1970-01-01T00:00:00.000Z',
      invalid: 'Invalid Date',
      map: { k: 1 },
      pairs: [[1, 2]],
      set: [1, 'a'],
      regexp: '/x/g',
      bytes: [1, 2],
      point: { x: 1 },
      cycle: { name: 'cycle', self: '[Circular]' },
      url: 'http://localhost/',
      boxed: 5,
      array: [null, '[Function: anonymous]', 'NaN'],
    });
    const { name, message, cause } = error as Record<string, unknown>;
    assert.deepEqual([name, message, cause], ['TypeError', 'no', 'why']);
  });

  test('that throw when they are read cost no more than the part that throws', async () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const args = {
      kept: 1,
      get thrower() {
        throw new RangeError('no reading');
      },
      json: {
        toJSON() {
          throw new Error('no json');
        },
      },
      revoked: revoked.proxy,
    };
    const result = await shown(args);
    assert.equal(result['kept'], 1);
    assert.equal(result['thrower'], '[threw RangeError: no reading]');
    assert.equal(result['json'], '[threw Error: no json]');
    assert.match(String(result['revoked']), /threw TypeError/);
    const hostile = new Proxy({}, { ownKeys: () => assert.fail('no keys') });
    assert.match(String((await shown(hostile))['error']), /threw AssertionError/);
  });

  test('that are huge are kept: long text, many keys, and depth up to a limit', async () => {
    const text = 'ü'.repeat(2_500_000);
    assert.deepEqual(await shown({ text, after: 1 }), { text, after: 1 });
    const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i]));
    assert.deepEqual(await shown(keys), keys);
    let deep: object = { bottom: true };
    for (let i = 0; i < 10_000; i++) deep = { deep };
    assert.match(JSON.stringify(await shown({ deep })), /too deep/);
  });

  test('may record events themselves while they are read', async () => {
    const { events, text } = await recordTrace({}, (tracer) => {
      tracer.instant('outer', 'c', {
        before: 1,
        get inner() {
          tracer.instant('inner', 'd', { value: 2, text: 'inner' });
          return 3;
        },
        after: 'outer',
      });
    });
    assert.deepEqual(checkTrace(text), []);
    const args = (name: string) => events.find((event) => event.name === name)?.args;
    assert.deepEqual(args('outer'), { before: 1, inner: 3, after: 'outer' });
    assert.deepEqual(args('inner'), { value: 2, text: 'inner' });
  });

  test('of every JSON value come back as they went in, whatever their keys', async () => {
    const flat = fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const value = fc.oneof(
      flat,
      fc.string({ unit: 'grapheme' }),
      fc.jsonValue({ stringUnit: 'grapheme' }),
    );
    const args = fc.dictionary(fc.string({ unit: 'grapheme' }), value, {
      maxKeys: 6,
      noNullPrototype: true,
    });
    const samples = fc.sample(args, 2000);
    const { events, text } = await recordTrace({}, (tracer) => {
      for (const sample of samples) tracer.instant('sample', 'c', sample);
    });
    assert.deepEqual(checkTrace(text), []);
    const recorded = events.filter(({ name }) => name === 'sample').map((event) => event.args);
    assert.equal(recorded.length, samples.length);
    for (const [i, sample] of samples.entries()) {
      // JSON knows no negative zero.
      assert.deepEqual(recorded[i], JSON.parse(JSON.stringify(sample)));
    }
  });

  test('of any kind at all leave a file that is valid, and throw nothing', async () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    });
    const samples = fc.sample(fc.tuple(fc.string({ unit: 'binary' }), anything, anything), 5000);
    const { events, text } = await recordTrace({}, (tracer) => {
      for (const [name, args, nested] of samples) {
        tracer.span(name, name, args as never).end({ nested });
      }
    });
    assert.equal(events.filter(({ ph }) => ph === 'X').length, samples.length);
    // Names that mean something to Chrome are findings of their own; no generated one is such.
    assert.deepEqual(checkTrace(text), []);
  });
});

describe('names', () => {
  test('beyond the bound of the table travel in their records, with memory flat', async () => {
    const count = 40_000;
    const { events } = await recordTrace({}, (tracer) => {
      for (let i = 0; i < count; i++) tracer.span(`name ${i}`, i % 2 ? 'odd' : 'even', { i }).end();
    });
    const slices = events.filter(({ ph }) => ph === 'X');
    assert.equal(slices.length, count);
    for (const { name, cat, args } of slices) {
      assert.equal(name, `name ${args['i']}`);
      assert.equal(cat, Number(args['i']) % 2 ? 'odd' : 'even');
    }
  });

  test('that are endless are cut, in any alphabet', async () => {
    const { events, text } = await recordTrace({}, (tracer) => {
      for (const letter of ['x', 'ü', '界', '😀'])
        tracer.instant(letter.repeat(100_000), letter.repeat(5000));
    });
    assert.deepEqual(checkTrace(text), []);
    const lengths = events
      .filter(({ ph }) => ph === 'i')
      .map(({ name, cat }) => [name.length, cat.length]);
    assert.deepEqual(lengths, Array(4).fill([2048, 2048]));
  });
});
