import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFraming } from '#src/recorder/format/json-framing.js';
import { FileSink } from '#src/recorder/writer/file-sink.js';
import { MemoryDisk } from './memory-disk.js';

test('a file whose number went to another file after an idle flush is not written to', () => {
  const disk = new MemoryDisk('[{}\n]\n');
  const sink = new FileSink(disk, 3, jsonFraming);
  // A flush that has nothing to write.
  assert.equal(sink.wasCut(), false);
  disk.look = () => {
    throw new Error('CLOSED');
  };
  assert.equal(sink.wasCut(), false);
  const { taken, failure } = sink.append(Buffer.from(',\n{}'));
  assert.deepEqual([taken, (failure as Error).message], [0, 'CLOSED']);
  assert.deepEqual(disk.operations, []);
});
