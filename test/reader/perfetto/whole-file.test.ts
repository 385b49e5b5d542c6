import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import zlib, { gzipSync } from 'node:zlib';
import { Tracer } from 'tracelane';
import { checkFile } from '#src/reader/check/check-file.js';
import { writePackets } from '../../perfetto/messages.js';
import { begin, end, event, HEAD, INSTANT, PROCESS, read, THREAD } from './make-packets.js';

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };

test('what the recorder has erased in its file is nothing that was not read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'erased-'));
  try {
    const tracer = new Tracer(join(folder, 'trace.pftrace'), { writer: 'inline' }).start();
    for (const name of ['a', 'b']) {
      const span = tracer.span(name);
      tracer.flushSync();
      span.end();
    }
    tracer.stopSync();
    const { unread, errors } = await checkFile(tracer.outputFile);
    assert.deepEqual([unread, errors], [{}, 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('a file in Perfetto’s format', () => {
  const packets = [
    ...HEAD,
    begin(1000, 'outer', { debugAnnotations: [{ name: 'n', intValue: 300 }] }),
    begin(2000, 'inner'),
    end(3000),
    event(3500, { type: INSTANT, name: 'now' }),
    end(4000),
  ];
  const whole = writePackets(packets);
  /** Of less than that nobody can say what it is. */
  const least = writePackets([PROCESS]).length;

  test('without track events has nothing wrong with it', async () => {
    const { trackDescriptor } = THREAD;
    const { events, counts } = await checkFile(
      Readable.from([writePackets([{ timestamp: 1, trustedPacketSequenceId: 1 }])]),
    );
    assert.deepEqual([events, counts], [0, new Map()]);
    const nameless = { trackDescriptor: { ...trackDescriptor, thread: { pid: 7, tid: 8 } } };
    const { errors } = await checkFile(Readable.from([writePackets([nameless])]));
    assert.equal(errors, 0);
  });

  test('is read alike in pieces of any size', async () => {
    const { events } = await read(whole);
    for (const size of [1, 2, 3, 7, 50]) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual((await read(pieces)).events, events, `pieces of ${size}`);
    }
  });

  test('that was cut off loses no more than the packet that was cut, and the damage is told', async () => {
    for (let length = least; length < whole.length; length++) {
      const ends = packets.map((_, i) => writePackets(packets.slice(0, i + 1)).length);
      const kept = ends.filter((end) => end <= length).length;
      const { events, problems } = await read(whole.subarray(0, length));
      const expected = await read(writePackets(packets.slice(0, kept)));
      assert.deepEqual(events, expected.events, `${length} bytes`);
      assert.equal(problems.length > 0, !ends.includes(length), `${length} bytes`);
    }
  });

  test('may be packed by gzip, and by zstd where Node knows it', async () => {
    const { events } = await read(whole);
    assert.deepEqual((await read(gzipSync(whole))).events, events);
    const packed = zstdCompressSync?.(whole) ?? Buffer.from('28b52ffd00', 'hex');
    if (zstdCompressSync !== undefined) {
      assert.deepEqual((await read(packed)).events, events);
    } else {
      await assert.rejects(read(packed), /packed by zstd.*Node 22\.15 or newer/);
    }
  });

  test('is told apart from JSON that begins with a line break', async () => {
    for (const text of [
      '\n[{"ph":"i","name":"x","ts":1}]',
      '\n{"traceEvents":[{"ph":"i","name":"x","ts":1}]}',
    ]) {
      const { events } = await read(Buffer.from(text));
      assert.deepEqual(events, [{ ph: 'i', name: 'x', ts: 1 }]);
    }
  });

  test('may begin with a packet of any kind', async () => {
    for (const first of [{ statsdAtom: Buffer.alloc(89, 'x') }, { unknown: 1 }]) {
      // The length of the first one is the bracket that JSON begins with, or a space.
      const bytes = 'unknown' in first ? Buffer.from('0a03c03e01', 'hex') : writePackets([first]);
      const { events } = await read(Buffer.concat([bytes, whole]));
      assert.deepEqual(events.length, (await read(whole)).events.length);
    }
  });

  test('of random bytes ends the reading without a crash', async () => {
    let seed = 1;
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return seed;
    };
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(whole);
      for (let j = 0; j < 3; j++)
        bytes[least + 1 + (random() % (bytes.length - least - 1))] = random() & 255;
      const { events } = await read(bytes);
      assert.ok(events.length <= packets.length + 2);
    }
  });
});
