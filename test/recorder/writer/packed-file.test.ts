import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { constants, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createPacking } from '#src/encoding/packing/packings.js';
import { jsonFraming } from '#src/recorder/format/json-framing.js';
import { PackedFile } from '#src/recorder/writer/packed-file.js';
import { PackedStream } from '#src/recorder/writer/packed-stream.js';
import { subjectOf } from '#src/trace-event/provisional.js';
import { repetitions } from '../../effort.js';
import { after, MemoryDisk, type Operation } from './memory-disk.js';
import { anySteps, type Event, run, subjects } from './random-steps.js';

const PAGE_BYTES = 4096;
const gzip = createPacking('gzip', 'small');

const unpack = (file: Buffer) => gunzipSync(file).toString();

/** Each state in which a kill may leave the file: the system writes a page as a whole. */
function* killedIn(file: Buffer, operation: Operation): Generator<Buffer> {
  yield file;
  if ('length' in operation) return;
  const { at, bytes } = operation;
  for (let part = PAGE_BYTES - (at % PAGE_BYTES); part < bytes.length; part += PAGE_BYTES) {
    yield after(file, operation, part);
  }
}

/** An event of a list, as it stands in a file behind others. */
const event = (i: number, text = '') => `,\n{"name":"event ${i}","text":"${text}"}`;
const bytesOf = (...events: string[]) => Buffer.from(events.join(''));
/** Texts that have little in common. */
const noise = (length: number) =>
  Array.from({ length }, () => Math.floor(36 * Math.random()).toString(36)).join('');

function newFile(disk = new MemoryDisk()): { disk: MemoryDisk; sink: PackedFile } {
  const sink = new PackedFile(disk, { kept: 0 }, jsonFraming, gzip);
  sink.append(Buffer.from('[{"name":"begin"}'), []);
  return { disk, sink };
}

const names = (file: Buffer) =>
  (JSON.parse(unpack(file)) as { name: string }[]).map(({ name }) => name).slice(1);

describe('a packed file', () => {
  test('that a kill leaves at any moment unpacks to a whole trace, with all that a flush has shown', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { before, moments } = run(steps, false, gzip);
        let file = before;
        for (const { shown, operations } of moments) {
          const expected = subjects(shown);
          for (const operation of operations) {
            for (const left of killedIn(file, operation)) {
              const events: Event[] = JSON.parse(unpack(left));
              const found = new Set(events.map((one) => subjectOf(one)));
              for (const [subject, { name, ph }] of expected) {
                assert.ok(found.has(subject), `${ph} ${name}`);
              }
            }
            file = after(file, operation);
          }
          // One member and nothing else.
          assert.equal(file.readUInt32LE(file.length - 4), gunzipSync(file).length);
        }
      }),
      { numRuns: repetitions(60, { long: 2000 }), includeErrorInReport: true },
    );
  });

  test('that is cut off at any byte gives all events that stand before it', () => {
    const { disk, sink } = newFile();
    /** Where the packed events of each flush end, and their text. */
    const flushes: [number, string][] = [];
    let text = '[{"name":"begin"}';
    for (let i = 0; i < 20; i++) {
      const events = event(i, noise(i * 7));
      sink.append(bytesOf(events), [bytesOf(event(1000 + i))]);
      text += events;
      flushes.push([sink.kept, text]);
    }
    for (let length = 10; length <= disk.bytes.length; length++) {
      const cut = gunzipSync(disk.bytes.subarray(0, length), {
        finishFlush: constants.Z_SYNC_FLUSH,
      }).toString();
      const [, whole = ''] = flushes.findLast(([kept]) => kept <= length) ?? [];
      assert.ok(cut.startsWith(whole), `${length} bytes`);
    }
  });

  test('is whole when another writer goes on, wherever the one before was ended', () => {
    for (const [length, open] of [
      [10, 1],
      [3000, 1],
      [10, 4000],
      [9000, 4000],
    ] as const) {
      const { disk, sink } = newFile();
      sink.append(bytesOf(event(1)), [bytesOf(event(2, noise(2000)))]);
      const state = sink.save();
      let { bytes } = disk;
      const { length: before } = disk.operations;
      const events = bytesOf(event(3, noise(length)));
      const end = [bytesOf(event(4, noise(open)))];
      sink.append(events, end);
      for (const operation of disk.operations.slice(before)) {
        for (const left of [...killedIn(bytes, operation), after(bytes, operation)]) {
          const other = new MemoryDisk(left);
          const successor = new PackedFile(other, state, jsonFraming, gzip);
          assert.deepEqual(successor.append(events, end), { taken: events.length });
          assert.deepEqual(other.bytes, disk.bytes);
        }
        bytes = after(bytes, operation);
      }
    }
  });

  test('is what it was, or has as many events more as there is room for, when the disk is full', () => {
    const { disk, sink } = newFile();
    const open = [bytesOf(event(10), event(11), event(12))];
    sink.append(bytesOf(event(1)), open);
    const state = sink.save();
    const file = disk.bytes;
    // Events 10 and 12 are told by what comes now.
    const more = [10, 2, 3, 4, 5, 6, 12, 7, 8, 9].map((i) => event(i));
    let last = 0;
    for (let room = 0; last < more.length; room++) {
      const full = new MemoryDisk(file);
      full.capacity = file.length + room;
      const { taken, failure } = new PackedFile(full, state, jsonFraming, gzip).append(
        bytesOf(...more),
        [bytesOf(event(11))],
      );
      const count = jsonFraming.count(bytesOf(...more).subarray(0, taken));
      assert.ok(count >= last, 'the more room, the more events');
      if (count < more.length) assert.match(String(failure), /ENOSPC/);
      last = count;
      const found = names(full.bytes);
      assert.deepEqual(found.slice(0, 1 + count), [
        'event 1',
        ...more.slice(0, count).map((text) => JSON.parse(text.slice(2)).name),
      ]);
    }
  });

  test('on a full disk, shows what was open besides the events that fit, but for what these tell', () => {
    const more = [10, 2, 3, 4, 5, 6, 12, 7, 8, 9].map((i) => event(i, noise(60)));
    const isOpen = ['event 10', 'event 11', 'event 12'];
    const counts = new Set<number>();
    for (let room = 0; !counts.has(more.length); room += 8) {
      const { disk, sink } = newFile();
      sink.append(bytesOf(event(1)), [bytesOf(event(10), event(11)), bytesOf(event(12))]);
      disk.capacity = disk.bytes.length + room;
      const { taken } = sink.append(bytesOf(...more), [bytesOf(event(11))]);
      const count = jsonFraming.count(bytesOf(...more).subarray(0, taken));
      counts.add(count);
      const told = more.slice(0, count).map((text) => JSON.parse(text.slice(2)).name);
      assert.deepEqual(names(disk.bytes), [
        ...['event 1', ...told],
        ...isOpen.filter((name) => !told.includes(name)),
      ]);
    }
    assert.ok(counts.size > 5, `${[...counts]} of the events fitted`);
  });

  test('is what it was when any one write fails, and goes on at the next flush', () => {
    /** Takes what it is given in pieces; one of them fails. */
    class FailingDisk extends MemoryDisk {
      left = Number.POSITIVE_INFINITY;
      override write(buffers: readonly Uint8Array[], at: number): number {
        if (this.left-- === 0) throw new Error('EIO: i/o error, write');
        return super.write(buffers, at);
      }
    }
    for (const [before, now] of [
      [0, 0],
      [0, 300],
      [300, 0],
    ] as const) {
      for (let write = 0, failed = true; failed; write++) {
        const disk = new FailingDisk();
        disk.slow = true;
        const { sink } = newFile(disk);
        sink.append(bytesOf(event(1)), [bytesOf(event(2, noise(before)))]);
        const file = disk.bytes;
        disk.left = write;
        const more = bytesOf(event(3));
        const { taken, failure } = sink.append(more, [bytesOf(event(4, noise(now)))]);
        failed = failure !== undefined;
        if (!failed) continue;
        assert.equal(taken, 0);
        assert.deepEqual(disk.bytes, file, `write ${write}`);
        sink.append(more, []);
        assert.deepEqual(names(disk.bytes), ['event 1', 'event 3']);
      }
    }
  });

  test('loses what something else has written behind its end, and begins again when it was cut', () => {
    const { disk, sink } = newFile();
    sink.append(bytesOf(event(1)), []);
    disk.bytes = Buffer.concat([disk.bytes, Buffer.from('a line of a log\n')]);
    assert.equal(sink.wasCut(), false);
    sink.append(bytesOf(event(2)), []);
    assert.deepEqual(names(disk.bytes), ['event 1', 'event 2']);
    const emptied = new PackedFile(new MemoryDisk(), sink.save(), jsonFraming, gzip);
    assert.equal(emptied.wasCut(), true, 'before another writer came');
    for (const length of [0, 1, 20, 50]) {
      disk.cut(length);
      assert.equal(sink.wasCut(), true);
      sink.restart(Buffer.from('[{"name":"begin"}'));
      sink.append(bytesOf(event(length)), []);
      assert.deepEqual(names(disk.bytes), [`event ${length}`]);
    }
  });

  test('has its end within a page, unless that is long, and is not much longer for it', () => {
    const { disk, sink } = newFile();
    const end = [bytesOf(event(0, noise(1500)))];
    let padded = 0;
    for (let i = 1; i < 500; i++) {
      sink.append(bytesOf(event(i, noise(50))), end);
      const start = sink.kept;
      assert.equal(
        Math.floor(start / PAGE_BYTES),
        Math.floor((disk.bytes.length - 1) / PAGE_BYTES),
      );
      padded = start;
    }
    sink.append(new Uint8Array(0), []);
    assert.ok(padded < 2 * unpack(disk.bytes).length);
    assert.equal(names(disk.bytes).length, 499);
  });

  test('packs blocks of its end that have not changed once only', () => {
    let packed = 0;
    const counting = {
      ...gzip,
      packAlone: (bytes: Uint8Array) => {
        packed++;
        return gzip.packAlone(bytes);
      },
    };
    const disk = new MemoryDisk();
    const sink = new PackedFile(disk, { kept: 0 }, jsonFraming, counting);
    sink.append(Buffer.from('[{"name":"begin"}'), []);
    const blocks = Array.from({ length: 10 }, (_, i) => bytesOf(event(i)));
    for (let flush = 0; flush < 10; flush++) sink.append(bytesOf(event(100 + flush)), blocks);
    assert.equal(packed, 10);
    assert.equal(names(disk.bytes).length, 20);
  });
});

describe('a packed pipe', () => {
  test('throws nothing where its bytes cannot be packed, and goes on once they can', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'packed-'));
    t.after(() => rmSync(folder, { recursive: true }));
    // As a stream, it only writes behind what is there.
    const path = join(folder, 'pipe');
    const fd = openSync(path, 'w');
    let failing = false;
    const noMemory = new Error('Z_MEM_ERROR');
    const fail = <A extends unknown[], R>(run: (...args: A) => R) => {
      return (...args: A) => {
        if (failing) throw noMemory;
        return run(...args);
      };
    };
    const packing = { ...gzip, pack: fail(gzip.pack), end: fail(gzip.end) };
    const sink = new PackedStream(fd, { kept: 0 }, jsonFraming, packing);
    sink.append(Buffer.from('[{"name":"begin"}'));
    failing = true;
    assert.deepEqual(sink.append(bytesOf(event(1))), { taken: 0, failure: noMemory });
    assert.equal(sink.end(), 0);
    failing = false;
    sink.append(bytesOf(event(2)));
    sink.end();
    closeSync(fd);
    assert.deepEqual(names(readFileSync(path)), ['event 2']);
  });
});
