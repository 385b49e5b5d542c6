import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { drawTable } from '#src/cli/table.js';
import type { Summary } from '#src/reader/summary/summary.js';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

const name = (kind: string, pid: number, tid: number, called: string) => ({
  name: kind,
  ph: 'M',
  pid,
  tid,
  args: { name: called },
});
const point = (called: string, ph: 'b' | 'e', ts: number, id: string, more: object = {}) => ({
  ...{ name: called, cat: 'test', ph, ts, id, pid: 1, tid: 1, args: {} },
  ...more,
});

async function summaryOf(trace: unknown, ...args: string[]) {
  const path = file('trace.json', trace);
  const { code, stdout, stderr } = await tracelane(['summary', path, '--json', ...args]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function textOf(trace: unknown, args: string[] = [], env = {}): Promise<string> {
  const run = await tracelane(['summary', file('trace.json', trace), ...args], '', env);
  assert.equal(run.code, 0, run.stderr);
  return run.stdout;
}

/** A server that is all async operations: each request with a query inside. */
const SERVER = Array.from({ length: 10 }, (_, i) => [
  point('request', 'b', i * 100, `r${i}`, { args: { url: `/users/${i}` } }),
  point('query', 'b', i * 100 + 20, `r${i}`),
  point('query', 'e', i * 100 + 120, `r${i}`),
  point('request', 'e', i * 100 + 200, `r${i}`),
]).flat();

test('operations count in their own category with --by category, whichever their track has', async () => {
  const events = [
    point('GET /', 'b', 0, '1', { cat: 'http' }),
    point('query', 'b', 1, '1', { cat: 'http', args: { data: { category: 'x' }, category: 'db' } }),
    point('query', 'e', 3, '1', { cat: 'http' }),
    point('GET /', 'e', 9, '1', { cat: 'http' }),
  ];
  await tracelane(['convert', file('own.json', events), '-o', file('own.pftrace')]);
  for (const trace of [file('own.json'), file('own.pftrace')]) {
    const { stdout } = await tracelane(['summary', trace, '--json', '--by', 'category']);
    const { groups, longest } = JSON.parse(stdout) as Summary;
    assert.deepEqual(groups.map(({ key, count, total }) => [key, count, total]).sort(), [
      ['db', 1, 2_000],
      ['http', 1, 9_000],
    ]);
    assert.deepEqual(
      longest.map(({ name: called, category }) => [called, category]),
      [
        ['GET /', 'http'],
        ['query', 'db'],
      ],
    );
  }
});

describe('names in tracelane summary', () => {
  test('stand for processes and threads, with numbers where several have the same', async () => {
    const { threads } = await summaryOf([
      name('process_name', 1, 1, 'api'),
      name('process_name', 2, 2, 'worker'),
      name('process_name', 3, 3, 'worker'),
      name('thread_name', 1, 1, 'main'),
      name('thread_name', 1, 5, 'pool'),
      name('thread_name', 1, 6, 'pool'),
      ...[slice('a', 0, 7, { tid: 1 }), slice('a', 0, 6, { tid: 5 }), slice('a', 0, 5, { tid: 6 })],
      ...[slice('a', 0, 4, { pid: 2, tid: 2 }), slice('a', 0, 3, { pid: 3, tid: 9 })],
      slice('a', 0, 2, { pid: 4, tid: 4 }),
    ]);
    assert.deepEqual(
      threads.map(({ label }: { label: string }) => label),
      [
        ...['api / main', 'api / pool (5)', 'api / pool (6)'],
        ...['worker (2) / thread 2', 'worker (3) / thread 9', 'process 4 / thread 4'],
      ],
    );
  });

  test('of the one process are left out where it has none', async () => {
    const { threads, longest } = await summaryOf([
      name('thread_name', 1, 1, 'main'),
      slice('a', 0, 1),
    ]);
    assert.deepEqual([threads[0].label, longest[0].thread], ['main', 'main']);
  });
});

describe('tracelane summary', () => {
  test('shows when a server was busy that is all async operations', async () => {
    const { operations, threads } = await summaryOf([name('process_name', 1, 1, 'api'), ...SERVER]);
    assert.deepEqual(threads, []);
    const [api] = operations;
    // Ten requests of 200 µs in 1,100 µs; the queries lie in them.
    assert.deepEqual([api.label, api.count], ['api', 10]);
    assert.ok(Math.abs(api.meanOpen - 2000 / 1100) < 1e-9);
    const sum = api.activity.reduce((total: number, open: number) => total + open, 0);
    assert.ok(Math.abs(sum / api.activity.length - api.meanOpen) < 1e-9);
    assert.ok(Math.abs(api.activity[0] - 1) < 1e-9 && Math.abs(api.activity[30] - 2) < 1e-9);
    const text = await textOf([name('process_name', 1, 1, 'api'), ...SERVER]);
    assert.match(text, /operations of .*\n ?api +▕[▁▂▃▄▅▆▇█]+▏ +1\.818 +2(?:\.000)? +10/);
  });

  test('says of operations how many were open on average, and of slices their share', async () => {
    const text = await textOf([...SERVER, slice('work', 0, 550)]);
    assert.match(text, /^request \(async\) .* 1\.818 open$/m);
    assert.match(text, /^work .* 50 %$/m);
  });

  test('counts what was never ended as open until the end of the trace', async () => {
    const { groups } = await summaryOf([point('op', 'b', 0, '1'), slice('a', 0, 100)]);
    const op = groups.find(({ key }: { key: string }) => key === 'op');
    assert.deepEqual([op.count, op.unfinished, op.meanOpen], [0, 1, 1]);
  });

  test('has one row for a name that is drawn both ways', async () => {
    const trace = [slice('a', 0, 100), point('a', 'b', 0, '1'), point('a', 'e', 50, '1')];
    const { groups } = await summaryOf(trace);
    assert.equal(groups.length, 1);
    const [{ kind, count, total, self }] = groups;
    assert.deepEqual([kind, count, total, self], ['both', 2, 150_000, 100_000]);
    assert.match(await textOf(trace), /^a +2 .* 1\.500 open$/m);
  });

  test('says a huge value of a counter in few figures', async () => {
    const value = (ts: number, v: number) => ({ ...slice('c', ts, 0), ph: 'C', args: { v } });
    const { stdout } = await tracelane([
      'summary',
      file('huge.json', [value(0, -1e300), value(1, 2)]),
    ]);
    assert.match(stdout, /^c: v +2 +-1\.000e\+300 +-5\.000e\+299 +2$/m);
  });

  test('reads numbers of counters that are written as text', async () => {
    const values = ['1', '2.5', 'x', '', '  '];
    const { counters } = await summaryOf(
      values.map((value, i) => ({ name: 'c', ph: 'C', ts: i, pid: 1, tid: 1, args: { value } })),
    );
    assert.deepEqual([counters[0].count, counters[0].max], [2, 2.5]);
  });
});

describe('the longest calls in tracelane summary', () => {
  const trace = [
    slice('request', 0, 1000, { args: { url: '/slow', status: 200, deep: { a: [1] } } }),
    ...Array.from({ length: 30 }, (_, i) =>
      slice('request', 2000 + i * 1000, 500 + i / 10, { args: { url: `/users/${i}` } }),
    ),
    slice('other', 50_000, 501),
    { ...slice('stuck', 60_000, 0, { args: { job: 'nightly' } }), ph: 'B', dur: undefined },
  ];
  const shown = ({ longest, unfinished }: Record<string, { args: unknown }[]>) => [
    longest?.map(({ args }) => args),
    unfinished?.map(({ args }) => args),
  ];
  const expected = [
    [{ url: '/slow', status: 200, deep: { a: [1] } }, { url: '/users/29' }, {}],
    [{ job: 'nightly' }],
  ];

  test('show which one each is, by its arguments', async () => {
    const text = await textOf(trace);
    assert.match(text, /request +url: \/slow, status: 200, deep: \{a: \[1\]\} +thread 1/);
    assert.match(text, /stuck +job: nightly/);
    assert.deepEqual(shown(await summaryOf(trace)), expected);
  });

  test('are counted as a whole, in whichever order they have run', async () => {
    // More kinds of calls than are kept, ever longer, and ever shorter.
    const calls = Array.from({ length: 6000 }, (_, i) =>
      slice(`call ${i % 150}`, 0, 1 + ((i * 7919) % 6000) / 10),
    );
    const orders = [
      calls,
      calls.toSorted((a, b) => a.dur - b.dur),
      calls.toSorted((a, b) => b.dur - a.dur),
    ];
    const rows = [];
    for (const order of orders) {
      const { longest } = await summaryOf(order.map((call, at) => ({ ...call, ts: at * 1000 })));
      rows.push(
        longest.map((row: Record<string, unknown>) => [row['name'], row['duration'], row['alike']]),
      );
    }
    assert.ok(rows[0].some(([, , alike]: number[]) => (alike ?? 0) > 1));
    assert.deepEqual(rows[1], rows[0]);
    assert.deepEqual(rows[2], rows[0]);
  });

  test('are one row where they are nearly alike, for the longest of them', async () => {
    const { longest } = await summaryOf(trace);
    assert.deepEqual(
      longest.map((row: Record<string, unknown>) => [row['name'], row['duration'], row['alike']]),
      [
        ['request', 1_000_000, 1],
        ['request', 502_900, 30],
        ['other', 501_000, 1],
      ],
    );
    assert.match(await textOf(trace), /url: \/users\/29 .* 502\.9 µs +× 30/);
  });

  test('are as many as asked for, however many names there are', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => slice(`name ${i}`, i * 3000, 1 + i));
    const { longest } = await summaryOf(many, '--top', '3');
    assert.deepEqual(
      longest.map(({ name: called }: { name: string }) => called),
      ['name 1999', 'name 1998', 'name 1997'],
    );
  });

  test('show their arguments from a packed file, too, wherever they stand in it', async () => {
    // Several blocks, in which each of the longest stands in the middle of others.
    const filler = Array.from({ length: 30_000 }, (_, i) =>
      slice('filler', 100_000 + i, 0, { args: { text: `é ${'x'.repeat(50)}` } }),
    );
    const large = [...filler.slice(0, 9000), ...trace.slice(0, 31), ...filler, ...trace.slice(31)];
    const path = file('large.json.gz', gzipSync(JSON.stringify(large)));
    const run = await tracelane(['summary', path, '--json', '--top', '3']);
    assert.deepEqual(shown(JSON.parse(run.stdout)), expected);
  });

  test('have none on standard input, which is said', async () => {
    const path = file('trace.json', trace);
    const run = await tracelane(['summary', '-'], readFileSync(path));
    assert.match(run.stdout, /Arguments are not shown: .* a pipe is gone/);
    assert.doesNotMatch(run.stdout, /users/);
  });

  test('show what stands in the one object of arguments, as Chrome writes them', async () => {
    const args = { data: { url: 'https://example.com', frame: { id: 7 } } };
    assert.match(
      await textOf([slice('Layout', 0, 5, { args })]),
      /Layout +url: https:\/\/example\.com, frame: \{id: 7\} +thread 1/,
    );
  });

  test('have none in a named pipe, which is read once and not waited for again', async () => {
    const pipe = file('pipe.json');
    execFileSync('mkfifo', [pipe]);
    const run = tracelane(['summary', pipe]);
    await writeFile(pipe, JSON.stringify(trace));
    assert.match((await run).stdout, /Arguments are not shown: .* a pipe is gone/);
  });

  test('have none that are nested too deep to be printed', async () => {
    const deep = `${'['.repeat(500)}${']'.repeat(500)}`;
    const trace = `[${JSON.stringify(slice('a', 0, 1)).replace('{}', `{"deep":${deep}}`)}]`;
    assert.equal((await summaryOf(trace)).longest[0].args, undefined);
    assert.match(await textOf(trace), /longest/);
  });

  test('have none where the event is far longer than any table', async () => {
    const huge = slice('huge', 0, 5, { args: { text: 'x'.repeat(400_000) } });
    const { longest } = await summaryOf([huge, slice('small', 10, 1, { args: { a: 1 } })]);
    assert.deepEqual(
      longest.map(({ args }: { args: unknown }) => args),
      [undefined, { a: 1 }],
    );
  });
});

describe('tracelane summary --tree', () => {
  interface Node {
    readonly name: string;
    readonly count: number;
    readonly total: number;
    readonly self?: number;
    readonly children: readonly Node[];
  }
  const short = ({ name: called, count, total, self, children }: Node): unknown => [
    ...[called, count, total / 1000, self === undefined ? undefined : self / 1000],
    ...(children.length === 0 ? [] : [children.map(short)]),
  ];
  const treeOf = async (trace: unknown, ...args: string[]) =>
    (await summaryOf(trace, '--tree', ...args)).tree.map(short);

  const CALLS = [
    ...[slice('main', 0, 100), slice('load', 10, 30), slice('read', 15, 10)],
    ...[slice('load', 50, 40), slice('read', 55, 5), slice('parse', 70, 15)],
    ...[slice('read', 200, 7), slice('main', 0, 50, { tid: 2 }), slice('read', 1, 2, { tid: 2 })],
  ];

  test('counts and sums calls below their parents, over all threads', async () => {
    assert.deepEqual(await treeOf(CALLS), [
      [
        ...['main', 2, 150, 78],
        [
          [
            ...['load', 2, 70, 40],
            [
              ['read', 2, 15, 15],
              ['parse', 1, 15, 15],
            ].toSorted(),
          ],
          ['read', 1, 2, 2],
        ],
      ],
      ['read', 1, 7, 7],
    ]);
  });

  test('has the threads as its roots with --by thread', async () => {
    const roots = await treeOf([name('thread_name', 1, 1, 'one'), ...CALLS], '--by', 'thread');
    assert.deepEqual(
      roots.map((root: unknown[]) => root.slice(0, 3)),
      [
        ['one', 2, 107],
        ['thread 2', 1, 50],
      ],
    );
  });

  test('puts operations below those that they lie in, on the same track', async () => {
    const other = [point('alone', 'b', 5, 'x'), point('alone', 'e', 400, 'x')];
    assert.deepEqual(await treeOf([...SERVER, ...other]), [
      ['request', 10, 2000, undefined, [['query', 10, 1000, undefined]]],
      ['alone', 1, 395, undefined],
    ]);
  });

  test('keeps an operation that outlives its parent beside it', async () => {
    const tree = await treeOf([
      ...[point('outer', 'b', 0, '1'), point('a', 'b', 1, '1'), point('b', 'b', 2, '1')],
      ...[point('a', 'e', 5, '1'), point('b', 'e', 8, '1'), point('outer', 'e', 9, '1')],
    ]);
    const below = [
      ['b', 1, 6, undefined],
      ['a', 1, 4, undefined],
    ];
    assert.deepEqual(tree, [['outer', 1, 9, undefined, below]]);
  });

  test('shows what has ended below what was never ended', async () => {
    const open = { ...slice('open', 0, 0), ph: 'B', dur: undefined };
    const tree = await treeOf([
      ...[open, slice('inner', 1, 5)],
      ...[point('op', 'b', 0, '1'), point('in', 'b', 2, '1'), point('in', 'e', 3, '1')],
      point('in', 'b', 6, '1'),
    ]);
    assert.deepEqual(tree.toSorted(), [
      ['op', 0, 0, undefined, [['in', 1, 1, undefined]]],
      ['open', 0, 0, 0, [['inner', 1, 5, 5]]],
    ]);
  });

  test('shows with a filter what matches, and what is around it', async () => {
    assert.deepEqual(await treeOf(CALLS, '--filter', 'parse'), [
      ['main', 2, 150, 78, [['load', 2, 70, 40, [['parse', 1, 15, 15]]]]],
    ]);
  });

  test('draws the places in which the most time went, and says how many there are more', async () => {
    const text = await textOf(CALLS, ['--tree', '--top', '3']);
    assert.match(
      text,
      /\nmain +2 .*\n└ load +2 .*\n {2}└ (?:read|parse) .*\n… and 3 places more\n/,
    );
    const all = await textOf(CALLS, ['--tree']);
    assert.match(all, /\nmain .*\n├ load .*\n│ ├ .*\n│ └ .*\n└ read +1 .*\nread +1 /);
    assert.doesNotMatch(all, /more/);
  });

  test('can be as deep as a trace is', async () => {
    const DEPTH = 20_000;
    const deep = Array.from({ length: DEPTH }, (_, i) => ({
      ...slice('deep', i, 0),
      ph: 'B',
      dur: undefined,
    }));
    const ends = deep.map((_, i) => ({ ...slice('deep', DEPTH + i, 0), ph: 'E', dur: undefined }));
    const text = await textOf([...deep, ...ends, ...deep], ['--tree', '--top', '5']);
    assert.match(text, /\ndeep .*\n└ deep .*\n {2}└ deep /);
  });
});

describe('tables', () => {
  test('show when nothing was going on as gaps in the activity', async () => {
    const text = await textOf([slice('a', 0, 100), slice('b', 900, 100)]);
    assert.match(text, /▕█{6} {48}█{6}▏/);
  });

  test('keep the numbers that tell threads apart where their names are cut', async () => {
    const threads = [5, 6].map((tid) =>
      name('thread_name', 1, tid, 'a name of a thread'.repeat(5)),
    );
    const text = await textOf([...threads, slice('a', 0, 1, { tid: 5 })], [], { COLUMNS: '80' });
    assert.match(text, /^a name of .*….* \(5\) +▕/m);
  });

  test('may have any number of rows, all as wide as the widest', () => {
    const columns = [{ title: 'name', align: 'left' }, { title: 'calls' }] as const;
    const names = ['a', '長い名前', '👨‍👩‍👧 family', 'e\u0301', 'the longest name of all'];
    const rows = names.map((one, i) => [one, `${i}`]);
    const [title, ...lines] = drawTable(columns, rows, (text) => text).split('\n');
    const many = Array.from({ length: 2_600 }, (_, i) => rows[i % rows.length] ?? []);
    const [longTitle, ...drawn] = drawTable(columns, many, (text) => text).split('\n');
    assert.equal(longTitle, title);
    assert.equal(drawn.length, many.length);
    assert.ok(drawn.every((line, i) => line === lines[i % lines.length]));
    const all = Array.from({ length: 130_000 }, () => ['a']);
    assert.equal(drawTable([columns[0]], all, (text) => text).split('\n').length, all.length + 1);
  });

  test('take no more than the width of a narrow terminal, for wide signs, too', async () => {
    const long = '長い名前'.repeat(20);
    const trace = [
      name('process_name', 1, 1, 'a process of which the name is long'),
      name('thread_name', 1, 1, 'and a thread with a name that is no shorter'),
      slice(long, 0, 1000, { args: { url: 'https://example.com/a/path/that/goes/on/and/on' } }),
      slice('inner', 1, 998),
      ...SERVER,
      { name: long, ph: 'C', ts: 5, pid: 1, tid: 1, args: { value: 2 } },
    ];
    for (const args of [[], ['--tree']]) {
      const text = await textOf(trace, args, { COLUMNS: '80' });
      // The first line has the name of the file, which is as long as it is.
      for (const line of text.split('\n').slice(1)) {
        const wide = line.match(/[長い名前]/g)?.length ?? 0;
        assert.ok(line.length + wide <= 80, line);
      }
      assert.match(text, /長い名/);
      assert.match(text, /inner/);
    }
  });
});
