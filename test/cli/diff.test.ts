import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

/** Calls one after the other, of so many microseconds each. */
function calls(name: string, count: number, took: number | ((i: number) => number)) {
  const lengthOf = typeof took === 'number' ? () => took : took;
  let at = 0;
  return Array.from({ length: count }, (_, i) => {
    const one = slice(name, at, lengthOf(i));
    at += lengthOf(i) + 1;
    return one;
  });
}

async function gate(before: unknown, after: unknown, ...args: string[]) {
  const paths = [file('gate-before.json', before), file('gate-after.json', after)];
  const run = await tracelane(['diff', ...paths, '--fail-above', '10%', ...args]);
  assert.equal(run.stderr, '');
  return run;
}

describe('tracelane diff', () => {
  const before = file('before.json', [
    slice('a', 0, 100),
    slice('b', 200, 10),
    slice('gone', 300, 5),
  ]);
  const after = file('after.json', [slice('a', 0, 150), slice('b', 200, 10), slice('new', 300, 1)]);

  test('shows the biggest change first, and what is new or gone', async () => {
    const { code, stdout } = await tracelane(['diff', before, after]);
    assert.equal(code, 0);
    const rows = stdout.split('\n').filter((line) => /^(?:a|b|gone|new) /.test(line));
    assert.deepEqual(
      rows.map((row) => row.split(' ')[0]),
      ['a', 'gone', 'new', 'b'],
    );
    assert.match(rows[0] ?? '', /100 µs +150 µs +\+50 % +100 µs +150 µs +\+50 % +\+50 µs/);
    assert.match(rows[1] ?? '', /gone/);
  });

  test('prints everything as JSON', async () => {
    const args = ['--json', '--fail-above', '10%', '--min-calls', '1', '--min-change', '1us'];
    const { code, stdout } = await tracelane(['diff', before, after, ...args]);
    const { differences, grown, noise, gate: limits } = JSON.parse(stdout);
    assert.equal(code, 1);
    assert.deepEqual([grown, noise], [['a'], []]);
    assert.deepEqual(limits, { limit: 0.1, total: false, minCalls: 1, minChange: 1000 });
    const [first] = differences;
    assert.deepEqual(
      [first.totalChange, first.meanChange, first.relativeMean, first.relativeP95],
      [50_000, 50_000, 0.5, 0.5],
    );
    assert.equal(first.relativeCount, 0);
  });

  test('compares a name with itself where it was a slice before and is an operation now', async () => {
    const operation = (ph: string, ts: number) => ({ ...slice('a', ts, 0), ph, id: 1 });
    const async = file('async.json', [operation('b', 0), operation('e', 200)]);
    const { differences } = JSON.parse((await tracelane(['diff', before, async, '--json'])).stdout);
    const a = differences.find(({ key }: { key: string }) => key === 'a');
    assert.deepEqual([a.before.kind, a.after.kind, a.relativeMean], ['slice', 'async', 1]);
  });

  test('compares no time of what was never ended in one of them, in either direction', async () => {
    const [open, ended] = [
      file('open.json', [{ ...slice('a', 0, 0), ph: 'B', dur: undefined }, slice('b', 10, 100)]),
      file('ended.json', [slice('a', 0, 150), slice('b', 10, 90)]),
    ];
    for (const [paths, a] of [
      [[open, ended], /^a +0 → 1 +150 µs +150 µs +\+150 µs$/m],
      [[ended, open], /^a +1 → 0 +150 µs +150 µs +-150 µs$/m],
    ] as const) {
      const { stdout } = await tracelane(['diff', ...paths]);
      assert.match(stdout, a);
      assert.doesNotMatch(stdout, /∞|-100 %/);
      const { differences } = JSON.parse((await tracelane(['diff', ...paths, '--json'])).stdout);
      assert.deepEqual(
        differences.map(({ key }: { key: string }) => key),
        ['a', 'b'],
      );
      assert.equal(differences[0].relativeMean, undefined);
    }
  });

  test('fits into a narrow terminal, and says in each column what it is of', async () => {
    const run = await tracelane(['diff', before, after], '', { COLUMNS: '80' });
    for (const line of run.stdout.split('\n').slice(3)) assert.ok(line.length <= 80, line);
    assert.match(run.stdout, /mean after/);
  });
});

describe('the gate of tracelane diff', () => {
  test('lets pass more calls that are faster', async () => {
    const run = await gate(calls('request', 100, 10_000), calls('request', 300, 8000));
    assert.equal(run.code, 0);
    assert.match(run.stdout, /request +100 → 300/);
    assert.match(run.stdout, /No name takes more than 10 % longer per call/);
  });

  test('stops them with --total', async () => {
    const traces = [calls('request', 100, 10_000), calls('request', 300, 8000)] as const;
    const run = await gate(...traces, '--total');
    assert.equal(run.code, 1);
    assert.match(run.stdout, /1 name takes more than 10 % longer in total: request/);
  });

  test('stops calls that are slower on average, however few there are now', async () => {
    const run = await gate(calls('request', 300, 8000), calls('request', 100, 10_000));
    assert.equal(run.code, 1);
    assert.match(run.stdout, /1 name takes more than 10 % longer per call: request/);
    const totals = [calls('request', 300, 8000), calls('request', 100, 10_000)] as const;
    assert.equal((await gate(...totals, '--total')).code, 0);
  });

  test('stops calls of which only the slowest are slower', async () => {
    const slow = (tenth: number) => calls('request', 100, (i) => (i % 10 === 0 ? tenth : 100_000));
    const run = await gate(slow(110_000), slow(150_000));
    assert.equal(run.code, 1, 'the mean has grown by 4 %, the p95 by 36 %');
    assert.match(run.stdout, /longer per call: request \(p95\)/);
  });

  test('lets pass what has become faster, or stays below the limit', async () => {
    assert.equal((await gate(calls('a', 50, 2000), calls('a', 50, 1000))).code, 0);
    assert.equal((await gate(calls('a', 50, 2000), calls('a', 50, 2190))).code, 0);
    assert.equal((await gate(calls('a', 50, 2000), calls('a', 50, 2210))).code, 1);
  });

  test('takes few calls for noise, and says so, unless --min-calls says otherwise', async () => {
    const [few, slower] = [calls('a', 9, 10_000), calls('a', 9, 20_000)];
    const run = await gate(few, slower);
    assert.equal(run.code, 0);
    assert.match(run.stdout, /1 other did, too, but that may be noise: fewer than 10 calls/);
    assert.equal((await gate(few, slower, '--min-calls', '9')).code, 1);
    assert.equal((await gate(few, calls('a', 100, 20_000))).code, 0);
  });

  test('takes what costs next to nothing for noise, unless --min-change says otherwise', async () => {
    const [short, longer] = [calls('a', 100, 1), calls('a', 100, 3)];
    assert.equal((await gate(short, longer)).code, 0);
    assert.equal((await gate(short, longer, '--min-change', '150us')).code, 1);
    assert.equal((await gate(short, longer, '--min-change', '0.25 ms')).code, 0);
  });

  test('does not take a short call for noise that is made very often', async () => {
    assert.equal((await gate(calls('a', 2000, 1), calls('a', 2000, 2))).code, 1);
  });

  test('does not judge a p95 by the one slowest call', async () => {
    const odd = (slowest: number) => calls('a', 15, (i) => (i === 7 ? slowest : 100_000));
    assert.equal((await gate(odd(100_000), odd(200_000))).code, 0);
    const slowest = (took: number) => calls('a', 40, (i) => (i % 10 === 0 ? took : 100_000));
    assert.equal((await gate(slowest(100_000), slowest(130_000))).code, 1);
  });

  test('does not judge names that are in one trace only, or that never ended', async () => {
    const open = [{ ...slice('open', 0, 0), ph: 'B', dur: undefined }];
    assert.equal((await gate(calls('a', 50, 1), calls('b', 50, 90_000))).code, 0);
    assert.equal((await gate(open, calls('open', 50, 90_000))).code, 0);
  });
});
