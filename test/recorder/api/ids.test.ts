import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tracer } from 'tracelane';
import { recordTrace } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';

async function record(body: (tracer: Tracer) => unknown) {
  const trace = await recordTrace({ writer: 'inline' }, body);
  assert.deepEqual(checkTrace(trace.text), []);
  const events = trace.events.filter(({ ph }) => ph !== 'M');
  const phases = events.map(({ ph, name }) => `${ph} ${name}`);
  return { ...trace, events, phases };
}

describe("an id of the program's own", () => {
  const ids = [1, -1, 0.5, 0, -0, '', '0', 2 ** 32 + 1, 5_000_000_000, 2 ** 52, 1e300];
  for (const id of [...ids, Date.now(), 'ü😀"\\', 'x'.repeat(3000), '界'.repeat(100_000)]) {
    const shown = typeof id === 'string' && id.length > 20 ? `${id.length} characters` : id;
    test(`names an async operation and a flow until they end: ${Object.is(shown, -0) ? '-0' : JSON.stringify(shown)}`, async () => {
      const { stats, phases } = await record((tracer) => {
        const innocent = tracer.beginSpan('innocent');
        tracer.asyncBegin('operation', id);
        tracer.asyncInstant(id, 'instant');
        tracer.asyncEnd(id);
        tracer.flowStart('flow', id);
        tracer.flowStep(id);
        tracer.flowEnd(id);
        tracer.endSpan(innocent);
      });
      assert.deepEqual([stats.openSpans, stats.unmatchedEnds, stats.dropped], [0, 0, 0]);
      assert.deepEqual([...phases].sort(), [
        'X innocent',
        'b operation',
        'e operation',
        'f flow',
        'n instant',
        's flow',
        't flow',
      ]);
    });
  }

  test('that looks like one that was given out ends what the program means by it', async () => {
    const { phases } = await record((tracer) => {
      const span = tracer.beginSpan('span');
      // As if it came from a database: a number above 2^32.
      tracer.asyncBegin('operation', Number(span));
      tracer.asyncEnd(Number(span));
      tracer.endSpan(span);
    });
    assert.deepEqual(phases, ['b operation', 'e operation', 'X span']);
  });

  test('that looks like one that was given out does not end an operation with another id', async () => {
    const { stats, events } = await record((tracer) => {
      const span = Number(tracer.beginSpan('span'));
      tracer.endSpan(span);
      // The numbers that the recorder counts go on behind that of the span.
      tracer.asyncBegin('one', span + 2);
      tracer.asyncBegin('two', 'two');
      tracer.asyncEnd(span + 2);
      tracer.asyncEnd(span + 2, { of: 'one' });
      tracer.asyncEnd('two', { of: 'two' });
    });
    assert.equal(stats.unmatchedEnds, 1);
    assert.deepEqual(events.findLast(({ name }) => name === 'two')?.args, { of: 'two' });
  });
});

describe('an async operation', () => {
  test('with an empty name or category is one that viewers take', async () => {
    const { events } = await record((tracer) => {
      tracer.asyncEnd(tracer.asyncBegin(''));
      tracer.asyncEnd(tracer.asyncBegin('x', undefined, ''));
    });
    assert.equal(events.length, 4);
  });

  test('has its instants in its own category, in which viewers look for them', async () => {
    const { events } = await record((tracer) => {
      const id = tracer.asyncBegin('operation', undefined, 'db');
      tracer.asyncInstant(id, 'instant', 'slow');
      tracer.asyncEnd(id);
    });
    assert.deepEqual(new Set(events.map(({ id }) => id)).size, 1);
    assert.ok(events.some(({ ph }) => ph === 'n'));
  });

  test('takes its instants with it when it outlives the one it was started in', async () => {
    const { events } = await record(async (tracer) => {
      let child: ReturnType<Tracer['asyncBegin']> = 0;
      await tracer.trace('parent', async () => {
        child = tracer.asyncBegin('child');
        tracer.asyncInstant(child, 'instant of the child');
      });
      tracer.asyncEnd(child);
    });
    const track = (ph: string, name: string) =>
      events.find((event) => event.ph === ph && event.name === name)?.id;
    assert.notEqual(track('b', 'child'), track('b', 'parent'));
    assert.equal(track('n', 'instant of the child'), track('b', 'child'));
  });

  test('shows its instants also where it was started in a sync function', async () => {
    const { phases } = await record((tracer) => {
      const id = tracer.trace('sync', () => {
        const operation = tracer.asyncBegin('operation');
        tracer.asyncInstant(operation, 'instant');
        return operation;
      });
      tracer.asyncEnd(id);
    });
    assert.deepEqual([...phases].sort(), ['X sync', 'b operation', 'e operation', 'n instant']);
  });

  test('that is a span on its thread still shows an instant', async () => {
    const { events } = await record((tracer) =>
      tracer.trace('sync', (span) => tracer.asyncInstant(Number(span.id), 'instant')),
    );
    assert.ok(events.some(({ name }) => name === 'instant'));
  });

  test('that is found to be one only later shares no track with what ended before', async () => {
    const { phases } = await record((tracer) =>
      tracer.trace('outer', async () => {
        const first = tracer.asyncBegin('first');
        await tracer.trace('second', () => {
          tracer.asyncEnd(first);
          return Promise.resolve();
        });
      }),
    );
    assert.equal(phases.length, 6);
  });
});

test('a traced function that recurses until the stack is full leaves a whole trace', async () => {
  const { stats } = await record((tracer) => {
    const endless = (): number => tracer.trace('endless', () => endless() + 1, 'c', { a: 1 });
    assert.throws(endless, RangeError);
    tracer.trace('after', () => {});
  });
  assert.ok(stats.events > 100);
});
