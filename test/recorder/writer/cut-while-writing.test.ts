import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Packing } from '#src/encoding/packing/packing.js';
import { createPacking } from '#src/encoding/packing/packings.js';
import { InMemory } from './in-memory.js';

/** More than a writer puts into the file at a time, so that one flush writes several times. */
const MANY = 20_000;
const CHUNKS = 64;

/** What stands in a file that was emptied while a flush was about to write to it. */
function assertBeganAgain(trace: InMemory, when: string): void {
  const all: { name: string; ph: string; args: { name?: string } }[] = JSON.parse(trace.text);
  const named = (wanted: string) => all.filter(({ name }) => name === wanted);
  assert.deepEqual(all[0]?.args, { name: 'test' }, when);
  assert.deepEqual(
    named('thread_name').map(({ args }) => args.name),
    ['thread 1'],
    when,
  );
  assert.deepEqual(
    named('open').map(({ ph }) => ph),
    ['X'],
    when,
  );
  assert.equal(named('before').length, 0, when);
  assert.equal(named('after').length, 1, when);
}

function record(trace: InMemory, cut: () => void): void {
  const thread = trace.thread(1);
  thread.instant('before', 'c', undefined, 0);
  const open = thread.begin('open', 'c', undefined);
  trace.writer.flush();
  for (let i = 0; i < MANY; i++) thread.instant('meanwhile', 'c', { i }, 0);
  cut();
  trace.writer.flush();
  thread.end(open, undefined);
  thread.instant('after', 'c', undefined, 0);
  trace.writer.finish();
}

describe('a file that is emptied while a flush is under way', () => {
  test('begins again, whichever of its writes comes next', () => {
    for (const writes of [1, 2, 3]) {
      const trace = new InMemory(CHUNKS);
      record(trace, () => {
        const { disk } = trace;
        const look = disk.look.bind(disk);
        let looks = 0;
        disk.look = () => {
          // The first look is the one at the begin of the flush.
          if (++looks === writes + 1) disk.bytes = Buffer.alloc(0);
          return look();
        };
      });
      assertBeganAgain(trace, `write ${writes}`);
    }
  });

  test('begins again where that happens while events are packed', () => {
    let cut: (() => void) | undefined;
    const plain = createPacking('gzip', 'small');
    const packing: Packing = {
      ...plain,
      pack(bytes, window) {
        cut?.();
        cut = undefined;
        return plain.pack(bytes, window);
      },
    };
    const trace = new InMemory(CHUNKS, 'drop', 1000, packing);
    record(trace, () => {
      cut = () => {
        trace.disk.bytes = Buffer.alloc(0);
      };
    });
    assertBeganAgain(trace, 'packed');
  });

  test('and by the last flush of all shows what was open', () => {
    const trace = new InMemory(CHUNKS);
    const thread = trace.thread(1);
    thread.begin('open', 'c', undefined);
    trace.writer.flush();
    for (let i = 0; i < MANY; i++) thread.instant('meanwhile', 'c', { i }, 0);
    const { disk } = trace;
    const write = disk.write.bind(disk);
    let isCut = false;
    disk.write = (buffers, at) => {
      const count = write(buffers, at);
      if (!isCut) disk.bytes = Buffer.alloc(0);
      isCut = true;
      return count;
    };
    trace.writer.finish();
    assert.deepEqual(
      trace.events.filter(({ name }) => name === 'open').map(({ ph }) => ph),
      ['B'],
    );
  });
});
