import assert from 'node:assert/strict';
import os from 'node:os';
import process from 'node:process';
import { describe, test } from 'node:test';
import { placeOf, recordView, sliceOf } from './record-view.js';

describe('in the format of Perfetto', () => {
  test('spans nest on the track of their thread', async () => {
    const view = await recordView((tracer) => {
      for (let i = 0; i < 3; i++) {
        using _outer = tracer.span(`outer ${i}`, 'work');
        tracer.span('inner', 'work').end();
        tracer.span('inner', 'other').end();
      }
    });
    assert.deepEqual(view.problems, []);
    assert.equal(view.slices.length, 9);
    for (const slice of view.slices) {
      assert.ok((slice.end ?? 0) > slice.start);
      const track = view.tracks.get(slice.track);
      assert.deepEqual([track?.kind, track?.pid, track?.tid], ['thread', process.pid, process.pid]);
      if (slice.name !== 'inner') assert.equal(slice.parent, undefined);
      else assert.match(slice.parent?.name ?? '', /^outer/);
    }
    const categories = view.slices.map(({ category }) => category);
    assert.deepEqual(
      categories.filter((category) => category === 'other').length,
      3,
      'a name in two categories is two',
    );
    assert.equal(placeOf(view, sliceOf(view, 'outer 1').track).split(' / ').at(-1), 'thread main');
  });

  test('arguments of each type come back as they are, nested ones as dictionaries and lists', async () => {
    const args = {
      yes: true,
      no: false,
      zero: 0,
      int: 12,
      negative: -7,
      low: -(2 ** 31),
      large: 2 ** 40,
      lowest: Number.MIN_SAFE_INTEGER,
      highest: Number.MAX_SAFE_INTEGER,
      half: 0.5,
      tiny: 5e-324,
      text: 'é "quoted" \n 😀 日本',
      empty: '',
      long: 'x'.repeat(300),
      nothing: null,
      'odd key "\n': 1,
      nested: { deep: [1, 'two', { three: [null, false, -1.5] }], list: [], object: {} },
    };
    const view = await recordView((tracer) => {
      for (let i = 0; i < 3; i++) tracer.span(`all ${i}`, 'c', args).end();
      const { nested: _nested, ...flat } = args;
      for (let i = 0; i < 3; i++) tracer.span(`flat ${i}`, 'c', flat).end();
      tracer.span('end', 'c', { a: 1 }).end({ a: 2, b: 'x' });
      tracer.span('huge', 'c', { huge: 'y\n'.repeat(50_000), after: [1] }).end();
      let deep: unknown = 'bottom';
      for (let i = 0; i < 100; i++) deep = { deep };
      tracer.span('deep', 'c', { deep }).end();
      tracer.span('numbers', 'c', { nan: Number.NaN, endless: -Infinity }).end();
    });
    assert.deepEqual(view.problems, []);
    const { nested: _nested, ...flat } = args;
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(sliceOf(view, `all ${i}`).args, args);
      assert.deepEqual(sliceOf(view, `flat ${i}`).args, flat);
    }
    assert.deepEqual(sliceOf(view, 'end').args, { a: 2, b: 'x' });
    assert.deepEqual(sliceOf(view, 'huge').args, { huge: 'y\n'.repeat(50_000), after: [1] });
    assert.match(JSON.stringify(sliceOf(view, 'deep').args), /too deep/);
    const numbers = { nan: Number.NaN, endless: -Infinity };
    assert.deepEqual(sliceOf(view, 'numbers').args, numbers);
  });

  test('texts that repeat come back, whichever of them have got numbers', async () => {
    const values = Array.from({ length: 5000 }, (_, i) => `value ${(i * 7919) % 3000}`);
    const view = await recordView((tracer) => {
      for (const value of values) tracer.span('s', 'c', { value }).end();
    });
    assert.deepEqual(view.problems, []);
    assert.deepEqual(
      view.slices.map(({ args }) => args['value']),
      values,
    );
  });

  test('names, categories and keys beyond what is remembered of them are right', async () => {
    const count = 70_000;
    const view = await recordView((tracer) => {
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < count; i++) {
          if (i % 500 === 0) tracer.flushSync();
          const args = i % 10 === 0 ? { [`key ${i}`]: `v ${i}` } : undefined;
          tracer.span(`name ${i}`, `category ${i % 6000}`, args).end();
        }
      }
    });
    assert.deepEqual(view.problems, []);
    assert.equal(view.slices.length, 2 * count);
    for (const [at, { name, category, args }] of view.slices.entries()) {
      const i = at % count;
      assert.equal(name, `name ${i}`);
      assert.equal(category, `category ${i % 6000}`);
      if (i % 10 === 0) assert.equal(args[`key ${i}`], `v ${i}`);
    }
  });

  test('an instant is on its thread, its process, or in the whole trace', async () => {
    const view = await recordView((tracer) => {
      for (const scope of ['thread', 'process', 'global'] as const) {
        tracer.instant(`of the ${scope}`, 'c', { scope }, scope);
      }
    });
    assert.deepEqual(view.problems, []);
    const kinds = view.slices.map(({ track, isMoment, args }) => {
      assert.ok(isMoment);
      return [args['scope'], view.tracks.get(track)?.kind];
    });
    assert.deepEqual(kinds, [
      ['thread', 'thread'],
      ['process', 'process'],
      ['global', 'whole trace'],
    ]);
  });

  test('each series of a counter is a track of the process, with its unit if the name tells it', async () => {
    const view = await recordView((tracer) => {
      tracer.counter('load', 5);
      tracer.counter('load', -2.5);
      tracer.counter('memory (MB)', { heap: 12, external: 2 ** 40 }, 'memory');
      tracer.counter('memory (MB)', { heap: 13 }, 'memory');
      tracer.counter('delay (ms)', 7);
    });
    assert.deepEqual(view.problems, []);
    const shown = view.counters.map(({ track, value }) => {
      const { name, unit, parent = '' } = view.tracks.get(track) ?? {};
      assert.equal(view.tracks.get(parent)?.kind, 'process');
      return [name, unit, value];
    });
    assert.deepEqual(shown, [
      ['load', undefined, 5],
      ['load', undefined, -2.5],
      ['memory (MB) heap', 'MB', 12],
      ['memory (MB) external', 'MB', 2 ** 40],
      ['memory (MB) heap', 'MB', 13],
      ['memory (MB) external', 'MB', 2 ** 40],
      ['delay (ms)', 'ms', 7],
    ]);
  });

  test('an operation lies in the one that it belongs to, or on a track below that', async () => {
    const view = await recordView(async (tracer) => {
      const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
      await tracer.trace('request', async () => {
        await Promise.all(
          ['first', 'second'].map((name) =>
            tracer.trace(name, async (span) => {
              await pause();
              tracer.asyncInstant(Number(span.id), `in ${name}`);
              await pause();
            }),
          ),
        );
      });
      tracer.asyncEnd(tracer.asyncBegin('lone', 'own id', 'db'), { rows: 3 });
      tracer.asyncBegin('open');
    });
    assert.deepEqual(view.problems, []);
    const [request, first, second] = ['request', 'first', 'second'].map((name) =>
      sliceOf(view, name),
    );
    assert.equal(first?.parent, request);
    assert.equal(second?.parent, undefined);
    assert.match(placeOf(view, second?.track ?? ''), /^process .* \/ request \/ second$/);
    assert.equal(sliceOf(view, 'in second').parent, second);
    const lone = sliceOf(view, 'lone');
    assert.deepEqual([lone.category, lone.endArgs], ['db', { rows: 3 }]);
    assert.equal(sliceOf(view, 'open').end, undefined);
  });

  test('what belongs to one request has one correlation id, and says to which call it belongs', async () => {
    const view = await recordView(async (tracer) => {
      for (const request of ['A', 'B']) {
        await tracer.trace(`request ${request}`, async () => {
          for (let i = 0; i < 4; i++) {
            tracer.trace(`query ${request}`, () => tracer.span(`row ${request}`).end());
          }
          tracer.instant(`done ${request}`);
        });
      }
      tracer.span('else').end();
    });
    assert.deepEqual(view.problems, []);
    const ids = (request: string) =>
      new Set(
        view.slices
          .filter(({ name }) => name.endsWith(` ${request}`))
          .map(({ correlation }) => correlation),
      );
    const [a, b] = [ids('A'), ids('B')];
    assert.equal(a.size, 1);
    assert.equal(b.size, 1);
    assert.notDeepEqual(a, b);
    assert.equal(sliceOf(view, 'else').correlation, undefined);
    const root = sliceOf(view, 'request A').args['op.id'];
    const queries = view.slices.filter(({ name }) => name === 'query A');
    assert.deepEqual(new Set(queries.map(({ args }) => args['op.root'])), new Set([root]));
    const rows = view.slices.filter(({ name }) => name === 'row A');
    assert.deepEqual(
      rows.map(({ args }) => args['op.parent']),
      queries.map(({ args }) => args['op.id']),
    );
  });

  test('flows lead from slice to slice, also from and to operations', async () => {
    const view = await recordView(async (tracer) => {
      const outer = tracer.span('begun before');
      const a = tracer.span('producer');
      const flow = tracer.flowStart('job', undefined, 'c', { size: 3 });
      a.end();
      const b = tracer.span('consumer');
      tracer.flowStep(flow);
      b.end();
      tracer.flowEnd(flow, { ok: true });
      outer.end();
      await tracer.trace('operation', async () => {
        await null;
        const id = tracer.flowStart('from an operation');
        tracer.span('worker').end();
        using _span = tracer.span('receiver');
        tracer.flowEnd(id);
      });
      const alone = tracer.flowStart('alone');
      tracer.flowEnd(alone);
    });
    assert.deepEqual(view.problems, []);
    assert.deepEqual(
      view.flows.map(({ from, to }) => `${from.name} → ${to.name}`),
      ['producer → consumer', 'consumer → begun before', 'operation → receiver', 'alone → alone'],
    );
    assert.deepEqual(sliceOf(view, 'producer').args, { job: { size: 3 } });
  });

  test('what points of flows say takes the place of no argument of their slice, nor of each other', async () => {
    const view = await recordView((tracer) => {
      const outer = tracer.span('outer');
      const made = tracer.span('made', 'c', { job: 'the job 42' });
      const flow = tracer.flowStart('job', undefined, 'c', { size: 3 });
      tracer.flowEnd(tracer.flowStart('job', undefined, 'c', { size: 4 }));
      made.end({ 'job (flow)': 'none' });
      tracer.flowEnd(flow, { left: 1 });
      outer.end({ job: 'all' });
      tracer.trace('call', () => void tracer.flowStart('op.id', undefined, 'c', { size: 5 }));
    });
    assert.deepEqual(sliceOf(view, 'made').args, {
      job: 'the job 42',
      'job (flow)': 'none',
      'job (flow 2)': { size: 3 },
      'job (flow 3)': { size: 4 },
    });
    const { args, endArgs } = sliceOf(view, 'outer');
    assert.deepEqual([args, endArgs], [{ job: 'all' }, { 'job (flow)': { left: 1 } }]);
    const { 'op.id': id, 'op.id (flow)': said } = sliceOf(view, 'call').args;
    assert.deepEqual([typeof id, said], ['string', { size: 5 }]);
  });

  test('processes and threads have their names, and the places that they were given', async () => {
    const view = await recordView(
      (tracer) => {
        tracer.setThreadName('listener');
        tracer.setThreadSortIndex(-3);
        tracer.setProcessSortIndex(7);
        tracer.metadata('process_labels', { labels: 'blue' });
        tracer.metadata('something else', { a: [1] });
      },
      { processName: 'server' },
    );
    assert.deepEqual(view.problems, []);
    const tracks = [...view.tracks.values()];
    assert.deepEqual(
      tracks.filter(({ kind }) => kind === 'process').map(({ name, pid }) => [name, pid]),
      [['server', process.pid]],
    );
    assert.ok(tracks.some(({ kind, name }) => kind === 'thread' && name === 'listener'));
    const said = view.descriptors.map(({ process: p, thread: t }) => ({ p, t }));
    assert.ok(said.some(({ t }) => t?.legacySortIndex === -3));
    assert.ok(said.some(({ p }) => p?.legacySortIndex === 7));
    assert.ok(said.some(({ p }) => p?.processLabels?.includes('blue')));
    const other = sliceOf(view, 'something else');
    assert.deepEqual([other.category, other.start, other.args], ['__metadata', 0, { a: [1] }]);
  });

  test('times can be brought onto the clocks of the system', async () => {
    for (const clock of ['relative', 'epoch'] as const) {
      const before = { wall: Date.now(), monotonic: process.hrtime.bigint() };
      const view = await recordView((tracer) => tracer.instant('now'), { clock });
      const after = { wall: Date.now(), monotonic: process.hrtime.bigint() };
      assert.deepEqual(view.problems, []);
      const { start } = sliceOf(view, 'now');
      const wall = (Number(view.zero.get(1)) + start) / 1e6;
      assert.ok(wall > before.wall - 20 && wall < after.wall + 20, `${wall}`);
      const monotonic = (view.zero.get(3) ?? 0n) + BigInt(start);
      assert.ok(monotonic > before.monotonic && monotonic < after.monotonic);
      assert.equal(view.primaryClock, clock === 'epoch' ? 1 : 3);
      // The clock that goes on while the machine sleeps is told of where it shows the same.
      const uptime = process.platform === 'linux' ? os.uptime() : undefined;
      const slept = uptime !== undefined && Math.abs(uptime - Number(after.monotonic) / 1e9) > 0.1;
      assert.equal(view.zero.get(6), slept ? undefined : view.zero.get(3));
    }
  });

  test('events of each phase that the program writes itself are drawn as what they are', async () => {
    const pid = 4_000_000;
    const view = await recordView((tracer) => {
      const on = { pid, tid: 9, cat: 'e' };
      tracer.emit({ ph: 'X', name: 'whole', ts: 10, dur: 5.25, args: { x: [1] }, ...on });
      tracer.emit({ ph: 'B', name: 'begun', ts: 20, ...on });
      tracer.emit({ ph: 'E', name: 'begun', ts: 30, args: { y: 1 }, ...on });
      tracer.emit({ ph: 'i', name: 'moment', ts: 25, s: 'p', ...on });
      tracer.emit({ ph: 'C', name: 'count', ts: 26, args: { a: 1, b: 2.5 }, ...on });
      for (const [ph, ts] of [
        ['b', 40],
        ['n', 41],
        ['e', 42],
      ] as const) {
        tracer.emit({ ph, name: `operation`, id: 'x', ts, ...on });
      }
      tracer.emit({ ph: 's', name: 'flow', id: 7, ts: 11, ...on });
      tracer.emit({ ph: 'f', name: 'flow', id: 7, ts: 22, bp: 'e', ...on });
      tracer.emit({ ph: 'M', name: 'thread_name', args: { name: 'other' }, ...on });
      tracer.emit({ ph: 'N', name: 'object', id: 3, ts: 50, ...on });
      tracer.emit({ ph: 'X', name: 'here and now', dur: 1 });
    });
    assert.deepEqual(view.problems, []);
    const shown = view.slices
      .filter(({ category }) => category === 'e')
      .map(({ name, start, end, parent }) => [name, start, end, parent?.name]);
    assert.deepEqual(shown, [
      ['whole', 10_000, 15_250, undefined],
      ['flow', 11_000, 11_000, 'whole'],
      ['begun', 20_000, 30_000, undefined],
      ['flow', 22_000, 22_000, 'begun'],
      ['moment', 25_000, 25_000, undefined],
      ['operation', 40_000, 42_000, undefined],
      ['operation', 41_000, 41_000, 'operation'],
      ['object', 50_000, 50_000, undefined],
    ]);
    assert.deepEqual(sliceOf(view, 'whole').args, { x: [1] });
    assert.deepEqual(sliceOf(view, 'begun').endArgs, { y: 1 });
    assert.deepEqual(
      view.flows.map(({ id }) => id),
      ['7'],
    );
    assert.deepEqual(
      view.counters.map(({ track, value }) => [view.tracks.get(track)?.name, value]),
      [
        ['count a', 1],
        ['count b', 2.5],
      ],
    );
    assert.ok([...view.tracks.values()].some(({ name, tid }) => name === 'other' && tid === 9));
    const { track } = sliceOf(view, 'here and now');
    assert.equal(view.tracks.get(track)?.tid, process.pid);
  });
});
