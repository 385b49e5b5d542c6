import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tracer } from 'tracelane';
import { type RecordedEvent, recordTrace } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';
import { InMemory } from '../writer/in-memory.js';

const PROGRAM = fileURLToPath(new URL('./lineage-program.js', import.meta.url));
const BEGINS = ['X', 'b', 'i', 'B'];

function runProgram(): readonly RecordedEvent[] {
  const folder = mkdtempSync(join(tmpdir(), 'tracelane-'));
  try {
    const file = join(folder, 'trace.json');
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, file], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const text = readFileSync(file, 'utf8');
    assert.deepEqual(checkTrace(text), []);
    return JSON.parse(text) as RecordedEvent[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The names of the calls that the arguments of an event name. */
function lineageOf(event: RecordedEvent, names: ReadonlyMap<unknown, string>) {
  const name = (key: string) => {
    const id = event.args[key];
    return id === undefined ? undefined : (names.get(id) ?? `the unknown ${String(id)}`);
  };
  return { root: name('op.root'), parent: name('op.parent') ?? name('op.root') };
}

function namesOf(events: readonly RecordedEvent[]): Map<unknown, string> {
  return new Map(
    events.filter(({ args }) => 'op.id' in args).map(({ name, args }) => [args['op.id'], name]),
  );
}

test('what concurrent requests do says to which of them it belongs, and to which part of it', () => {
  const events = runProgram().filter(({ ph }) => BEGINS.includes(ph));
  const names = namesOf(events);
  let inside = 0;
  const wrong: string[] = [];
  for (const event of events) {
    const path = event.name.split(' > ');
    const belongs = path[0] !== 'outside' && path.length > 1;
    const expected = belongs
      ? { root: path[0], parent: path.slice(0, -1).join(' > ') }
      : { root: undefined, parent: undefined };
    const shown = lineageOf(event, names);
    if (belongs) inside++;
    if (shown.root !== expected.root || shown.parent !== expected.parent) {
      wrong.push(`${event.name}: ${JSON.stringify(shown)}`);
    }
  }
  assert.deepEqual(wrong.slice(0, 10), []);
  assert.ok(inside > 10_000, `${inside} events belong to requests`);
});

describe('an event says what it belongs to', () => {
  const lineages = (events: readonly RecordedEvent[]) => {
    const names = namesOf(events);
    return Object.fromEntries(
      events
        .filter(({ ph }) => BEGINS.includes(ph))
        .map((event) => [event.name, lineageOf(event, names)]),
    );
  };

  test('and nothing where it belongs to nothing', async () => {
    const { text } = await recordTrace({}, (tracer) => {
      tracer.span('span', 'c', { a: 1 }).end();
      tracer.asyncEnd(tracer.asyncBegin('operation'));
      tracer.instant('instant');
    });
    assert.ok(!text.includes('"op.'));
  });

  test('behind arguments of every kind', async () => {
    const { events, text } = await recordTrace({}, (tracer) => {
      tracer.trace('call', (span) => {
        tracer.span('none').end();
        tracer.span('flat', 'c', { a: 1, b: 'text' }).end({ c: true });
        tracer.span('deep', 'c', { deep: { list: [1, 2] } }).end();
        tracer.span('long', 'c', { long: 'x'.repeat(100_000), deep: {} }).end();
        span.set({ more: 1 });
      });
    });
    assert.deepEqual(checkTrace(text), []);
    const args = new Map(events.map((event) => [event.name, event.args]));
    const root = args.get('call')?.['op.id'];
    assert.equal(typeof root, 'string');
    assert.deepEqual(args.get('none'), { 'op.root': root });
    assert.deepEqual(args.get('flat'), { a: 1, b: 'text', c: true, 'op.root': root });
    assert.deepEqual(args.get('deep'), { deep: { list: [1, 2] }, 'op.root': root });
    assert.deepEqual(Object.keys(args.get('long') ?? {}), ['long', 'deep', 'op.root']);
    assert.deepEqual(args.get('call'), { 'op.id': root, more: 1 });
  });

  test('also where a getter among its arguments records in another call', async () => {
    const { events } = await recordTrace({}, (tracer) => {
      for (const name of ['first', 'second']) {
        const args = {
          get value() {
            return tracer.trace('in the getter', () => {
              tracer.span('in there').end();
              return 1;
            });
          },
        };
        tracer.trace(name, () => tracer.span(`in ${name}`, 'c', args).end());
      }
    });
    const all = lineages(events);
    assert.deepEqual(all['in first'], { root: 'first', parent: 'first' });
    assert.deepEqual(all['in second'], { root: 'second', parent: 'second' });
  });

  test('in its own trace, where calls of two tracers nest', async () => {
    const { events } = await recordTrace({}, async (tracer) => {
      const folder = mkdtempSync(join(tmpdir(), 'tracelane-'));
      try {
        const other = new Tracer(join(folder, 'other.json')).start();
        tracer.trace('outer', () =>
          other.trace('of the other', () => {
            tracer.span('inside the other').end();
          }),
        );
        await other.stop();
        assert.doesNotMatch(readFileSync(other.outputFile, 'utf8'), /op\.root/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
    assert.deepEqual(lineages(events)['inside the other'], { root: undefined, parent: undefined });
  });
});

test('records that found no room, or another writer, leave none with a wrong parent behind', () => {
  const memory = new InMemory(3);
  const recorder = memory.thread(1);
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    return (seed >>> 8) % below;
  };
  const calls = Array.from({ length: 5 }, (_, i) => {
    const beginNumber = recorder.beginAsyncCall(`call ${i}`, 'c', undefined);
    const id = recorder.id(beginNumber);
    return { beginNumber, name: `call ${i}`, id, root: { id } };
  });
  for (let i = 0; i < 40_000; i++) {
    const call = calls[random(6)];
    if (recorder.inside !== call) recorder.moveInside(call);
    recorder.instant(call?.name ?? 'none', 'c', random(3) === 0 ? { i } : undefined, 0);
    // Room comes back in the middle of things.
    if (random(9000) === 0) memory.writer.flush();
    if (random(9000) === 0) memory.replaceWriter();
  }
  memory.writer.flush();
  for (const { beginNumber } of calls) recorder.end(beginNumber, undefined);
  memory.writer.finish();
  const events = memory.events as readonly unknown[] as readonly RecordedEvent[];
  const names = namesOf(events);
  const instants = events.filter(({ ph, name }) => ph === 'i' && name !== 'events dropped');
  const dropped = events.filter(({ name }) => name === 'events dropped');
  assert.ok(dropped.length > 0 && instants.length > 5000);
  for (const event of instants) {
    const expected = event.name === 'none' ? undefined : event.name;
    assert.equal(lineageOf(event, names).root, expected);
  }
});
