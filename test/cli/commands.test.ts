import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

const THREAD_NAME = { name: 'thread_name', ph: 'M', pid: 1, tid: 1, args: { name: 'main' } };
const TRACE = [
  THREAD_NAME,
  slice('outer', 0, 100),
  slice('inner', 10, 20),
  slice('inner', 40, 40),
  slice('other', 0, 50, { tid: 2, cat: 'db' }),
  { name: 'queue', cat: 'c', ph: 'C', ts: 5, pid: 1, tid: 1, args: { length: 2 } },
  { name: 'queue', cat: 'c', ph: 'C', ts: 6, pid: 1, tid: 1, args: { length: 4 } },
  { name: 'op', cat: 'c', ph: 'b', id: 7, ts: 1, pid: 1, tid: 1, args: {} },
  { name: 'op', cat: 'c', ph: 'e', id: 7, ts: 31, pid: 1, tid: 1, args: {} },
  { name: 'open', cat: 'c', ph: 'B', ts: 90, pid: 1, tid: 3, args: {} },
];

describe('tracelane --help', () => {
  test('names the commands, what a trace is, and the exit codes', async () => {
    const { code, stdout } = await tracelane(['--help']);
    assert.equal(code, 0);
    for (const word of ['run', 'check', 'summary', 'diff', 'view', 'merge', 'gzip', 'Exit codes']) {
      assert.ok(stdout.includes(word), word);
    }
  });

  for (const command of ['run', 'check', 'summary', 'diff', 'view', 'merge']) {
    test(`explains ${command}, with an example`, async () => {
      const { code, stdout } = await tracelane([command, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Example: tracelane ${command} `));
    });
  }

  for (const [what, args] of [
    ['a command that there is not', ['chekc']],
    ['an option that there is not', ['check', '--nope', 'a.json']],
    ['a file that is missing', ['summary']],
    ['a value that is none', ['summary', '--top', 'x', 'a.json']],
    ['no output', ['merge', 'a.json']],
    ['a limit that is no percentage', ['diff', 'a', 'b', '--fail-above', 'much']],
    ['a time without a unit', ['diff', 'a', 'b', '--min-change', '5']],
    ['a tree of categories', ['summary', '--tree', '--by', 'category', 'a.json']],
    ['a tree as CSV', ['summary', '--tree', '--csv', 'a.json']],
    ['a filter that is no expression', ['summary', '--filter', '/(/', 'a.json']],
  ] as const) {
    test(`is what ${what} leads to, with exit code 2`, async () => {
      const { code, stdout, stderr } = await tracelane(args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }
});

describe('what is done by mistake', () => {
  const trace = file('mistake.json', TRACE);
  const text = file('mistake.txt', 'Dear reader, this is no trace.');

  for (const [what, args, said] of [
    ['a text', ['summary', text], /no trace.*Give a trace in Chrome's format.*\.cpuprofile/],
    ['standard input twice', ['diff', '-', '-'], /standard input can be read only once/],
    ['a page', ['convert', trace, '-o', file('a.html')], /a page.*tracelane report makes one/],
    ['bzip2', ['merge', trace, '-o', file('a.json.bz2')], /packed in a way.*\.gz or \.zst/],
    ['its input', ['cut', trace, '-o', trace], /the same file.*Give another name/],
    ['a trace of a report', ['report', trace, '-o', file('a.json')], /end in \.html/],
    ['a port beyond all', ['view', trace, '--port', '70000'], /A port was expected: from 1/],
    ['a profile of a run', ['run', '-o', 'a.cpuprofile', 'a.js'], /make a profile.*convert/],
    ['a run into a page', ['run', '-o', 'a.html', 'a.js'], /tracelane report makes one/],
    ['a word', ['run', '--tick-threshold', 'x', 'a.js'], /--tick-threshold must be.*not 'x'/],
  ] as const) {
    test(`is said, and what to do instead: ${what}`, async () => {
      const { code, stdout, stderr } = await tracelane(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, said);
    });
  }

  test('is told where a time lies behind the end of a trace', async () => {
    const args = ['cut', trace, '--from', '5s', '-o', file('behind.json')];
    const { code, stdout } = await tracelane(args);
    assert.equal(code, 0);
    assert.match(stdout, /from 5 s; the trace is over after 100 µs/);
  });
});

describe('tracelane summary', () => {
  const path = file('trace.json', TRACE);

  async function groups(...args: string[]) {
    const { code, stdout, stderr } = await tracelane(['summary', path, '--json', ...args]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  test('counts by name: total, self time, quantiles, share of the trace', async () => {
    const summary = await groups();
    assert.equal(summary.wall, 100_000);
    const [outer, inner, other, op, open] = ['outer', 'inner', 'other', 'op', 'open'].map((key) =>
      summary.groups.find((group: { key: string }) => group.key === key),
    );
    assert.deepEqual(
      [outer.count, outer.total, outer.self, outer.share, outer.kind],
      [1, 100_000, 40_000, 1, 'slice'],
    );
    assert.deepEqual(
      [
        inner.count,
        inner.total,
        inner.self,
        inner.mean,
        inner.p50,
        inner.p95,
        inner.p99,
        inner.max,
      ],
      [2, 60_000, 60_000, 30_000, 20_000, 40_000, 40_000, 40_000],
    );
    assert.equal(other.share, 0.5);
    assert.deepEqual([op.kind, op.total], ['async', 30_000]);
    assert.deepEqual([open.count, open.unfinished], [0, 1]);
  });

  test('tells how busy threads were, and when', async () => {
    const { threads, processes } = await groups();
    const main = threads.find(({ tid }: { tid: number }) => tid === 1);
    const second = threads.find(({ tid }: { tid: number }) => tid === 2);
    assert.deepEqual([main.name, main.busy, main.share, main.slices], ['main', 100_000, 1, 3]);
    assert.deepEqual([second.busy, second.share], [50_000, 0.5]);
    const half = second.activity.length / 2;
    assert.ok(
      second.activity.every(
        (part: number, i: number) => Math.abs(part - (i < half ? 1 : 0)) < 1e-6,
      ),
    );
    // What was never ended runs until the end of the trace.
    assert.equal(processes[0].busy, 160_000);
  });

  test('shows as many counters as it was told to, and says how many there are', async () => {
    const counters = Array.from({ length: 9 }, (_, i) => ({
      ...{ name: `counter ${i}`, cat: 'c', ph: 'C', ts: i, pid: 1, tid: 1, args: { value: i } },
    }));
    const { stdout } = await tracelane(['summary', file('many.json', counters), '--top', '4']);
    assert.match(stdout, /counter 3 .*\n… and 5 more\n$/);
  });

  test('tells of counters, the longest slices, and what was never ended', async () => {
    const { counters, longest, unfinished, unfinishedCount } = await groups('--top', '2');
    assert.deepEqual(counters, [
      { pid: 1, name: 'queue', series: 'length', count: 2, min: 2, mean: 3, max: 4 },
    ]);
    assert.deepEqual(
      longest.map(({ name, duration }: { name: string; duration: number }) => [name, duration]),
      [
        ['outer', 100_000],
        ['other', 50_000],
      ],
    );
    assert.equal(unfinishedCount, 1);
    assert.equal(unfinished[0].name, 'open');
  });

  test('puts together by category or thread, filters and sorts', async () => {
    const keys = (summary: { groups: { key: string }[] }) => summary.groups.map(({ key }) => key);
    assert.deepEqual(keys(await groups('--by', 'category')).sort(), ['c', 'db', 'test']);
    assert.ok(keys(await groups('--by', 'thread')).includes('main'));
    assert.deepEqual(keys(await groups('--filter', 'NN')), ['inner']);
    assert.deepEqual(keys(await groups('--filter', '/^o.*er$/')), ['outer', 'other']);
    assert.equal(keys(await groups('--sort', 'count'))[0], 'inner');
    assert.deepEqual(keys(await groups('--sort', 'name'))[0], 'inner');
  });

  test('prints tables for people, without colours into a pipe', async () => {
    const { stdout } = await tracelane(['summary', path]);
    assert.match(stdout, /trace\.json: 10 events in 100 µs/);
    assert.match(stdout, /inner +2 +60 µs +60 µs +30 µs +20 µs +40 µs +40 µs +40 µs +60 %/);
    assert.match(stdout, /▕█+▏/);
    assert.match(stdout, /op \(async\)/);
    assert.match(stdout, /never ended/);
    assert.equal(stdout.includes('\u001b'), false);
  });

  test('prints CSV', async () => {
    const odd = file('odd.json', [slice('a,"b"', 0, 1)]);
    const { stdout } = await tracelane(['summary', odd, '--csv']);
    const [head, row] = stdout.split('\n');
    assert.match(head ?? '', /^name,kind,count,total_ns,self_ns,mean_ns,p50_ns/);
    assert.match(row ?? '', /^"a,""b""",slice,1,1000,1000,1000/);
  });

  test('reads what other tools write: no cat, no args, threads that are strings', async () => {
    const odd = file('odd.json', {
      traceEvents: [
        { name: 'kernel', ph: 'X', ts: 1.5, dur: 2.25, pid: 'gpu', tid: 'stream 7' },
        { name: 'legacy', ph: 'S', id: 1, ts: 1, pid: 1, tid: 1 },
      ],
    });
    const summary = JSON.parse((await tracelane(['summary', odd, '--json'])).stdout);
    assert.deepEqual([summary.groups[0].key, summary.groups[0].total], ['kernel', 2250]);
  });

  test('refuses what is no trace, and says what it expected, and where', async () => {
    const { code, stderr } = await tracelane(['summary', file('text.txt', 'hello')]);
    assert.equal(code, 2);
    assert.match(stderr, /text\.txt, byte 0: this is no trace .*expected '\[' or '\{', found 'h'/);
  });

  test('tells that a trace was cut off', async () => {
    const cut = file('cut.json', JSON.stringify(TRACE).slice(0, -30));
    assert.match((await tracelane(['summary', cut])).stdout, /The file ends in the middle/);
  });
});
