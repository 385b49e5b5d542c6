import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { readTrace } from '#src/reader/source/read-trace.js';
import { COUNTER_OPEN, COUNTER_UNMATCHED } from '#src/recorder/arena/layout.js';
import type { TraceEvent } from '#src/trace-event/events.js';
import { checkTrace } from '../../viewers/checker.js';
import { InMemory } from './in-memory.js';

const MIB = 2 ** 20;

describe('the journal', () => {
  test('has checkpoints that are as long with a thousand open spans as with one', () => {
    const memory = new InMemory(16, 'drop', 2000);
    const thread = memory.thread(1);
    const lengths = [1, 1000].map((count) => {
      for (let i = 0; i < count; i++) {
        thread.beginLoose('open', 'c', { i });
        thread.flowStart('open', 'c', undefined, undefined);
      }
      memory.writer.flush();
      thread.instant('x', 'c', undefined, 0);
      memory.writer.flush();
      return memory.checkpointBytes;
    });
    assert.ok(Math.abs(lengths[0] - lengths[1]) < 100, `${lengths} bytes`);
  });

  test('stays small, however much begins and ends, and tells a successor of what is still open', () => {
    const memory = new InMemory(64, 'drop', 600);
    const thread = memory.thread(1);
    const other = memory.thread(2);
    const span = thread.begin('span', 'c', { begun: 1 });
    const early = thread.begin('early', 'c', undefined);
    const operation = thread.id(thread.asyncBegin('operation', 'c', undefined, undefined));
    thread.moveInside({ id: operation, root: { id: operation } });
    const inner = thread.asyncBegin('inner', 'd', undefined, undefined);
    thread.moveInside(undefined);
    thread.asyncBegin('named', 'c', undefined, 'key');
    const flow = thread.id(thread.flowStart('flow', 'c', undefined, undefined));
    thread.endEarly(early, { early: true });
    const text = 'x'.repeat(1500);
    let open: number[] = [];
    for (let round = 0; round < 50; round++) {
      // Some of them are so many that their begins are written for good.
      for (const id of open) other.endById(id, undefined);
      open = Array.from({ length: round === 20 ? 500 : 100 }, (_, i) =>
        thread.id(thread.asyncBegin(`operation ${i}`, 'c', { text }, undefined)),
      );
      memory.writer.flush();
      if (round === 30) thread.addArguments(span, { added: 2 });
    }
    assert.ok(memory.noteBytes < 5 * MIB, `${memory.noteBytes} bytes`);
    memory.replaceWriter();
    for (const id of open) other.endById(id, undefined);
    thread.over(early, undefined);
    thread.end(inner, undefined);
    other.endById(operation, undefined);
    other.endById('key', undefined);
    other.flowEnd(flow, undefined);
    thread.end(span, { ended: 3 });
    memory.writer.finish();
    const { counters } = memory.arena;
    assert.deepEqual([counters[COUNTER_OPEN], counters[COUNTER_UNMATCHED]], [0n, 0n]);
    assert.deepEqual(checkTrace(memory.text), []);
    assert.ok(!memory.text.includes('"provisional":true'), 'nothing is shown as open');
    const find = (name: string) => memory.events.filter((event) => event.name === name);
    assert.deepEqual(
      find('span').map(({ ph, args }) => [ph, args]),
      [['X', { begun: 1, added: 2, ended: 3 }]],
    );
    assert.deepEqual(find('early')[0]?.args, { early: true });
    const ids = ['operation', 'inner'].flatMap((name) => find(name).map(({ ph, id }) => [ph, id]));
    assert.deepEqual(ids.map(([ph]) => ph).join(''), 'bebe');
    assert.equal(new Set(ids.map(([, id]) => id)).size, 1, 'one nests in the other');
  });

  test('tells a successor of an instant of a thread that is gone: its thread, and its arguments', () => {
    const memory = new InMemory(64);
    const main = memory.thread(1);
    const worker = memory.thread(2);
    main.instant('main', 'c', { mainKey: 0, otherMainKey: 1 }, 0);
    const outer = main.id(main.asyncBegin('outer', 'c', undefined, undefined));
    main.moveInside({ id: outer, root: { id: outer } });
    const inner = main.id(main.asyncBegin('inner', 'c', undefined, undefined));
    main.moveInside(undefined);
    worker.asyncInstant(inner, 'point', 'c', { workerKey: 5, otherWorkerKey: 't' });
    worker.close();
    for (let i = 0; i < 4; i++) {
      main.instant('main', 'c', undefined, 0);
      memory.writer.flush();
    }
    memory.replaceWriter();
    main.endById(inner, undefined);
    main.endById(outer, undefined);
    memory.writer.finish();
    const points = memory.events.filter(({ name }) => name === 'point');
    assert.deepEqual(
      points.map(({ ph, tid, args }) => [ph, tid, args]),
      [['n', 2, { workerKey: 5, otherWorkerKey: 't' }]],
    );
  });

  test('tells a successor when the last point of a flow was, also where that was a step', async () => {
    const memory = new InMemory(64, 'drop', 1000, undefined, 'perfetto');
    const thread = memory.thread(1);
    const other = memory.thread(2);
    thread.flowStart('flow', 'c', undefined, 'key');
    memory.writer.flush();
    const around = thread.begin('around', 'c', undefined);
    other.flowStep('key', undefined);
    memory.writer.flush();
    memory.replaceWriter();
    thread.flowEnd('key', undefined);
    thread.end(around, undefined);
    memory.writer.finish();
    const points: TraceEvent[] = [];
    for await (const event of readTrace(Readable.from([memory.disk.bytes]), {
      phases: ['s', 't', 'f'],
    })) {
      points.push(event);
    }
    points.sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
    assert.deepEqual(
      points.map(({ ph }) => ph),
      ['s', 't', 'f'],
    );
  });
});
