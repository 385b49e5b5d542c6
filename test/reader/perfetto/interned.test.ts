import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Marks } from '#src/reader/output/perfetto/marks.js';
import { Interned, InternedBytes } from '#src/reader/source/perfetto/interned.js';
import { Sequences } from '#src/reader/source/perfetto/sequences.js';

const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

describe('what packets name by numbers', () => {
  test('takes no room for writers that name nothing, however many there are', () => {
    const before = process.memoryUsage().arrayBuffers;
    const sequences = new Sequences();
    for (let id = 1; id <= 20_000; id++) sequences.of(id).clear();
    const bytes = process.memoryUsage().arrayBuffers - before;
    assert.ok(bytes < 20_000_000, `${bytes} bytes`);
    assert.ok(sequences.of(20_000).isKnown);
  });

  test('is found again, whatever the numbers and the lengths are', () => {
    const texts = new InternedBytes();
    const expected = new Map<number, string>();
    for (const clears of [false, true]) {
      if (clears) {
        texts.clear();
        for (const id of expected.keys()) assert.equal(texts.get(id), undefined);
        expected.clear();
      }
      for (let i = 0; i < 3000; i++) {
        const id = i % 7 === 0 ? 70_000 + i : (i * 31) % 1000;
        const text = `${i} ${'x'.repeat((i * 13) % 100)}`;
        const bytes = Buffer.from(`..${text}..`);
        texts.set(id, bytes, 2, bytes.length - 2);
        expected.set(id, text);
      }
      for (const [id, text] of expected) assert.equal(textOf(texts.get(id)), text);
    }
  });
});

describe('numbers of which few have come, or many, near and far,', () => {
  const numbers = fc.array(
    fc.oneof(fc.nat(100), fc.nat(5000), fc.integer({ min: 60_000, max: 70_000 }), fc.nat(2 ** 40)),
    { maxLength: 300 },
  );

  test('are known again by what they stand for', () => {
    fc.assert(
      fc.property(numbers, (ids) => {
        const [listed, bytes, right] = [new Interned<number>(), new InternedBytes(), new Map()];
        for (const [i, id] of ids.entries()) {
          const text = Buffer.from(`text ${i}`);
          listed.set(id, i);
          bytes.set(id, text, 0, text.length);
          right.set(id, i);
        }
        for (const id of [...ids, 7, 4000, 65_535, 65_536, 2 ** 41]) {
          assert.equal(listed.get(id), right.get(id));
          const text = bytes.get(id);
          assert.equal(
            text && Buffer.from(text).toString(),
            right.has(id) ? `text ${right.get(id)}` : undefined,
          );
        }
        for (const table of [listed, bytes]) table.clear();
        for (const id of ids)
          assert.deepEqual([listed.get(id), bytes.get(id)], [undefined, undefined]);
      }),
    );
  });

  test('take as much room as there are of them, for each of many threads', () => {
    const before = process.memoryUsage().arrayBuffers;
    const sequences = new Sequences();
    const all: Marks[] = [];
    for (let id = 1; id <= 20_000; id++) {
      const { names, categories, keys } = sequences.of(id);
      for (const table of [names, categories]) table.set(40_000 + id, id);
      keys.set(40_000 + id, Buffer.from('key'), 0, 3);
      const marks = new Marks();
      assert.ok(marks.isNew(40_000 + id));
      all.push(marks);
    }
    const bytes = process.memoryUsage().arrayBuffers - before;
    assert.ok(bytes < 50_000_000, `${bytes} bytes`);
    assert.equal(sequences.of(20_000).names.get(60_000), 20_000);
  });

  test('are new once', () => {
    fc.assert(
      fc.property(numbers, (ids) => {
        const [marks, seen] = [new Marks(), new Set<number>()];
        for (const id of ids) {
          assert.equal(marks.isNew(id), !seen.has(id));
          seen.add(id);
        }
      }),
    );
  });
});
