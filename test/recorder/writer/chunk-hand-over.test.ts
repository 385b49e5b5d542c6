import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Arena } from '#src/recorder/arena/arena.js';
import {
  CHUNK_FREE,
  CHUNK_SEALED,
  CHUNK_STATE_BITS,
  CHUNK_STATE_MASK,
  CHUNK_WRITING,
  COMMIT_EVENT,
  COUNTER_DROPPED,
  COUNTER_OPEN,
  HEADER_COMMIT,
  HEADER_STATE,
} from '#src/recorder/arena/layout.js';
import { HEADER_WORDS, KIND_INSTANT, LENGTH_SHIFT } from '#src/recorder/arena/records.js';
import { Drain } from '#src/recorder/writer/drain.js';
import { InMemory } from './in-memory.js';

const stateOf = (arena: Arena, chunk: number) => arena.int32[arena.header(chunk) + HEADER_STATE];

describe('a chunk', () => {
  test('is claimed by one stream, which leaves its number on it', () => {
    const arena = Arena.allocate(4 * 64 * 1024, [1, 2], 1);
    const chunks = [7, 8, 9, 10].map((stream) => arena.claim(stream, 1));
    assert.equal(new Set(chunks).size, 4);
    for (const [i, chunk] of chunks.entries()) {
      assert.equal(stateOf(arena, chunk), ((7 + i) << CHUNK_STATE_BITS) | CHUNK_WRITING);
    }
    assert.equal(arena.claim(11, 1), -1, 'no fifth one');
  });

  test('can be claimed again once it was sealed and freed, and not before', () => {
    const arena = Arena.allocate(2 * 64 * 1024, [1, 2], 1);
    const [first, second] = [arena.claim(1, 1), arena.claim(2, 1)];
    arena.seal(first, 1);
    assert.equal(stateOf(arena, first) & CHUNK_STATE_MASK, CHUNK_SEALED);
    assert.equal(arena.claim(3, 1), -1);
    arena.free(first);
    assert.equal(stateOf(arena, first), CHUNK_FREE);
    assert.equal(arena.claim(3, 1), first);
    assert.notEqual(first, second);
  });

  test('that a writer has freed before it died is left to its thread, which has claimed it again', () => {
    const arena = Arena.allocate(2 * 64 * 1024, [1, 2], 1);
    const { int32, float64 } = arena;
    const chunk = arena.claim(1, 1);
    const body = arena.body(chunk);
    int32[body << 1] = KIND_INSTANT | (HEADER_WORDS << LENGTH_SHIFT);
    float64[body + 1] = 1;
    int32[arena.header(chunk) + HEADER_COMMIT] = COMMIT_EVENT + HEADER_WORDS;
    arena.seal(chunk, 1);
    const dead = new Drain(arena, 1);
    dead.pass(
      2,
      () => {},
      () => {},
    );
    const [next, read] = [dead.nextChunks(), dead.readChunks()];
    dead.releaseRead();
    assert.equal(stateOf(arena, chunk), CHUNK_FREE);
    // A claim writes the place in the stream after it has got the chunk: here it still is the old one.
    assert.equal(arena.claim(1, 1), chunk);
    new Drain(arena, 1).resume(next, read);
    assert.equal(stateOf(arena, chunk) & CHUNK_STATE_MASK, CHUNK_WRITING);
  });

  test('that the writer frees before its thread seals it belongs to its next owner alone', () => {
    // A thread that is held up between the last record of its stream and the seal behind it.
    const memory = new InMemory(2);
    const { writer } = memory;
    const ending = memory.thread(1, true);
    const other = memory.thread(2);
    const next = memory.thread(3);
    ending.relief = () => true;
    ending.instant('only', 'c', undefined, 0);
    ending.relief = () => {
      ending.relief = () => true;
      ending.immediate = false;
      // The writer learns of the end, and gives the chunk back at its next turn.
      writer.flush();
      other.instant('other', 'c', undefined, 0);
      writer.flush();
      next.instant('next', 'c', undefined, 0);
      return true;
    };
    ending.close();
    for (let i = 1; i < 100; i++) {
      writer.flush();
      next.instant('next', 'c', undefined, 0);
    }
    writer.finish();
    assert.equal(memory.events.filter(({ name }) => name === 'next').length, 100);
  });
});

test('a chunk that was read to its end before it was sealed goes back without anything new to read', () => {
  const memory = new InMemory(2);
  const idle = memory.thread(1);
  idle.instant('idle', 'c', undefined, 0);
  const busy = memory.thread(2);
  for (let i = 0; i < 20_000; i++) {
    busy.instant('x', 'c', undefined, 0);
    if (i % 50 === 0) memory.writer.flush();
  }
  memory.writer.finish();
  const dropped = Number(memory.arena.counters[COUNTER_DROPPED]);
  // Those up to the next flush, each time that the only chunk is to be given back first.
  assert.ok(dropped < 500, `${dropped} dropped`);
  assert.equal(memory.events.filter(({ name }) => name === 'x').length, 20_000 - dropped);
});

describe('in a full arena', () => {
  /** Records until nothing fits any more. */
  const fill = (memory: InMemory) => {
    const filler = memory.thread(9);
    while (memory.arena.counters[COUNTER_DROPPED] === 0n) filler.instant('x', 'c', undefined, 0);
    return filler;
  };

  test('the end of what another thread began is kept until there is room', () => {
    const memory = new InMemory(3);
    const a = memory.thread(1);
    const b = memory.thread(2);
    b.instant('b has a chunk', 'c', undefined, 0);
    const span = a.id(a.begin('span', 'c', undefined));
    a.asyncBegin('operation', 'c', undefined, 'own id');
    // b's chunk is full, and so is the arena.
    while (memory.arena.counters[COUNTER_DROPPED] === 0n) b.instant('x', 'c', undefined, 0);
    b.endById(span, undefined);
    b.endById('own id', undefined);
    memory.writer.flush();
    b.instant('there is room again', 'c', undefined, 0);
    memory.writer.finish();
    assert.equal(memory.arena.counters[COUNTER_OPEN], 0n);
    const phases = memory.events.filter(({ name }) => name === 'span' || name === 'operation');
    assert.deepEqual(phases.map(({ ph, name }) => `${ph} ${name}`).sort(), [
      'b operation',
      'b span',
      'e operation',
      'e span',
    ]);
  });

  test('an end that was kept is written by the next flush of its thread', () => {
    const memory = new InMemory(2);
    const recorder = memory.thread(1);
    const span = recorder.begin('span', 'c', undefined);
    fill(memory);
    while (memory.arena.counters[COUNTER_DROPPED] < 2n) recorder.instant('x', 'c', undefined, 0);
    recorder.end(span, undefined);
    recorder.relief = () => {
      memory.writer.flush();
      return true;
    };
    recorder.flush();
    recorder.flush();
    assert.deepEqual(
      memory.events.filter(({ name }) => name === 'span').map(({ ph }) => ph),
      ['X'],
    );
  });
});
