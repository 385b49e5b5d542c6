import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tracer } from 'tracelane';
import { type RecordedEvent, recordTrace } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';

async function record(body: (tracer: Tracer) => unknown) {
  const trace = await recordTrace({}, body);
  assert.deepEqual(checkTrace(trace.text), []);
  return trace;
}

const pause = (ms = 2) => new Promise((resolve) => setTimeout(resolve, ms));

describe('async operations nest', () => {
  const tracksOf = (events: readonly RecordedEvent[]) =>
    Object.fromEntries(events.filter(({ ph }) => ph === 'b').map(({ name, id }) => [name, id]));

  test('in the operation that started them, one after the other', async () => {
    const { events } = await record((tracer) =>
      tracer.trace('parent', async () => {
        await tracer.trace('first', async () => {
          await pause();
          await tracer.trace('deep', () => pause());
        });
        await tracer.trace('second', () => pause());
        tracer.asyncEnd(tracer.asyncBegin('third'));
      }),
    );
    const tracks = tracksOf(events);
    assert.equal(new Set(Object.values(tracks)).size, 1, 'all on the track of the parent');
    assert.equal(Object.keys(tracks).length, 5);
  });

  test('on tracks of their own when they run in parallel', async () => {
    const { events } = await record((tracer) =>
      tracer.trace('parent', async () => {
        const run = (name: string) =>
          tracer.trace(name, () => tracer.trace(`in ${name}`, () => pause()));
        await Promise.all([run('a'), run('b'), run('c')]);
      }),
    );
    const tracks = tracksOf(events);
    assert.equal(tracks['a'], tracks['parent']);
    assert.equal(new Set([tracks['a'], tracks['b'], tracks['c']]).size, 3);
    for (const name of ['a', 'b', 'c']) assert.equal(tracks[`in ${name}`], tracks[name]);
  });

  test('no longer than the operation around them: what outlives it moves to its own track', async () => {
    const { events } = await record(async (tracer) => {
      let late: Promise<unknown> | undefined;
      await tracer.trace('parent', async () => {
        late = tracer.trace('outlives', () => pause(5));
      });
      await late;
    });
    const tracks = tracksOf(events);
    assert.notEqual(tracks['outlives'], tracks['parent']);
  });

  test('apart in traces that know nothing of each other', async () => {
    const { events } = await record(async (tracer) => {
      await Promise.all([tracer.trace('a', () => pause()), tracer.trace('b', () => pause())]);
    });
    const tracks = tracksOf(events);
    assert.notEqual(tracks['a'], tracks['b']);
  });
});
