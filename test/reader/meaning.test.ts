import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { B, E, event, found, repairer, summaryOf, type Times, times, X } from './read.js';

const CORPUS = fileURLToPath(new URL('../../../test/corpus/meaning/', import.meta.url));
const corpus = (name: string) => readFileSync(`${CORPUS}${name}.json`, 'utf8');
const repair = repairer();

test('complete events without a length that begin in one moment lie in one another', async () => {
  const events = [X('outer', 0, 10), X('a', 5, 0), X('b', 5, 0), X('later', 5, 2), X('c', 7, 0)];
  const { tree } = await summaryOf(events);
  const [outer] = tree ?? [];
  // Those of a length come first.
  assert.deepEqual(
    outer?.children.map(({ name, children }) => [name, children.map((one) => one.name)]),
    [
      ['later', ['a']],
      ['c', []],
    ],
  );
  assert.deepEqual(
    outer?.children[0]?.children[0]?.children.map(({ name }) => name),
    ['b'],
  );
});

describe('begins and ends inside a complete event', () => {
  test('nest where they end in the same instant', async () => {
    const trace = corpus('begin-end-inside-x-same-end');
    assert.deepEqual(await times(trace), {
      inner: [1, 30, 30, 0],
      later: [1, 50, 50, 0],
      outer: [1, 50, 20, 0],
    });
    assert.deepEqual(found(trace), {});
    assert.equal((await repair(trace)).text.replace(/\n\]\n$/, ']\n'), `${trace.trim()}\n`);
  });

  test('nest in several levels that all end in the same instant, whatever their order in the file', async () => {
    const events = [X('a', 0, 50), X('b', 10, 40), B('c', 20), B('d', 30), E('d', 50), E('c', 50)];
    for (const order of [events, events.toReversed()]) {
      const { a, b, c } = await times(order);
      assert.deepEqual(
        [a, b, c],
        [
          [1, 50, 10, 0],
          [1, 40, 10, 0],
          [1, 30, 10, 0],
        ],
      );
    }
    assert.deepEqual(found(events), {});
  });

  test('end with it where their end is missing or comes later, and are found once each', async () => {
    const trace = [X('a', 0, 50), B('lost', 10), B('late', 20), X('next', 60, 5), E('late', 70)];
    const { lost, late, a } = await times(trace);
    assert.deepEqual(
      [a, lost, late],
      [
        [1, 50, 10, 0],
        [1, 40, 10, 0],
        [1, 30, 30, 0],
      ],
    );
    assert.deepEqual(found(trace), { 'slice-overlap': 2, 'end-without-begin': 1 });
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'begin-ended-with-outer': 2, 'end-without-begin-dropped': 1 });
    assert.deepEqual(
      events.map(({ ph, name, dur }) => [ph, name, dur]),
      [
        ['X', 'a', 50],
        ['X', 'lost', 40],
        ['X', 'late', 30],
        ['X', 'next', 5],
      ],
    );
  });

  test('end with it before the next complete event begins', async () => {
    const trace = [X('a', 0, 50), B('b', 10), X('c', 50, 10), X('d', 52, 3)];
    const right = { a: [1, 50, 10, 0], b: [1, 40, 40, 0], c: [1, 10, 7, 0], d: [1, 3, 3, 0] };
    assert.deepEqual(await times(trace), right);
    assert.deepEqual(found(trace), { 'slice-overlap': 1 });
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'begin-ended-with-outer': 1 });
    assert.deepEqual(await times(events), right);
    const ended = [B('a', 0), X('x', 5, 45), B('b', 10), B('c', 20), E('b', 50), X('d', 50, 10)];
    assert.deepEqual(found(ended), { 'begin-end-mismatch': 1 });
    assert.deepEqual((await times(ended))['c'], [1, 30, 30, 0]);
  });

  test('that never end are found once each, however deep they nest', () => {
    assert.deepEqual(found(corpus('one-defect-many-findings')), { 'slice-overlap': 29 });
    const many = Array.from({ length: 20_000 }, (_, i) => [
      B('b', 2 * i),
      X('x', 2 * i + 1, 90_000 - 4 * i),
    ]);
    assert.deepEqual(found(many.flat())['slice-overlap'], 19_999);
  });
});

describe('an end', () => {
  test('that names nothing that is open ends nothing', async () => {
    const trace = corpus('stray-end');
    assert.deepEqual(await times(trace), { one: [1, 100, 30, 0], two: [1, 70, 70, 0] });
    assert.deepEqual(found(trace), { 'end-without-begin': 1 });
    const { events } = await repair(trace);
    assert.deepEqual(await times(events), await times(trace));
  });

  test('that names an outer slice ends the inner ones with it', async () => {
    const trace = corpus('lost-inner-end');
    const right = { query: [1, 40, 40, 0], request: [2, 60, 20, 0], tail: [1, 10, 10, 0] };
    assert.deepEqual(await times(trace), right);
    assert.deepEqual(found(trace), { 'begin-end-mismatch': 1 });
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'begin-ended-with-outer': 1 });
    assert.deepEqual(await times(events), right);
  });

  test('that comes while others are open leaves them as much time of their own as they had until then', async () => {
    const events = [B('outer', 3), B('lost', 6), X('inner', 10, 15), E('outer', 11)];
    assert.deepEqual((await times(events))['lost'], [1, 5, 4, 0]);
    // Nothing lies inside of what begins when it ends.
    const behind = [B('outer', 3), B('lost', 6), E('outer', 11), X('next', 11, 4)];
    assert.deepEqual((await times(behind))['lost'], [1, 5, 5, 0]);
    // A complete event has an end of its own.
    const whole = [B('outer', 15), X('whole', 27, 21), X('inner', 30, 8), E('outer', 34)];
    assert.deepEqual((await times(whole))['whole'], [1, 21, 13, 0]);
  });

  test('of an inner slice that comes after that of the outer one is ignored', async () => {
    const trace = [B('a', 0), B('b', 10), E('a', 50), E('b', 60), X('c', 70, 10)];
    assert.deepEqual(await times(trace), {
      a: [1, 50, 10, 0],
      b: [1, 40, 40, 0],
      c: [1, 10, 10, 0],
    });
  });

  test('in the same instant as that of the outer slice is no fault, in whatever order', async () => {
    const trace = [B('a', 0), B('b', 10), E('a', 50), E('b', 50), X('c', 60, 1)];
    assert.deepEqual(await times(trace), { a: [1, 50, 10, 0], b: [1, 40, 40, 0], c: [1, 1, 1, 0] });
    assert.deepEqual(found(trace), {});
  });

  test('ends the last begin of its name and category, where these come again', async () => {
    const trace = [B('a', 0), B('a', 10, { cat: 'd' }), E('a', 30), B('a', 40), E('a', 45)];
    assert.deepEqual(await times(trace), { a: [3, 30 + 20 + 5, 10 + 20 + 5, 0] });
  });

  test('without a category, or a name, is still that of its begin in the repair', async () => {
    const trace = [
      B('a', 0),
      B('b', 10),
      { ...E('b', 20), cat: undefined },
      { ...E('', 30), cat: undefined, name: undefined },
    ];
    const right = { a: [1, 30, 20, 0], b: [1, 10, 10, 0] };
    assert.deepEqual(await times(trace), right);
    const { events, done, errors } = await repair(trace);
    assert.deepEqual(await times(events), right);
    assert.deepEqual(done, { 'begin-end-joined': 2, 'joined-end-dropped': 2 });
    assert.equal(errors, 0);
  });

  test('that is missing is found for slices that lie too deep, too', async () => {
    const inner = (i: number) => [B('b', 2 * i), X('x', 2 * i + 1, 4000 - 4 * i)];
    const trace = Array.from({ length: 600 }, (_, i) => inner(i)).flat();
    const { events, errors } = await repair(trace);
    const [before, after] = [await times(trace), await times(events)];
    for (const name of ['b', 'x']) {
      assert.equal(after[name]?.[0], before[name]?.[0]);
      assert.equal(after[name]?.[1], before[name]?.[1]);
    }
    assert.equal(errors, 0);
  });

  test('without a name, or a category, is that of the last begin that it can mean', async () => {
    const nameless = [B('a', 0), B('b', 10), E('', 20), { ...E('', 50), name: undefined }];
    assert.deepEqual(await times(nameless), { a: [1, 50, 40, 0], b: [1, 10, 10, 0] });
    assert.deepEqual(found(nameless), {});
    const uncategorised = [B('a', 0), B('b', 10), E('a', 50, { cat: undefined }), X('c', 60, 1)];
    assert.deepEqual((await times(uncategorised))['b'], [1, 40, 40, 0]);
  });
});

describe('an event without a tid', () => {
  test('is placed by its pid: slices on the thread of that number, all else in the process', async () => {
    const trace = corpus('no-tid');
    const { groups, counters, wall, threads } = await summaryOf(trace);
    assert.deepEqual(
      groups.map(({ key, kind, total }) => [key, kind, total]),
      [
        ['work', 'slice', 30_000],
        ['req', 'async', 40_000],
      ],
    );
    assert.deepEqual(
      counters.map(({ pid, name, count, min, max }) => [pid, name, count, min, max]),
      [[7, 'queue', 2, 1, 5]],
    );
    assert.equal(wall, 40_000);
    assert.deepEqual([threads[0]?.pid, threads[0]?.tid], [7, 7]);
    assert.deepEqual(found(trace), { 'thread-id': 1 });
  });

  test('is seen by the rules of tracks', () => {
    const without = (one: object) => ({ ...one, tid: undefined });
    assert.deepEqual(found([without(X('a', 0, 10)), X('b', 5, 10, { tid: 7 })]), {
      'thread-id': 1,
      'slice-overlap': 1,
    });
    const end = event('e', 'op', 3, { id: 1, pid: undefined, tid: undefined });
    assert.equal(found([end])['async-end-without-begin'], 1);
  });

  test('gets the pid for its tid in the repair, and one without a pid that of process 0', async () => {
    const { events } = await repair([
      { ...X('a', 0, 1), tid: undefined },
      { ...X('b', 2, 1), pid: undefined },
    ]);
    assert.deepEqual(
      events.map(({ pid, tid }) => [pid, tid]),
      [
        [7, 7],
        [0, 8],
      ],
    );
  });

  test('is sound where it names or labels a process', async () => {
    assert.deepEqual(found(corpus('process-name-without-tid')), { cat: 2 });
    const { processes } = await summaryOf(corpus('process-name-without-tid'));
    assert.deepEqual(
      processes.map(({ name }) => name),
      ['tool 2'],
    );
  });
});

describe('an id of an async operation', () => {
  const point = (ph: string, ts: number, pid: number, ids: object) =>
    event(ph, 'rpc', ts, { pid, tid: pid, ...ids });

  test('is that of all processes', async () => {
    const trace = corpus('async-across-processes');
    assert.deepEqual((await times(trace))['rpc'], [1, 300, 0, 0]);
    assert.deepEqual(found(trace), {});
    assert.deepEqual((await repair(trace)).done, {});
    const global = [
      point('b', 1, 1, { id2: { global: 'x' } }),
      point('e', 5, 2, { id2: { global: 'x' } }),
      point('b', 11, 1, { id: 'x' }),
      point('e', 15, 2, { id2: { global: 'x' } }),
    ];
    assert.deepEqual(await times(global), { rpc: [2, 8, 0, 0] });
    assert.deepEqual(found(global), {});
  });

  test('says what an end without a name ends: the last begin, also in the repair', async () => {
    const of = (ph: string, ts: number, more: object) =>
      event(ph, 'outer', ts, { id: '1', ...more });
    for (const name of [undefined, '', null]) {
      const trace = [
        of('b', 1, {}),
        of('b', 2, { name: 'inner' }),
        of('e', 5, { name }),
        of('e', 9, { name }),
      ];
      const right = { inner: [1, 3, 0, 0], outer: [1, 8, 0, 0] };
      assert.deepEqual(await times(trace), right);
      const { events, done, errors } = await repair(trace);
      assert.deepEqual([done, errors], [{ 'name-given': 2 }, 0]);
      assert.deepEqual(await times(events), right);
    }
  });

  test('says so, too, of slices that lie too deep, and become operations', async () => {
    const depth = 520;
    const begins = Array.from({ length: depth }, (_, i) => B(`s${i}`, i));
    const ends = Array.from({ length: depth }, (_, i) => E('', 1000 + i));
    const trace = [...begins, ...ends].map(({ ph, name, ...more }) => {
      return ph === 'E' ? { ph, ...more } : { ph, name, ...more };
    });
    const { events, errors } = await repair(trace);
    assert.equal(errors, 0);
    const count = ([calls, total, , open]: Times) => [calls, total, open];
    const byName = Object.entries(await times(events)).map(([name, one]) => [name, count(one)]);
    const before = Object.entries(await times(trace)).map(([name, one]) => [name, count(one)]);
    assert.deepEqual(byName, before);
  });

  test('is that of one process where it is local', async () => {
    const local = [
      point('b', 1, 1, { id2: { local: 'x' } }),
      point('b', 2, 2, { id2: { local: 'x' } }),
      point('e', 5, 1, { id2: { local: 'x' } }),
      point('e', 9, 2, { id2: { local: 'x' } }),
    ];
    assert.deepEqual(await times(local), { rpc: [2, 4 + 7, 0, 0] });
    assert.deepEqual(found(local), {});
  });

  test('is the local one where the global one is none', async () => {
    const id2 = { global: null, local: 'x' };
    const trace = [event('b', 'a', 0, { id2 }), event('e', 'a', 5, { id2: { local: 'x' } })];
    assert.deepEqual(found(trace), {});
    assert.deepEqual((await repair(trace)).done, {});
    assert.deepEqual(await times(trace), { a: [1, 5, 0, 0] });
  });

  test('that two processes use for operations of their own at once is found', () => {
    const crossed = ['b', 'b', 'e', 'e'].map((ph, i) => point(ph, i, 1 + (i % 2), { id: 'x' }));
    assert.deepEqual(found(crossed), { 'async-id-shared': 1 });
  });

  test('is exact beyond 2^53, wherever it stands', async () => {
    const trace = corpus('async-id-beyond-2-53');
    const { max, groups } = await summaryOf(trace).then(({ longest, groups }) => ({
      max: longest[0]?.duration,
      groups,
    }));
    assert.deepEqual([max, groups[0]?.count, groups[0]?.total], [38_000, 2, 48_000]);
    assert.deepEqual(found(trace), { 'large-id': 4 });
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'large-ids-made-text': 4 });
    const [big, less] = ['9007199254740993', '9007199254740992'];
    assert.deepEqual(
      events.map(({ id }) => id),
      [big, less, big, less],
    );
    const nested = trace.replaceAll(/"id":(\d+)/g, '"args":{"id":1},"id2":{"local":$1}');
    assert.equal((await summaryOf(nested)).groups[0]?.total, 48_000);
    const note = `"a \\\\\\" ${'x'.repeat(20_000_000)}"`;
    const long = trace.replace(/"id":(\d+)/, `"args":{"note":${note}},"id":$1`);
    assert.equal((await summaryOf(long)).groups[0]?.total, 48_000);
  });
});

describe('a flow', () => {
  const s = (ts: number, more = {}) => event('s', 'f', ts, { id: 5, ...more });
  const f = (ts: number, more = {}) => event('f', 'f', ts, { id: 5, bp: 'e', ...more });
  const all = X('all', 0, 1000);

  test('that has the id of one before it gets one of its own', async () => {
    assert.deepEqual(found(corpus('flow-id-reused')), { 'flow-started-twice': 1 });
    const { events, done } = await repair(corpus('flow-id-reused'));
    assert.deepEqual(done, { 'flow-parted': 1 });
    const ids = events.filter(({ ph }) => ph !== 'X').map(({ id }) => id);
    assert.deepEqual(ids.slice(0, 2), ['5', '5']);
    assert.equal(ids[2], ids[3]);
    assert.notEqual(ids[2], '5');
  });

  test('is one of many with that id, each with its steps and ends', async () => {
    const trace = [all, s(1), f(2), s(3), event('t', 'f', 4, { id: 5 }), f(5), s(6), f(7), f(8)];
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'flow-parted': 2 });
    const ids = events.slice(1).map(({ id }) => id);
    const [first, , second, , , third] = ids;
    assert.deepEqual(ids, [first, first, second, second, second, third, third, third]);
    assert.equal(new Set(ids).size, 3);
  });

  test('that comes from nowhere by bind_id is found, and the slice unbound', async () => {
    const trace = corpus('bind-id-without-producer');
    assert.deepEqual(found(trace), { 'flow-without-start': 1 });
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'flow-unbound': 1 });
    assert.deepEqual(
      events.map(({ bind_id: id }) => id),
      ['0x1', '0x1', '0x1', undefined],
    );
  });

  test('by bind_id is no other than by its number, and apart from flows that are events', () => {
    const bound = (name: string, ts: number, more: object) => X(name, ts, 5, { ...more });
    assert.deepEqual(
      found([
        bound('a', 0, { bind_id: '0x10', flow_out: true }),
        bound('b', 10, { bind_id: 16, flow_in: true, flow_out: true }),
        bound('c', 20, { bind_id: '10', flow_in: true }),
      ]),
      {},
    );
    assert.deepEqual(
      found([all, s(1, { id: 16 }), bound('c', 20, { bind_id: '10', flow_in: true })]),
      { 'flow-without-start': 1 },
    );
    assert.deepEqual(
      found([
        bound('c', 20, { bind_id: '10', flow_in: true }),
        bound('a', 30, { bind_id: '0x10', flow_out: true }),
      ]),
      { 'flow-order': 1 },
    );
  });

  test('has the id that Perfetto reads: with zeros before it, or a sign', async () => {
    for (const [one, other] of [
      ['0x00000000000000001', '0x1'],
      ['0000000000000000000000001', 1],
      [-5, -5],
      [-5, '0xfffffffffffffffb'],
      ['-5', -5],
    ]) {
      const trace = [all, s(1, { id: one }), f(2, { id: other })];
      assert.deepEqual(found(trace), {});
      assert.deepEqual((await repair(trace)).done, {});
    }
    for (const id of ['0x10000000000000000', '', '-', '0x', 'x', 1.5, null]) {
      assert.deepEqual(found([all, s(1, { id }), f(2, { id })]), { 'flow-id': 2 });
    }
  });

  test('that starts before the begin of its slice, at its time, is moved behind it', async () => {
    const trace = [s(5), B('a', 5), E('a', 9), X('b', 20, 9), f(22)];
    assert.deepEqual(found(trace), { 'flow-outside-slice': 1 });
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'flow-moved-into-slice': 1 });
    assert.deepEqual(
      events.map(({ ph }) => ph),
      ['B', 's', 'E', 'X', 'f'],
    );
  });

  test('that is moved into its slice can have an id of its own, too', async () => {
    const trace = [all, s(1), f(2), s(1005), B('a', 1005), E('a', 1009), X('b', 1020, 9), f(1022)];
    const { events } = await repair(trace);
    const ids = events.filter(({ ph }) => ph === 's' || ph === 'f').map(({ id }) => id);
    const [first, , second] = ids;
    assert.deepEqual(ids, [first, first, second, second]);
    assert.notEqual(first, second);
  });

  test('leads to the next slice where its end lies outside all and does not say otherwise', async () => {
    const toNext = (ts: number) => f(ts, { bp: undefined });
    const trace = [all, s(1), toNext(1100), X('b', 1120, 5)];
    assert.deepEqual(found(trace), {});
    assert.deepEqual((await repair(trace)).events, JSON.parse(JSON.stringify(trace)));
    assert.deepEqual(found([all, s(1), toNext(1100), B('b', 1100), E('b', 1101)]), {});
    assert.deepEqual(found([all, s(1), toNext(1100)]), { 'flow-outside-slice': 1 });
    assert.deepEqual(found([all, s(1), toNext(2)]), { 'flow-binding-point': 1 });
    const { done } = await repair([all, s(1), toNext(2)]);
    assert.deepEqual(done, { 'flow-end-bound': 1 });
  });

  test('lies in a complete event that ends with it, and in no begin that has ended', async () => {
    assert.deepEqual(found([X('a', 0, 10), s(10), X('b', 30, 10), f(40)]), {});
    assert.deepEqual(found([X('a', 0, 10), s(10), X('b', 30, 10), f(41)]), {
      'flow-outside-slice': 1,
    });
    assert.deepEqual(found([X('a', 0, 10), s(10), B('b', 30), E('b', 40), f(40)]), {
      'flow-outside-slice': 1,
    });
  });
});

describe('older and rarer events', () => {
  test('async operations of the old kind are read', async () => {
    const trace = corpus('old-async');
    assert.deepEqual(await times(trace), { fetch: [1, 40, 0, 0] });
    assert.deepEqual(found(trace), { 'ignored-phase': 3 });
    const named = ['S', 'S', 'F', 'F'].map((ph, i) => event(ph, 'ab'[i % 2] ?? '', i, { id: 1 }));
    assert.deepEqual(await times(named), { a: [1, 2, 0, 0], b: [1, 2, 0, 0] });
    assert.deepEqual(found(named), { 'ignored-phase': 4 });
    assert.deepEqual(await times((await repair(named)).events), await times(named));
  });

  test('a complete event without a duration was open when the trace ended', async () => {
    const trace = corpus('x-without-dur');
    assert.deepEqual(await times(trace), { load: [1, 20, 20, 0], startup: [0, 0, 0, 1] });
    const { events, done } = await repair(trace);
    assert.deepEqual(done, { 'complete-made-begin': 1 });
    assert.deepEqual([events[0]?.['ph'], events[0]?.['dur']], ['B', undefined]);
    for (const dur of [null, 'x', '']) {
      assert.deepEqual((await times([X('a', 0, 0, { dur })]))['a'], [0, 0, 0, 1]);
    }
  });

  test('a complete event without a duration takes no end, and lies around what begins with it', async () => {
    const trace = [B('a', 0), X('a', 10, 0, { dur: undefined }), E('a', 50)];
    const right = { a: [2, 90, 50, 0] };
    assert.deepEqual(await times(trace), right);
    assert.deepEqual(found(trace), { 'begin-end-mismatch': 1, time: 1 });
    assert.deepEqual(await times((await repair(trace)).events), right);
    const lone = [X('a', 10, 0, { dur: undefined }), E('a', 50)];
    assert.deepEqual(await times(lone), { a: [0, 0, 0, 1] });
    assert.deepEqual(found(lone), { 'end-without-begin': 1, time: 1 });
    assert.deepEqual(await times((await repair(lone)).events), { a: [0, 0, 0, 1] });
    assert.equal(found([lone[0] ?? {}, E('a', 10)])['end-without-begin'], 1);
    for (const inner of [[X('b', 10, 5)], [B('b', 10), E('b', 15)]]) {
      const together = [...inner, X('a', 10, 0, { dur: undefined })];
      const { events, errors } = await repair(together);
      assert.equal(errors, 0);
      assert.deepEqual(await times(events), { a: [0, 0, 0, 1], b: [1, 5, 5, 0] });
    }
  });

  test('the state of a thread is kept', async () => {
    const state = event('T', 'Running', 5, { dur: 7, id: 1 });
    assert.deepEqual(found([state]), {});
    const { events, done } = await repair([state, X('a', 1, 1)]);
    assert.deepEqual([events[0], done], [state, {}]);
  });

  test('numbers that are text are numbers', async () => {
    const trace = [
      X('a', 0, 0, { ts: '10', dur: '5.5' }),
      event('C', 'n', 20, { args: { v: '3', w: ' 4.5 ', none: '', x: 'NaN' } }),
    ];
    assert.deepEqual((await times(trace))['a'], [1, 5.5, 5.5, 0]);
    const { counters } = await summaryOf(trace);
    assert.deepEqual(
      counters.map(({ series, max }) => [series, max]),
      [
        ['v', 3],
        ['w', 4.5],
      ],
    );
  });

  test('of a phase with several letters the first one counts', async () => {
    const trace = [X('a', 0, 5, { ph: 'Xyz' }), event('Unknown', 'b', 1)];
    assert.deepEqual((await times(trace))['a'], [1, 5, 5, 0]);
    assert.deepEqual(found(trace), { phase: 2 });
    const { events, done } = await repair(trace);
    assert.deepEqual(events, [X('a', 0, 5)]);
    assert.deepEqual(done, { 'phase-shortened': 1, 'unknown-phase-dropped': 1 });
  });

  test('an empty event is one finding, and is left out', async () => {
    const trace = [X('a', 0, 1), {}];
    assert.deepEqual(found(trace), { 'empty-event': 1 });
    assert.deepEqual((await repair(trace)).events, [X('a', 0, 1)]);
  });

  test('a unit of times that is none of the format is found', async () => {
    const trace = (unit: unknown) =>
      JSON.stringify({ displayTimeUnit: unit, traceEvents: [X('a', 0, 1)] });
    for (const unit of ['ms', 'ns']) assert.deepEqual(found(trace(unit)), {});
    for (const unit of ['us', 's', 1, null, {}]) {
      assert.deepEqual(found(trace(unit)), { 'display-time-unit': 1 });
    }
    assert.match((await repair(trace('us'))).text, /"displayTimeUnit":"ms"/);
  });
});
