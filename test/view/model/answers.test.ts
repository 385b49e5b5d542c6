import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { summarizeRequests } from '#src/reader/requests/requests.js';
import type {
  FindAnswer,
  FlameAnswer,
  FlameNode,
  ListAnswer,
  Picture,
  RequestsAnswer,
  SliceDetails,
  SliceFacts,
  Statistics,
} from '#src/view/wire/questions.js';
import { repetitions } from '../../effort.js';
import { B, E, event, textOf, X } from '../../reader/read.js';
import { type Loaded, load } from './load-events.js';

const async = (ph: string, name: string, ts: number, id: number, more = {}) =>
  event(ph, name, ts, { id, ...more });
const args = (more: object) => ({ args: more });

/** a [0, 10] holds b [1, 4] and b [5, 9], which holds c [6, 8]; d [20, 24] stands alone. */
const NESTED = [X('a', 0, 10), X('b', 1, 3), X('b', 5, 4), X('c', 6, 2), X('d', 20, 4)];

const ask = {
  details: async (trace: Loaded, slice: number) =>
    (await trace.model.answer({ ask: 'slice', slice })) as SliceDetails,
  statistics: async (trace: Loaded, from: number, to: number) =>
    (await trace.model.answer({ ask: 'statistics', from, to })) as Statistics,
  find: async (trace: Loaded, text: string, limit = 100) =>
    (await trace.model.answer({ ask: 'find', text, limit })) as FindAnswer,
  flame: async (trace: Loaded, direction: 'down' | 'up', from = 0, to = 1e9) =>
    (await trace.model.answer({ ask: 'flame', from, to, direction })) as FlameAnswer,
};

describe('the numbers of a range', () => {
  test('count the part of each slice that lies in it', async () => {
    const trace = await load(NESTED);
    const { names, threads } = await ask.statistics(trace, 2000, 7000);
    assert.deepEqual(
      names.map(({ name, count, total, self }) => [name, count, total, self]),
      [
        ['a', 1, 5000, 1000],
        ['b', 2, 4000, 3000],
        ['c', 1, 1000, 1000],
      ],
    );
    assert.deepEqual(
      threads.map(({ busy }) => busy),
      [5000],
    );
  });

  test('are what adding up one by one gives, for any slices', async () => {
    const slices = fc.array(
      fc.record({
        start: fc.integer({ min: 0, max: 1000 }),
        length: fc.integer({ min: 1, max: 50 }),
        name: fc.constantFrom('x', 'y'),
        cat: fc.constantFrom('one', 'two'),
      }),
      { minLength: 1, maxLength: 50 },
    );
    const range = fc.record({ from: fc.nat(900), length: fc.integer({ min: 1, max: 500 }) });
    const property = fc.asyncProperty(slices, range, async (all, { from, length }) => {
      // Each on a thread of its own.
      const trace = await load(
        all.map(({ start, length, name, cat }, i) => X(name, start, length, { cat, tid: i + 1 })),
      );
      const first = Math.min(...all.map(({ start }) => start));
      const to = from + length;
      const answer = await ask.statistics(trace, 1000 * from, 1000 * to);
      for (const name of ['x', 'y']) {
        const parts = all
          .filter((slice) => slice.name === name)
          .map(({ start, length }) => [start - first, start - first + length] as const)
          .filter(([start, end]) => start < to && end > from)
          .map(([start, end]) => 1000 * (Math.min(end, to) - Math.max(start, from)))
          .sort((a, b) => a - b);
        const found = answer.names.find((row) => row.name === name);
        const rank = (part: number) => parts[Math.max(1, Math.ceil(part * parts.length)) - 1];
        const total = parts.reduce((sum, part) => sum + part, 0);
        assert.deepEqual(
          [found?.count ?? 0, found?.total ?? 0, found?.p50, found?.p95, found?.max],
          [parts.length, total, rank(0.5), rank(0.95), parts.at(-1)],
        );
      }
      trace.trace.file.close();
    });
    await fc.assert(property, { numRuns: repetitions(60, { quick: 15 }) });
  });

  test('are those of a name in all its categories, for few slices and for many', async () => {
    for (const count of [1000, 30_000]) {
      const trace = await load(
        Array.from({ length: count }, (_, i) => X('x', 10 * i, 1 + (i % 8), { cat: `c${i % 3}` })),
      );
      const [row, ...others] = (await ask.statistics(trace, 0, 1e12)).names;
      assert.deepEqual(others, []);
      const [sum, largest] = [1000 * count * 4.5, 8000];
      assert.deepEqual([row.count, row.total, row.self, row.max], [count, sum, sum, largest]);
      for (const [quantile, expected] of [
        [row.p50, 4000],
        [row.p95, 8000],
      ]) {
        assert.ok(Math.abs(quantile - expected) <= 0.01 * expected, `${quantile}, not ${expected}`);
      }
      trace.trace.file.close();
    }
  });

  test('weigh values of counters by how long they hold', async () => {
    const counter = (ts: number, value: number) => event('C', 'n', ts, args({ value }));
    const trace = await load([counter(0, 10), counter(4, 20), counter(10, 0)]);
    const { counters } = await ask.statistics(trace, 2000, 8000);
    assert.deepEqual(
      counters.map(({ series, mean, max }) => [series, mean, max]),
      [['value', (2 * 10 + 4 * 20) / 6, 20]],
    );
  });
});

describe('a flame graph', () => {
  const shape = (nodes: readonly FlameNode[]): unknown =>
    nodes.map(({ name, total, self, children }) => [name, total, self, shape(children)]);

  test('has calls below the calls that they lie in', async () => {
    const { total, roots, isShortened } = await ask.flame(await load(NESTED), 'down');
    assert.deepEqual([total, isShortened], [14_000, false]);
    assert.deepEqual(shape(roots), [
      ['a', 10_000, 3000, [['b', 7000, 5000, [['c', 2000, 2000, []]]]]],
      ['d', 4000, 4000, []],
    ]);
  });

  test('counts calls that took no time, or had none of their own, as the table of names does', async () => {
    const events = [X('a', 0, 5), X('b', 0, 5), X('b', 6, 0), X('a', 7, 2), X('a', 20, 1)];
    const trace = await load(events);
    const { names } = await ask.statistics(trace, 0, 20_000);
    const counts = (list: readonly { name: string; count: number }[]) =>
      Object.fromEntries(list.map(({ name, count }) => [name, count]));
    assert.deepEqual(counts(names), { a: 2, b: 2 });
    const { roots } = await ask.flame(trace, 'up', 0, 20_000);
    assert.deepEqual(counts(roots), { a: 2, b: 2 });
  });

  test('has what outlives the slice that it began in beside it, and each time is that of someone', async () => {
    const crossing = await load([B('p', 0), X('c', 5, 10), X('d', 6, 4), E('p', 12)]);
    const { total, roots } = await ask.flame(crossing, 'down');
    assert.deepEqual(shape(roots), [
      ['p', 12_000, 12_000, []],
      ['c', 10_000, 6000, [['d', 4000, 4000, []]]],
    ]);
    const up = await ask.flame(crossing, 'up');
    assert.equal(
      up.roots.reduce((sum, one) => sum + one.total, 0),
      total,
    );
  });

  test('turned round has the callers above each name, with the time of its own', async () => {
    const { roots } = await ask.flame(await load(NESTED), 'up');
    assert.deepEqual(shape(roots), [
      ['b', 5000, 5000, [['a', 5000, 0, []]]],
      ['d', 4000, 4000, []],
      ['a', 3000, 3000, []],
      ['c', 2000, 2000, [['b', 2000, 0, [['a', 2000, 0, []]]]]],
    ]);
  });
});

describe('the details of a slice', () => {
  test('have what lies in a slice that overlaps others, which stands below it', async () => {
    const trace = await load([B('p', 0), X('c', 5, 10), X('d', 6, 4), X('e', 7, 1), E('p', 12)]);
    const { callees, self, belonging } = await ask.details(trace, trace.slice('c'));
    assert.deepEqual([callees, self], [[{ name: 'd', count: 1, total: 4000 }], 6000]);
    assert.equal(belonging, 3);
  });

  test('have what lies around it, what lies in it, and its time without that', async () => {
    const trace = await load(NESTED);
    const { callers, callees, self } = await ask.details(trace, trace.slice('a'));
    assert.deepEqual([callers, callees, self], [[], [{ name: 'b', count: 2, total: 7000 }], 3000]);
    const inner = await ask.details(trace, trace.slice('c'));
    assert.deepEqual(
      inner.callers.map(({ name, start }) => [name, start]),
      [
        ['a', 0],
        ['b', 5000],
      ],
    );
  });

  test('lead to the ones of the same name before and after, and on in the lane', async () => {
    const trace = await load([...NESTED, X('b', 3, 1, { tid: 9 })]);
    const starts: number[] = [];
    const { hits } = await ask.find(trace, 'b');
    let at: number | undefined = hits[0]?.slice;
    while (at !== undefined) {
      const details = await ask.details(trace, at);
      starts.push(details.start);
      at = details.next;
    }
    assert.deepEqual(starts, [1000, 3000, 5000]);
    const step = async (slice: number, forward: boolean) =>
      (await trace.model.answer({ ask: 'step', slice, by: 'lane', forward })) as
        | SliceFacts
        | undefined;
    assert.equal((await step(trace.slice('a'), true))?.name, 'd');
    assert.equal(await step(trace.slice('d'), true), undefined);
    assert.equal(await step(trace.slice('a'), false), undefined);
  });

  test('of what is not there are refused', async () => {
    const trace = await load(NESTED);
    await assert.rejects(ask.details(trace, 99), { code: 'TRACELANE_BAD_QUESTION' });
    const draw = { ask: 'draw', from: 0, to: 1, pixels: 1, tracks: [77] } as const;
    await assert.rejects(trace.model.answer(draw), { code: 'TRACELANE_BAD_QUESTION' });
  });
});

test('the longest slices of a range are listed in the order of time', async () => {
  const trace = await load(NESTED);
  const tracks = [(await trace.track('thread')).track];
  const question = { ask: 'list', from: 0, to: 30_000, tracks, limit: 3 } as const;
  const { count, slices } = (await trace.model.answer(question)) as ListAnswer;
  assert.equal(count, 5);
  assert.deepEqual(
    slices.map(({ name, start }) => [name, start]),
    [
      ['a', 0],
      ['b', 5000],
      ['d', 20_000],
    ],
  );
});

describe('find', () => {
  const events = [
    event('M', 'thread_name', 0, { tid: 9, args: { name: 'Worker 1' } }),
    X('Query users', 0, 20, { cat: 'db,sql', args: { text: 'say "hi"', n: 42 } }),
    X('query items', 30_000, 20_000, { tid: 9, args: { n: 7 } }),
    X('just so', 100, 1.001),
    event('i', 'query moment', 5, { s: 't' }),
  ];
  for (const [text, expected] of [
    ['query', ['Query users', 'query moment', 'query items']],
    ['query users', ['Query users']],
    ['"y i"', ['query items']],
    ['name:ITEMS', ['query items']],
    ['cat:db', ['Query users']],
    ['thread:worker', ['query items']],
    ['dur>10ms', ['query items']],
    ['dur<=20us', ['Query users', 'just so']],
    ['dur>20us query', ['query items']],
    ['dur>=20us dur<1s', ['Query users', 'query items']],
    ['dur=1.001us', ['just so']],
    ['dur>1.001us dur<20us', []],
    ['arg:42', ['Query users']],
    ['arg:"say \\"hi\\""', []],
    ['arg:hi', ['Query users']],
    ['arg:query', []],
    ['', []],
  ] as const) {
    test(`${text || 'nothing'} finds ${expected.length}`, async () => {
      const trace = await load(events);
      const { hits, count, marks, problem } = await ask.find(trace, text);
      assert.deepEqual(
        hits.map(({ name }) => name),
        expected,
      );
      assert.equal(count, expected.length);
      assert.equal(
        marks.reduce((sum, mark) => sum + mark, 0),
        count,
      );
      assert.equal(problem, undefined);
    });
  }

  for (const [text, problem] of [
    ['dur>10', /a time was expected, like dur>10ms/],
    ['dur>fast', /a time was expected/],
    ['dur>10parsecs', /Units are ns, us, ms and s/],
    ['cat:""', /cat: needs a text behind it, like cat:db/],
  ] as const) {
    test(`says what is wrong with ${text}`, async () => {
      const answer = await ask.find(await load(events), text);
      assert.match(answer.problem ?? '', problem);
      assert.deepEqual([answer.count, answer.hits], [0, []]);
    });
  }

  test('lists the first hits, and counts all', async () => {
    const trace = await load(Array.from({ length: 5000 }, (_, i) => X('x', 10 * (5000 - i), 1)));
    const { hits, count } = await ask.find(trace, 'x', 2);
    assert.deepEqual([hits.map(({ start }) => start), count], [[0, 10_000], 5000]);
  });
});

describe('what belongs to a slice', () => {
  const members = async (trace: Loaded, name: string) => {
    const { root, belonging } = await ask.details(trace, trace.slice(name));
    const { tracks } = await trace.facts();
    const question = { from: -1, to: 1e7, pixels: 16_000, belongingTo: trace.slice(name) };
    const picture = await trace.model.answer({
      ask: 'draw',
      tracks: tracks.map(({ track }) => track),
      ...question,
    });
    const found: string[] = [];
    for (const { slices, flags } of (picture as Picture).slices) {
      for (const [i, slice] of slices.entries()) {
        if (((flags[i] as number) & 16) !== 0) found.push(trace.nameOf(slice));
      }
    }
    assert.equal(found.length, belonging);
    return [root?.name, found.sort()];
  };

  test('is what tracelane says, on all threads, with what lies inside, and in other processes', async () => {
    const trace = await load([
      async('b', 'request', 0, 1, args({ 'op.id': 'r' })),
      X('handler', 100, 50, args({ 'op.root': 'r' })),
      X('inside', 110, 10),
      async('b', 'call', 120, 2, args({ 'op.root': 'r', 'op.id': 'c', 'trace.span': 's1' })),
      async('b', 'answer', 130, 3, { pid: 9, ...args({ 'op.id': 'q', 'trace.parent': 's1' }) }),
      X('work', 140, 5, { pid: 9, ...args({ 'op.root': 'q' }) }),
      async('e', 'answer', 150, 3, { pid: 9 }),
      async('e', 'call', 160, 2),
      async('e', 'request', 200, 1),
      async('b', 'other request', 50, 4, args({ 'op.id': 'x' })),
      X('other', 300, 5, args({ 'op.root': 'x' })),
      async('e', 'other request', 400, 4),
    ]);
    const all = ['answer', 'call', 'handler', 'inside', 'request', 'work'];
    for (const name of all) assert.deepEqual(await members(trace, name), ['request', all]);
    assert.deepEqual(await members(trace, 'other'), ['other request', ['other', 'other request']]);
  });

  test('is what arrows and operations lead to, in the traces of others', async () => {
    const point = (ph: string, ts: number, tid: number) =>
      event(ph, 'flow', ts, { id: 5, tid, ...(ph === 'f' ? { bp: 'e' } : {}) });
    const trace = await load([
      X('start', 0, 100),
      X('deep', 10, 50),
      point('s', 20, 8),
      X('step', 200, 50, { tid: 9 }),
      X('in step', 210, 10, { tid: 9 }),
      point('t', 205, 9),
      X('end', 300, 50, { tid: 10 }),
      point('f', 310, 10),
      X('alone', 400, 50, { tid: 10 }),
      async('b', 'outer', 500, 7),
      async('b', 'inner', 510, 7),
      async('e', 'inner', 520, 7),
      async('e', 'outer', 530, 7),
    ]);
    const chain = ['deep', 'end', 'in step', 'step'];
    assert.deepEqual(await members(trace, 'end'), ['deep', chain]);
    assert.deepEqual(await members(trace, 'start'), ['start', [...chain, 'start'].sort()]);
    assert.deepEqual(await members(trace, 'alone'), [undefined, ['alone']]);
    assert.deepEqual(await members(trace, 'inner'), ['outer', ['inner', 'outer']]);
    const { flows } = await ask.details(trace, trace.slice('step'));
    assert.deepEqual(
      flows.map(({ from, to }) => `${from.name} to ${to.name}`),
      ['deep to step', 'step to end'],
    );
  });
});

test('arrows to several ends of a flow come from what is before the first of them', async () => {
  const at = (ph: string, ts: number) => [
    X(`${ph}${ts}`, ts, 50),
    event(ph, 'flow', ts + 10, { id: 5, ...(ph === 'f' ? { bp: 'e' } : {}) }),
  ];
  const trace = await load(
    [at('s', 0), at('f', 100), at('f', 200), at('t', 300), at('f', 400)].flat(),
  );
  const { from, to } = trace.trace.data.arrows;
  assert.deepEqual(
    Array.from(from, (slice, i) => `${trace.nameOf(slice)} to ${trace.nameOf(to[i] as number)}`),
    ['s0 to f100', 's0 to f200', 's0 to t300', 't300 to f400'],
  );
});

test('requests are those of the summary, with their slowest ones', async () => {
  const events = [0, 1, 2].flatMap((i) => {
    const at = 1000 * i;
    return [
      async('b', 'GET /', at, i, { cat: 'http', ...args({ 'op.id': `r${i}` }) }),
      X('handler', at + 10, 20, args({ 'op.root': `r${i}` })),
      async('b', 'query', at + 40, 100 + i, {
        cat: 'db',
        ...args({ 'op.root': `r${i}`, 'op.id': `q${i}` }),
      }),
      async('e', 'query', at + 60, 100 + i, { cat: 'db' }),
      X('somebody else', at + 65, 5),
      async('e', 'GET /', at + 100 + i, i, { cat: 'http' }),
    ];
  });
  const trace = await load(events);
  const { routes } = (await trace.model.answer({ ask: 'requests' })) as RequestsAnswer;
  const { routes: summarized } = await summarizeRequests(bytesOf(textOf(events)));
  assert.equal(routes.length, 1);
  assert.equal((await trace.facts()).requests, 3);
  for (const [i, { slowest, ...route }] of routes.entries()) {
    const { slowest: _, total: __, ...known } = summarized[i] as (typeof summarized)[number];
    assert.deepEqual(route, known);
    assert.deepEqual(
      slowest.map(({ duration }) => duration),
      [102_000, 101_000, 100_000],
    );
  }
});

test('lists requests that were never ended, the oldest first', async () => {
  const open = (name: string, id: number, at: number, cat = 'http') =>
    async('b', name, at, id, { cat, ...args({ 'op.id': `p.1.${id}` }) });
  const trace = await load([
    ...[open('GET /', 1, 30), open('GET /b', 2, 10), open('worker', 3, 0, 'worker')],
    X('last', 90, 10),
  ]);
  const { routes, unfinished } = (await trace.model.answer({ ask: 'requests' })) as RequestsAnswer;
  assert.deepEqual(routes, []);
  assert.equal(unfinished.count, 2);
  assert.deepEqual(
    unfinished.oldest.map(({ name, duration }) => [name, duration]),
    [
      ['GET /b', null],
      ['GET /', null],
    ],
  );
  assert.equal((await trace.facts()).requests, 2);
});

async function* bytesOf(text: string) {
  yield Buffer.from(text);
}
