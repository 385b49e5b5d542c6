import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import zlib, { gunzipSync } from 'node:zlib';
import { createPacking } from '#src/encoding/packing/packings.js';
import { convertTrace } from '#src/reader/convert/convert.js';
import { BlockFile } from '#src/reader/output/block-file.js';
import { temporaryFolder } from '../../cli/run-cli.js';
import { shownBy } from './timeline.js';

const file = temporaryFolder();
const events = Array.from({ length: 6000 }, (_, i) => ({
  ...{ name: `call ${i % 7}`, cat: 'c', ph: 'X', ts: i, dur: 0.5, pid: 1, tid: 1 },
  args: { text: `${i * 7919}` },
}));
const trace = file('trace.json', events);
const hasZstd = 'zstdCompressSync' in zlib;

/** Where the members of a gzip file begin. */
function membersOf(packed: Buffer): number {
  const unpacked = gunzipSync(packed);
  // Of several members, the last one only knows its own length.
  return packed.readUInt32LE(packed.length - 4) === unpacked.length ? 1 : 2;
}

describe('a packed output', () => {
  for (const name of ['out.json', 'out.pftrace']) {
    test(`is one member of gzip that holds what the plain one does: ${name}`, async () => {
      const plain = await convertTrace(trace, file(name));
      const packed = await convertTrace(trace, file(`${name}.gz`));
      const bytes = readFileSync(file(`${name}.gz`));
      assert.deepEqual(gunzipSync(bytes), readFileSync(file(name)));
      assert.equal(membersOf(bytes), 1);
      assert.equal(packed.bytes, bytes.length);
      assert.ok(packed.bytes < plain.bytes / 2);
      assert.deepEqual(await shownBy(file(`${name}.gz`)), await shownBy(trace));
    });

    test(`is read again if zstd has packed it: ${name}`, { skip: !hasZstd }, async () => {
      await convertTrace(trace, file(`${name}.zst`));
      assert.deepEqual(await shownBy(file(`${name}.zst`)), await shownBy(trace));
    });
  }

  test('is refused where Node has no zstd', { skip: hasZstd }, async () => {
    await assert.rejects(convertTrace(trace, file('out.json.zst')), {
      code: 'TRACELANE_CANNOT_WRITE',
      message:
        /this Node cannot pack by zstd\. Use Node 22\.15 or newer, or a name that ends in \.gz/,
    });
  });

  test('is whole with nothing in it', () => {
    const path = file('empty.json.gz');
    const empty = new BlockFile(path, createPacking('gzip', 'usual'));
    empty.end();
    empty.close();
    assert.equal(gunzipSync(readFileSync(path)).length, 0);
  });
});

test("events and what stands beside them stay as they are in Chrome's format", async () => {
  const text = '{"otherData":{"by":"me"},"traceEvents":[\n{"ph":"X", "odd":[1,  2], "ts":1e0}]}';
  await convertTrace(file('odd.json', text), file('again.json'));
  const again = readFileSync(file('again.json'), 'utf8');
  assert.ok(again.includes('{"ph":"X", "odd":[1,  2], "ts":1e0}'));
  assert.deepEqual(JSON.parse(again), JSON.parse(text));
});
