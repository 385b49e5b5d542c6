import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFormat } from '#src/recorder/format/formats.js';
import { packetFraming } from '#src/recorder/format/perfetto/packets.js';
import { FileSink } from '#src/recorder/writer/file-sink.js';
import { MemoryDisk } from '../recorder/writer/memory-disk.js';
import { readPackets } from './messages.js';
import { viewTrace } from './view.js';

const thread = { pid: 1, tid: 1 };

/** A few events of all lengths. */
function events(): Buffer {
  const start = {
    ...({ recorder: 'tracelane', clock: 'relative', wallMicroseconds: 0 } as const),
    ...{ monotonicNanoseconds: '5', node: '', platform: '' },
  };
  const format = createFormat('perfetto', { pid: 1, run: 'x', firstId: 0, start });
  format.begin('test', start);
  for (const [i, length] of [1, 60, 80, 120, 130, 20_000].entries()) {
    const label = { thread, name: 'n'.repeat(length), category: 'c', encoded: undefined };
    format.complete(thread, label, 10 * i, 5, undefined, undefined);
  }
  return Buffer.from(format.bytes());
}

describe('packets', () => {
  const bytes = events();
  const ends = Array.from({ length: bytes.length + 1 }, (_, i) => i).filter(
    (i) => packetFraming.wholeEvents(bytes, i) === i,
  );

  test('of any length are made blank without a change to those around them', () => {
    for (const [i, end] of ends.slice(1).entries()) {
      const copy = Buffer.from(bytes);
      const start = ends[i] as number;
      packetFraming.blank(copy.subarray(start, end));
      const packets = readPackets(copy);
      assert.deepEqual(
        packets.filter((_, at) => at !== i),
        readPackets(bytes).filter((_, at) => at !== i),
      );
      assert.deepEqual(packets[i], {});
      const { runs } = packetFraming.read(copy, true);
      const rest = Buffer.concat([...runs].map((run) => Buffer.from(run)));
      assert.deepEqual(rest, Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]));
    }
  });

  test('are taken out of a file piece by piece, up to the one that is cut', () => {
    for (const length of [0, 1, 2, 3, 100, bytes.length - 1, bytes.length]) {
      const { runs, done } = packetFraming.read(bytes.subarray(0, length), true);
      assert.equal(done, packetFraming.wholeEvents(bytes, length));
      assert.equal(
        [...runs].reduce((sum, run) => sum + run.length, 0),
        done,
      );
    }
    assert.throws(() => packetFraming.read(Buffer.from('[{"name":'), false), /no trace/);
  });

  test('are counted as the events that they tell of: a slice is one', () => {
    assert.equal(packetFraming.count(bytes), 6);
    for (const end of ends)
      assert.equal(packetFraming.endOfEvent(bytes, end), ends.find((e) => e > end) ?? bytes.length);
  });

  test('of which a disk has room for a part are there up to the last whole one', () => {
    for (let capacity = 0; capacity <= bytes.length; capacity += 7) {
      const disk = new MemoryDisk();
      disk.capacity = capacity;
      const { taken } = new FileSink(disk, 0, packetFraming).append(bytes);
      assert.equal(taken, packetFraming.wholeEvents(bytes, capacity));
      assert.deepEqual(disk.bytes, bytes.subarray(0, taken));
      assert.deepEqual(viewTrace(disk.bytes).problems, []);
    }
  });
});
