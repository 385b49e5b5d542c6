import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

interface Made {
  readonly id?: string;
  readonly root?: string;
  readonly parent?: string;
  readonly cat?: string;
  readonly tid?: number;
  readonly span?: string;
  readonly caller?: string;
}

function argumentsOf({ id, root, parent, span, caller }: Made) {
  return {
    ...(id && { 'op.id': id }),
    ...(root && { 'op.root': root }),
    ...(parent && { 'op.parent': parent }),
    ...(span && { 'trace.span': span }),
    ...(caller && { 'trace.parent': caller }),
  };
}

/** Microseconds. */
function slice(name: string, ts: number, end: number, made: Made = {}) {
  const { cat = 'test', tid = 1 } = made;
  return { name, cat, ph: 'X', ts, dur: end - ts, pid: 1, tid, args: argumentsOf(made) };
}

function operation(name: string, ts: number, end: number, made: Made & { track: string }) {
  const { cat = 'test', tid = 1, track: id } = made;
  const both = { name, cat, id, pid: 1, tid };
  return [
    { ...both, ph: 'b', ts, args: argumentsOf(made) },
    { ...both, ph: 'e', ts: end, args: {} },
  ];
}

/** As tracelane writes it: what is inside comes before what is around it. */
const TRACE = [
  slice('in parse', 110, 120, { root: 'a' }),
  slice('parse', 100, 200, { root: 'a' }),
  slice('minor GC', 150, 160, { cat: 'gc' }),
  slice('of somebody else', 300, 400),
  ...operation('query', 200, 500, { id: 'q', root: 'a', cat: 'db', track: '1' }),
  slice('row', 450, 500, { root: 'a', parent: 'q' }),
  ...operation('fetch', 480, 700, { id: 'f', root: 'a', cat: 'http', track: '2' }),
  ...operation('GET /users', 100, 1100, { id: 'a', cat: 'http', track: '1' }),
  slice('late', 1200, 1210, { root: 'a' }),
  ...operation('GET /users', 2000, 2100, { id: 'b', cat: 'http', track: '3' }),
  slice('job', 3000, 3050, { id: 'c' }),
];

async function run(...args: string[]) {
  return tracelane(['summary', file('trace.json', TRACE), ...args]);
}

describe('tracelane summary --requests', () => {
  test('says how long requests took, and counts each moment of theirs once', async () => {
    const { stdout } = await run('--requests', '--json');
    const { requests, routes } = JSON.parse(stdout);
    assert.equal(requests, 3);
    const [users, job] = routes;
    assert.deepEqual(
      [users.name, users.count, users.total, users.p50, users.max, users.slowest],
      ['GET /users', 2, 1_100_000, 100_000, 1_000_000, 'a'],
    );
    assert.deepEqual(users.time, {
      gc: 10_000,
      own: 140_000,
      loop: 100_000,
      db: 150_000,
      http: 200_000,
      other: 500_000,
    });
    assert.equal(job.time.own, 50_000);
  });

  test('shows a table, and can leave names out', async () => {
    const { stdout } = await run('--requests', '--filter', 'users');
    assert.match(stdout, /3 requests/);
    assert.match(stdout, /GET \/users +2 .* 1\.\d+ ms|GET \/users +2 .* 1 ms/);
    assert.doesNotMatch(stdout, /job/);
  });

  test('counts no workers, processes, connections, look-ups, files and queries among them', async () => {
    const kinds = ['worker', 'process', 'net', 'dns', 'fs', 'db', 'graphql'];
    const others = kinds.flatMap((cat, i) =>
      operation(`a ${cat}`, 0, 5000, { id: `x${i}`, cat, track: `9${i}` }),
    );
    const path = file('with-others.json', [...others, ...TRACE]);
    const { stdout } = await tracelane(['summary', path, '--requests', '--json']);
    const { requests, routes } = JSON.parse(stdout);
    assert.equal(requests, 3);
    assert.deepEqual(
      routes.map(({ name }: { name: string }) => name),
      ['GET /users', 'job'],
    );
  });

  test('lists those that were never ended, and draws what is known of them', async () => {
    const open = (name: string, ts: number, made: Made & { track: string }) =>
      operation(name, ts, ts, made).slice(0, 1);
    const path = file('unfinished.json', [
      ...TRACE,
      ...open('GET /hangs', 4000, { id: 'h1', cat: 'http', track: '11' }),
      ...open('GET /hangs', 4500, { id: 'h2', cat: 'http', track: '12' }),
      ...open('a worker', 4000, { id: 'w', cat: 'worker', track: '13' }),
      slice('parse', 4100, 4200, { root: 'h1' }),
      ...open('query', 4200, { id: 'q1', root: 'h1', cat: 'db', track: '14' }),
      // It may be older than what is still open in it.
      ...open('query', 2050, { id: 'q2', root: 'b', cat: 'db', track: '15' }),
      slice('last', 4900, 5000),
    ]);
    const converted = file('unfinished.pftrace');
    await tracelane(['convert', path, '-o', converted]);
    for (const one of [path, converted]) {
      const { stdout } = await tracelane(['summary', one, '--requests', '--json']);
      const { requests, unfinished, routes } = JSON.parse(stdout);
      assert.equal(requests, 3);
      assert.deepEqual(unfinished, [
        { name: 'GET /hangs', count: 2, oldest: 'h1', open: 1_000_000 },
      ]);
      assert.equal(routes[0].time.db, 150_000 + 50_000);
      const tree = await tracelane(['summary', one, '--request', 'h1']);
      assert.match(tree.stdout, /GET \/hangs +http +0 ns +never ended/);
      assert.match(tree.stdout, /parse .*100 µs/);
      assert.match(tree.stdout, /query +db +200 µs +never ended/);
      const part = await tracelane(['cut', one, '--request', 'h1', '-o', file('part.json')]);
      assert.equal(part.code, 0);
    }
    const { stdout } = await tracelane(['summary', path, '--requests']);
    assert.match(stdout, /never ended +count +open for +oldest\nGET \/hangs +2 +1 ms +h1/);
  });

  test('says the same of slices that have begins and ends of their own', async () => {
    const trace = [...TRACE, slice('step', 3010, 3020, { root: 'c' })];
    const [path, converted] = [file('nested.json', trace), file('nested.pftrace')];
    await tracelane(['convert', path, '-o', converted]);
    const [before, after] = await Promise.all(
      [path, converted].map((one) => tracelane(['summary', one, '--requests', '--json'])),
    );
    const { routes, ...others } = JSON.parse(before.stdout);
    assert.deepEqual(JSON.parse(after.stdout), { ...others, file: converted, routes });
    const tree = async (one: string) => tracelane(['summary', one, '--request', 'c', '--json']);
    const [whole, again] = [await tree(path), await tree(converted)];
    assert.match(whole.stdout, /step/);
    assert.deepEqual(JSON.parse(again.stdout).root, JSON.parse(whole.stdout).root);
  });

  test("looks at the thread of each request in Perfetto's format, too", async () => {
    const path = file('threads.json', [
      { name: 'process_name', ph: 'M', pid: 1, tid: 1, args: { name: 'app' } },
      slice('GC', 110, 120, { cat: 'gc', tid: 1 }),
      slice('of the main thread', 200, 230, { tid: 1 }),
      slice('GC', 300, 305, { cat: 'gc', tid: 2 }),
      slice('of a worker', 400, 440, { tid: 2 }),
      ...operation('main', 100, 1100, { id: 'm', tid: 1, track: '1' }),
      ...operation('worker', 100, 1100, { id: 'w', tid: 2, track: '2' }),
    ]);
    const [converted, back] = [file('threads.pftrace'), file('threads-again.json')];
    await tracelane(['convert', path, '-o', converted]);
    await tracelane(['convert', converted, '-o', back]);
    for (const one of [path, converted, back]) {
      const { stdout } = await tracelane(['summary', one, '--requests', '--json']);
      const spent = JSON.parse(stdout).routes.map(
        ({ name, time }: { name: string; time: Record<string, number> }) =>
          [name, time['gc'], time['loop']] as const,
      );
      assert.deepEqual(
        spent,
        [
          ['main', 10_000, 30_000],
          ['worker', 5_000, 40_000],
        ],
        one,
      );
    }
  });

  test('ends slices whose own end is missing with the one around them', async () => {
    const both = { cat: 'test', pid: 1, tid: 1 };
    const path = file('lost-end.json', [
      { ...both, name: 'job', ph: 'B', ts: 100, args: { 'op.id': 'j' } },
      { ...both, name: 'lost', ph: 'B', ts: 110, args: { 'op.root': 'j' } },
      { ...both, name: 'of nothing', ph: 'E', ts: 115, args: {} },
      { ...both, name: 'job', ph: 'E', ts: 130, args: {} },
      slice('open', 140, 150, { id: 'k' }),
    ]);
    const { stdout } = await tracelane(['summary', path, '--request', 'j', '--json']);
    const { root } = JSON.parse(stdout);
    assert.equal(root.duration, 30_000);
    assert.deepEqual(
      root.children.map(({ name, duration }: { name: string; duration: number }) => [
        name,
        duration,
      ]),
      [['lost', 20_000]],
    );
  });

  test('says why there are none', async () => {
    const path = file('other.json', [slice('alone', 0, 10)]);
    const { stdout, code } = await tracelane(['summary', path, '--requests']);
    assert.equal(code, 0);
    assert.match(stdout, /no calls that say what belongs to them/);
  });
});

describe('tracelane summary --request', () => {
  test('draws one request as a tree, with what outlives it', async () => {
    const { stdout } = await run('--request', 'a');
    const names = stdout
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ {2,}(?=test|db|http)/)[0]?.trimEnd())
      .filter((line) => line !== '');
    assert.deepEqual(names, [
      'GET /users',
      '├ parse',
      '│ └ in parse',
      '├ query',
      '│ └ row',
      '├ fetch',
      '└ late',
    ]);
  });

  /** What other processes did stands before what they did it for, or behind. */
  const ACROSS = [
    slice('work', 310, 330, { root: 'y', tid: 3 }),
    ...operation('GET /last', 300, 400, { id: 'y', caller: '2', tid: 3, track: '5' }),
    ...operation('GET /last → b', 250, 450, { id: 'w', root: 'x', span: '2', tid: 2, track: '3' }),
    ...operation('GET /next', 200, 500, { id: 'x', caller: '1', tid: 2, track: '4' }),
    ...operation('GET /next → a', 150, 550, { id: 'v', root: 'u', span: '1', track: '2' }),
    ...operation('GET /', 100, 600, { id: 'u', caller: 'of a browser', track: '1' }),
    ...operation('GET /round → c', 700, 800, { id: 'r', caller: '3', span: '3', track: '6' }),
  ];
  const across = file('across.json', ACROSS);
  const drawn = (stdout: string) =>
    Array.from(stdout.matchAll(/^([│├└ ]*\S.*?) {2,}(?=test|http|db)/gm), ([, line]) =>
      line?.trimEnd(),
    );

  test('draws what servers did for it, in whatever order the trace has it', async () => {
    const { stdout } = await tracelane(['summary', across, '--request', 'u']);
    assert.deepEqual(drawn(stdout), [
      'GET /',
      '└ GET /next → a',
      '  └ GET /next',
      '    └ GET /last → b',
      '      └ GET /last',
      '        └ work',
    ]);
  });

  test('is not led in a circle', async () => {
    const { stdout } = await tracelane(['summary', across, '--request', 'r']);
    assert.deepEqual(drawn(stdout), ['GET /round → c']);
  });

  test('says that what servers did cannot be read from standard input', async () => {
    const text = JSON.stringify(ACROSS);
    const { stdout } = await tracelane(['summary', '-', '--request', 'u'], text);
    assert.deepEqual(drawn(stdout), ['GET /', '└ GET /next → a', '  └ GET /next']);
    assert.match(stdout, /standard input can be read only once/);
  });

  test('leaves out what lies too deep, as in a program that does all in what it did before, and counts it', async () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => {
      const ids = { id: `c${i}`, parent: `c${i - 1}`, root: 'c0' };
      return operation(`step ${i}`, 10 * i, 10 * i + 5, {
        track: `${i}`,
        ...(i === 0 ? { id: 'c0' } : ids),
      });
    });
    const deep = file('deep.json', chain.flat());
    const { code, stdout, stderr } = await tracelane([
      'summary',
      deep,
      '--request',
      'c0',
      '--json',
    ]);
    assert.equal(code, 0, stderr);
    const { root, leftOut } = JSON.parse(stdout);
    let depth = 0;
    for (let at = root; at !== undefined; at = at.children[0]) depth++;
    assert.deepEqual([depth, leftOut], [512, 20_000 - 512]);
    const shown = await tracelane(['summary', deep, '--request', 'c0', '--top', '3']);
    assert.match(shown.stdout, /… and 19,997 more/);
  });

  test('gives it as JSON, in nanoseconds since its begin', async () => {
    const { stdout } = await run('--request', 'a', '--json');
    const { root, leftOut } = JSON.parse(stdout);
    assert.equal(leftOut, 0);
    const query = root.children.find(({ name }: { name: string }) => name === 'query');
    assert.deepEqual([query.start, query.duration, query.id], [100_000, 300_000, 'q']);
  });

  test('says so where there is none of that id', async () => {
    const { code, stderr } = await run('--request', 'nobody');
    assert.equal(code, 2);
    assert.match(stderr, /no call in .* has the id nobody/);
  });
});
