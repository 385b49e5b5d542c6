import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { checkText } from '#src/reader/check/check.js';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

interface Event {
  readonly name: string;
  readonly ph: string;
}

interface Numbered extends Event {
  readonly args: { readonly i: number };
}

async function cut(events: readonly unknown[], ...options: readonly string[]): Promise<string[]> {
  const out = file('out.json');
  const { code, stderr } = await tracelane(['cut', file('in.json', events), '-o', out, ...options]);
  assert.equal(code, 0, stderr);
  return eventsIn(out);
}

function eventsIn(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const { findings } = checkText(text);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  return (JSON.parse(text) as Event[]).map(({ ph, name }) => `${ph} ${name}`).sort();
}

const event = (ph: string, name: string, ts: number, more: object = {}) => {
  return { name, cat: 'op', ph, ts, pid: 1, tid: 1, args: {}, ...more };
};
const flow = (ph: string, ts: number, tid: number, id: number) =>
  event(ph, 'arrow', ts, { id, tid, bp: 'e' });

describe('tracelane cut by several things at once', () => {
  test('times count from the first event of the trace, also where that is on a thread that is left out', async () => {
    const events = [
      slice('first', 0, 10),
      slice('second', 5_000, 10, { tid: 2 }),
      slice('third', 9_000, 10, { tid: 2 }),
    ];
    const late = ['--thread', '2', '--from', '4ms', '--to', '6ms'];
    assert.deepEqual(await cut(events, ...late), ['X second']);
    // What stands in a name like this one is read in another way.
    const odd = [{ ...events[0], name: 'the "first"' }, ...events.slice(1)];
    assert.deepEqual(await cut(odd, ...late), ['X second']);
  });

  test('of a tree that is kept, only those pairs are kept that all else that is asked for keeps', async () => {
    const root = { args: { 'op.root': 'r' } };
    const events = [
      event('b', 'request', 0, { id: 'a', ...root }),
      event('e', 'request', 9_000, { id: 'a' }),
      event('B', 'render', 10, root),
      event('E', 'render', 20),
      event('b', 'query', 7_000, { id: 'b', ...root }),
      event('n', 'row', 7_500, { id: 'b', ...root }),
      event('e', 'query', 8_000, { id: 'b' }),
    ];
    const all = ['--sample', '1/1'];
    assert.deepEqual(await cut(events, ...all, '--name', 'render'), ['B render', 'E render']);
    assert.deepEqual(await cut(events, ...all, '--min-duration', '5ms'), [
      'b request',
      'e request',
    ]);
    const early = await cut(events, ...all, '--to', '5ms');
    assert.deepEqual(early, ['B render', 'E render', 'b request', 'e request']);
  });

  test('pairs of trees that are kept stay in one file where the trace is split, and count by how long they last', async () => {
    const text = 'x'.repeat(300);
    const root = { args: { 'op.root': 'r', text } };
    const pairs = Array.from({ length: 8 }, (_, i) => [
      event('B', `call ${i}`, i * 10_000, root),
      event('E', `call ${i}`, i * 10_000 + 5_000 + 100 * i),
      event('b', `wait ${i}`, i * 10_000, { id: `${i}`, ...root }),
      event('e', `wait ${i}`, i * 10_000 + 9_000 + 100 * i, { id: `${i}` }),
    ]).flat();
    const longest = await cut(pairs, '--sample', '1/1', '--max-size', '1.3kB');
    assert.deepEqual(longest, ['b wait 6', 'b wait 7', 'e wait 6', 'e wait 7']);
    const input = file('pairs.json', pairs);
    const out = file('part.json');
    const split = ['--sample', '1/1', '--split', '1.2kB', '--json'];
    const { stdout, stderr } = await tracelane(['cut', input, '-o', out, ...split]);
    const { files } = JSON.parse(stdout || stderr) as { files: { file: string }[] };
    assert.ok(files.length > 1);
    const kept = files.map((part) => eventsIn(part.file));
    assert.equal(kept.flat().length, pairs.length);
    for (const events of kept) {
      const ends = events.filter((one) => /^[Ee]/.test(one)).map((one) => one.toLowerCase());
      const begins = events.filter((one) => /^[Bb]/.test(one)).map((one) => `e${one.slice(1)}`);
      assert.deepEqual(ends, begins);
    }
  });

  const numbered = (i: number, more: object = {}) => ({ args: { i, ...more } });

  async function sampled(events: readonly unknown[], ...options: readonly string[]) {
    const out = file('sampled.json');
    const input = file('trees.json', events);
    const cutting = ['cut', input, '-o', out, '--sample', '1/3', ...options];
    const { code, stderr } = await tracelane(cutting);
    assert.equal(code, 0, stderr);
    const trees = new Map<number, string[]>();
    for (const { ph, name, args } of JSON.parse(readFileSync(out, 'utf8')) as Numbered[]) {
      trees.set(args.i, [...(trees.get(args.i) ?? []), `${ph} ${name}`].sort());
    }
    return [...trees.values()];
  }

  /** All of a tree, or nothing: and some of both. */
  function assertWhole(trees: readonly string[][], whole: readonly string[], of: number): void {
    assert.ok(trees.length > 0 && trees.length < of, `${trees.length} of ${of}`);
    for (const tree of trees) assert.deepEqual(tree, whole);
  }

  test('a call in a slice that says nothing of calls has one fate with it, and so have all threads of the call', async () => {
    const events = Array.from({ length: 60 }, (_, i) => [
      slice('outer', i * 100, 90, numbered(i)),
      slice('call', i * 100 + 10, 50, numbered(i, { 'op.id': `c${i}` })),
      event('i', 'moment', i * 100 + 20, { s: 't', ...numbered(i, { 'op.root': `c${i}` }) }),
      slice('around', i * 100 + 30, 40, { tid: 2, ...numbered(i) }),
      slice('part', i * 100 + 40, 10, { tid: 2, ...numbered(i, { 'op.root': `c${i}` }) }),
      slice('second call', i * 100 + 70, 10, numbered(i, { 'op.id': `d${i}` })),
      event('i', 'alone', i * 100 + 75, { tid: 3, s: 't', ...numbered(i, { 'op.root': `d${i}` }) }),
    ]).flat();
    const whole = [
      'X around',
      'X call',
      'X outer',
      'X part',
      'X second call',
      'i alone',
      'i moment',
    ];
    assertWhole(await sampled(events), whole, 60);
    const shallow = ['X around', 'X outer', 'i alone', 'i moment'];
    assertWhole(await sampled(events, '--depth', '1'), shallow, 60);
  });

  test('an operation has one fate with the slice in which it was begun, and with all that happens in it', async () => {
    const events = Array.from({ length: 60 }, (_, i) => [
      event('B', 'outer', i * 100, numbered(i)),
      event('b', 'wait', i * 100 + 10, { id: `${i % 3}`, ...numbered(i) }),
      event('b', 'inner', i * 100 + 20, { id: `${i % 3}`, ...numbered(i) }),
      event('n', 'row', i * 100 + 30, { id: `${i % 3}`, tid: 2, ...numbered(i) }),
      event('e', 'inner', i * 100 + 40, { id: `${i % 3}`, ...numbered(i) }),
      event('E', 'outer', i * 100 + 50, numbered(i)),
      event('e', 'wait', i * 100 + 230, { id: `${i % 3}`, tid: 2, ...numbered(i) }),
    ]).flat();
    const whole = ['B outer', 'E outer', 'b inner', 'b wait', 'e inner', 'e wait', 'n row'];
    assertWhole(await sampled(events), whole, 60);
  });

  test('a tree ends where the next one begins, though it is in the same moment', async () => {
    const events = Array.from({ length: 60 }, (_, i) => [
      slice('outer', i * 100, 100, numbered(i)),
      slice('inner', i * 100, 100, numbered(i)),
      event('B', 'pair', i * 100, { tid: 2, ...numbered(i) }),
      event('E', 'pair', i * 100 + 100, { tid: 2, ...numbered(i) }),
      slice('call', i * 100 + 50, 10, numbered(i, { 'op.id': `c${i}` })),
      slice('part', i * 100 + 50, 10, { tid: 2, ...numbered(i, { 'op.root': `c${i}` }) }),
    ]).flat();
    const whole = ['B pair', 'E pair', 'X call', 'X inner', 'X outer', 'X part'];
    assertWhole(await sampled(events), whole, 60);
  });

  test('a turn of the event loop joins no calls, but stays with what lies in none of them', async () => {
    const events = Array.from({ length: 60 }, (_, i) => [
      event('b', 'request', i * 100, { id: `${i}`, ...numbered(i, { 'op.id': `r${i}` }) }),
      slice('render', i * 100 + 10, 20, numbered(i, { 'op.root': `r${i}` })),
      event('e', 'request', i * 100 + 90, { id: `${i}`, ...numbered(i) }),
    ]).flat();
    const ticks = Array.from({ length: 6 }, (_, i) =>
      slice('long tick', i * 1_000 - 1, 1_000, { cat: 'loop', ...numbered(-1) }),
    );
    const trees = await sampled([...events, ...ticks]);
    const requests = trees.filter(([first]) => first !== 'X long tick');
    assertWhole(requests, ['X render', 'b request', 'e request'], 60);
  });

  test('ends of arrows go in the file of the slice around them where the trace is split', async () => {
    const many = Array.from({ length: 40 }, (_, i) => slice(`part ${i}`, 1 + i * 2_000, 10));
    const events = [
      slice('sends', 0, 90_000, { tid: 2 }),
      slice('inner', 70_000, 10_000, { tid: 2 }),
      ...many,
      slice('takes', 81_000, 5_000, { tid: 3 }),
      ...[flow('s', 69_000, 2, 1), flow('f', 82_000, 3, 1)],
      ...[flow('s', 71_000, 2, 2), flow('f', 83_000, 3, 2)],
    ];
    const input = file('arrows.json', events);
    const out = ['-o', file('arrow.json'), '--split', '1.5kB', '--json'];
    const { stdout } = await tracelane(['cut', input, ...out]);
    const { files } = JSON.parse(stdout) as { files: { file: string }[] };
    assert.ok(files.length > 1);
    const where = (name: string, phase: string, ts: number) =>
      files.findIndex(({ file: path }) => {
        const kept = JSON.parse(readFileSync(path, 'utf8')) as (Event & { ts: number })[];
        return kept.some((one) => one.name === name && one.ph === phase && one.ts === ts);
      });
    assert.equal(where('arrow', 's', 69_000), where('sends', 'X', 0));
    assert.equal(where('arrow', 's', 71_000), where('inner', 'X', 70_000));
    assert.notEqual(where('sends', 'X', 0), where('inner', 'X', 70_000));
    const joined = file('arrows-joined.json');
    await tracelane(['merge', ...files.map((part) => part.file), '-o', joined]);
    assert.equal((await tracelane(['check', joined])).code, 0);
  });

  test('a call of no length is too short where a duration is asked for; an instant has none', async () => {
    const events = [
      slice('long', 0, 5_000),
      slice('empty', 10, 0),
      slice('empty, too', 20, 0, { ts: '20' }),
      event('B', 'at once', 30),
      event('E', 'at once', 30),
      event('i', 'moment', 40, { s: 't' }),
      event('n', 'step', 50, { id: 'none' }),
    ];
    const kept = ['X long', 'i moment', 'n step'];
    const sized = events.map((one) => ({ ...one, args: { text: 'x'.repeat(100) } }));
    assert.deepEqual(await cut(sized, '--max-size', '0.6kB'), kept);
    assert.deepEqual(await cut(events, '--min-duration', '1ms'), kept);
  });

  test('an operation keeps its own end where others of its name and id are left out', async () => {
    const events = [
      event('b', 'step', 0, { id: 'a' }),
      event('b', 'step', 10, { id: 'a', tid: 2, args: { category: 'db' } }),
      event('n', 'row', 15, { id: 'a', tid: 2 }),
      event('e', 'step', 20, { id: 'a' }),
      event('e', 'step', 5_000, { id: 'a', tid: 2 }),
    ];
    for (const options of [
      ['--thread', '1'],
      ['--category', 'op'],
    ]) {
      const kept = await cut(events, ...options, '--min-duration', '1ms');
      assert.deepEqual(kept, ['b step', 'e step']);
    }
  });

  test('arrows from or to threads that are left out are left out, and it says how many', async () => {
    const events = [
      ...[1, 2, 3].map((tid) => slice(`on ${tid}`, 0, 100, { tid })),
      ...[flow('s', 1, 1, 1), flow('f', 2, 2, 1)],
      ...[flow('s', 3, 2, 2), flow('f', 4, 1, 2)],
      ...[flow('s', 5, 1, 3), flow('t', 6, 2, 3), flow('f', 7, 3, 3)],
    ];
    assert.deepEqual(await cut(events, '--thread', '1'), ['X on 1']);
    const two = await cut(events, '--thread', '/on|/', '--process', '1');
    assert.equal(two.length, events.length);
    const input = file('in.json', [
      ...events,
      event('M', 'thread_name', 0, { tid: 1, args: { name: 'edge' } }),
      event('M', 'thread_name', 0, { tid: 3, args: { name: 'edge' } }),
    ]);
    const { stdout } = await tracelane([
      'cut',
      input,
      '-o',
      file('edges.json'),
      '--thread',
      'edge',
    ]);
    assert.match(stdout, /2 arrows left out/);
    // What passes through a thread that is left out leads on.
    assert.deepEqual(eventsIn(file('edges.json')), [
      'M thread_name',
      'M thread_name',
      'X on 1',
      'X on 3',
      'f arrow',
      's arrow',
    ]);
  });
});
