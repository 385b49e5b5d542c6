import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InternedBytes } from '#src/reader/source/perfetto/interned.js';
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
