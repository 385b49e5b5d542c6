import assert from 'node:assert/strict';
import { linkSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, test } from 'node:test';
import { Tracer } from 'tracelane';
import { checkTrace } from '../viewers/checker.js';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly id?: string | number;
}

/** What tracelane writes of time 0. */
function start(wallMicroseconds: number, monotonicNanoseconds: number | undefined, pid = 1) {
  const args = {
    clock: 'relative',
    wallMicroseconds,
    ...(monotonicNanoseconds === undefined
      ? {}
      : { monotonicNanoseconds: String(monotonicNanoseconds) }),
  };
  return { name: 'trace_start', cat: '__metadata', ph: 'M', ts: 0, pid, tid: pid, args };
}

async function merge(...traces: readonly unknown[]): Promise<{ events: Event[]; stdout: string }> {
  const paths = traces.map((trace, i) => file(`in-${i}.json`, trace));
  const out = file('out.json');
  const { code, stdout, stderr } = await tracelane(['merge', ...paths, '-o', out]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    readdirSync(dirname(out)).filter((name) => name.startsWith('out.json.')),
    [],
  );
  return { events: JSON.parse(readFileSync(out, 'utf8')), stdout };
}

const slices = (events: readonly Event[]) =>
  events.filter(({ ph }) => ph === 'X').map(({ name, ts, pid }) => [name, ts, pid]);

describe('tracelane merge', () => {
  test('aligns traces of one machine by its clock that nobody sets', async () => {
    // The time of day was set by 30 ms in between.
    const { events, stdout } = await merge(
      [start(1e15, 5e12, 1), slice('a', 10, 1)],
      [start(1e15 + 2e6 + 30_000, 5e12 + 2e9 + 123, 2), slice('b', 10, 1, { pid: 2, tid: 2 })],
    );
    assert.deepEqual(slices(events), [
      ['a', 10, 1],
      ['b', 2_000_010.123, 2],
    ]);
    assert.match(stdout, /aligned by the clock of the machine; \+2\.000 s/);
  });

  test('aligns traces of two machines by the time of day', async () => {
    const { events, stdout } = await merge(
      [start(1e15, 5e12), slice('a', 10, 1)],
      [start(1e15 + 500, 9e14, 2), slice('b', 10, 1, { pid: 2, tid: 2 })],
    );
    assert.deepEqual(slices(events).at(-1), ['b', 510, 2]);
    assert.match(stdout, /aligned by the time of day/);
  });

  test('moves all where another trace begins before the first: no time is negative', async () => {
    const { events } = await merge(
      [start(1e15, undefined), slice('a', 0, 1)],
      [start(1e15 - 100, undefined, 2), slice('b', 25, 1, { pid: 2, tid: 2 })],
    );
    assert.deepEqual(slices(events), [
      ['a', 75, 1],
      ['b', 0, 2],
    ]);
    const starts = events.filter(({ name }) => name === 'trace_start');
    assert.equal(starts.length, 1);
    const { args } = starts[0] as unknown as { args: { wallMicroseconds: number } };
    assert.equal(args.wallMicroseconds, 1e15 - 75);
  });

  test('says so where a trace does not tell when it began', async () => {
    const { stdout } = await merge([start(1e15, 1), slice('a', 0, 1)], [slice('b', 5, 1)]);
    assert.match(stdout, /not aligned/);
  });

  test('knows the clocks of other tools', async () => {
    const { events } = await merge(
      [start(1e15, 7e9), slice('a', 0, 1)],
      {
        traceEvents: [slice('chrome', 7_000_005, 1)],
        metadata: { 'clock-domain': 'LINUX_CLOCK_MONOTONIC' },
      },
      { traceEvents: [slice('clang', 3, 1)], beginningOfTime: 1e15 + 20 },
    );
    assert.deepEqual(
      slices(events).map(([name, ts]) => [name, ts]),
      [
        ['a', 0],
        ['chrome', 5],
        ['clang', 23],
      ],
    );
  });

  test('gives processes that have one pid by chance different ones, main threads included', async () => {
    const trace = [slice('x', 0, 1), slice('y', 0, 1, { tid: 9 })];
    const { events, stdout } = await merge(trace, trace, trace);
    const pids = new Set(events.map(({ pid }) => pid));
    assert.equal(pids.size, 3);
    for (const event of events) assert.equal(event.tid, event.name === 'y' ? 9 : event.pid);
    assert.match(stdout, /1 pid changed/);
  });

  test('tells processes apart where one of them writes its pid as text', async () => {
    const asText = { pid: '1', tid: '1' };
    const { events } = await merge(
      [slice('a', 0, 1), slice('b', 5, 1, { pid: '2', tid: 3 })],
      [slice('c', 0, 1, asText), slice('d', 5, 1)],
    );
    const [a, b, c, d] = events.map(({ pid, tid }) => [pid, tid]);
    assert.deepEqual(
      [a, b],
      [
        [1, 1],
        ['2', 3],
      ],
    );
    assert.deepEqual(c, [4, 4]);
    assert.deepEqual(d, c);
  });

  test('gives no main thread the number of another thread', async () => {
    // As the threads of tracelane are numbered: from the pid on.
    const trace = [slice('main', 0, 9), slice('worker', 1, 9, { tid: 2 })];
    const { events } = await merge(trace, trace, trace);
    const threads = new Set(events.map(({ pid, tid }) => `${pid}/${tid}`));
    assert.equal(threads.size, 6);
    const last = 2 ** 32 - 1;
    const high = [slice('x', 0, 1, { pid: last, tid: last })];
    assert.deepEqual(
      (await merge(high, high)).events.map(({ pid }) => pid),
      [last, 1],
    );
  });

  test('moves no time for the sake of one that is none', async () => {
    const odd = { ...slice('odd', 0, 1), ts: -1e300 };
    const { events } = await merge([slice('a', 5, 1)], [odd, slice('b', 7, 1, { pid: 2 })]);
    assert.deepEqual(
      events.filter(({ name }) => name !== 'odd').map(({ ts }) => ts),
      [5, 7],
    );
  });

  test('keeps times since 1970 as exact as they are', async () => {
    const epoch = 1_700_000_000_000_000;
    const { events } = await merge([slice('a', epoch, 1)], [slice('b', epoch + 7, 1, { pid: 2 })]);
    assert.deepEqual(
      events.map(({ ts }) => ts),
      [epoch, epoch + 7],
    );
  });

  test('says what it leaves out beside the events', async () => {
    const { stdout } = await merge({ traceEvents: [slice('a', 5, 1)], stackFrames: { 1: {} } });
    assert.match(stdout, /left out beside the events: stackFrames/);
  });

  test('shows nothing that a terminal would obey', async () => {
    const { stdout } = await merge({ traceEvents: [slice('a', 5, 1)], '\u001b]0;title\u0007': 1 });
    assert.match(stdout, /left out beside the events: .*title/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
    assert.doesNotMatch(stdout, /[\u001b\u0007]/);
  });

  test('keeps apart ids that two files began, and together those that one began', async () => {
    const flow = (ph: string, id: number, pid: number, ts: number) => ({
      name: 'flow',
      cat: 'c',
      ph,
      id,
      ts,
      pid,
      tid: pid,
      args: {},
      ...(ph === 'f' ? { bp: 'e' } : {}),
    });
    const op = (ph: string, id: string, pid: number, ts: number) => ({
      ...flow(ph, 0, pid, ts),
      name: 'op',
      id,
    });
    const { events } = await merge(
      [
        slice('a', 0, 100),
        flow('s', 1, 1, 1),
        flow('f', 1, 1, 2),
        flow('s', 2, 1, 3),
        op('b', 'x', 1, 1),
        op('e', 'x', 1, 2),
      ],
      [
        slice('b', 0, 100, { pid: 2, tid: 2 }),
        flow('s', 1, 2, 4),
        flow('f', 1, 2, 5),
        flow('f', 2, 2, 6),
        op('b', 'x', 2, 3),
        op('e', 'x', 2, 4),
      ],
    );
    const ids = events.filter(({ id }) => id !== undefined).map(({ ph, id }) => [ph, id]);
    const first = [
      ['s', 1],
      ['f', 1],
      ['s', 2],
      ['b', 'x'],
      ['e', 'x'],
    ];
    assert.deepEqual(ids.slice(0, 5), first);
    const [s, f, linked, b, e] = ids.slice(5);
    assert.deepEqual(linked, ['f', 2]);
    assert.equal(s?.[1], f?.[1]);
    assert.notEqual(s?.[1], 1);
    assert.equal(b?.[1], e?.[1]);
    assert.notEqual(b?.[1], 'x');
    assert.deepEqual(checkTrace(readFileSync(file('out.json'), 'utf8')), []);
  });

  test('gives no id that another has, of numbers and their texts, and of what was merged before', async () => {
    const both = { cat: 'c', tid: 1, args: {} };
    const own = (pid: number) => [
      { ...slice('work', 0, 100, { pid }) },
      ...[1, '1'].flatMap((id) => [
        { ...both, ph: 'b', name: 'op', ts: 10, pid, id },
        { ...both, ph: 'e', name: 'op', ts: 20, pid, id },
      ]),
      { ...both, ph: 's', name: 'flow', ts: 10, pid, id: 5 },
      { ...both, ph: 'f', name: 'flow', ts: 20, pid, id: 5, bp: 'e' },
    ];
    const begun = (events: readonly Event[], phase: string) =>
      events.filter(({ ph }) => ph === phase).map(({ id }) => id);
    const { events: two } = await merge(own(1), own(2));
    assert.equal(new Set(begun(two, 'b')).size, 4);
    const { events: four } = await merge(own(3), two, own(4));
    assert.equal(new Set(begun(four, 'b')).size, 8);
    assert.deepEqual(begun(four, 'b'), begun(four, 'e'));
    assert.equal(new Set(begun(four, 's')).size, 4);
    assert.deepEqual(begun(four, 's'), begun(four, 'f'));
    assert.deepEqual(checkTrace(readFileSync(file('out.json'), 'utf8')), []);
    const last = { ...both, name: 'flow', pid: 1, id: '0xffffffffffffffff' };
    const { events: full } = await merge(own(3), [
      ...own(1),
      { ...last, ph: 's', ts: 30 },
      { ...last, ph: 'f', ts: 40, bp: 'e' },
    ]);
    assert.equal(new Set(begun(full, 's')).size, 3);
    assert.deepEqual(begun(full, 's'), begun(full, 'f'));
  });

  test('joins traces of tracelane into one that passes every check', async () => {
    const paths = [file('first.json'), file('second.json')];
    for (const path of paths) {
      const tracer = new Tracer(path).start();
      tracer.trace('outer', () => tracer.span('inner').end());
      tracer.counter('count', 1);
      await tracer.trace('operation', async () => {});
      await tracer.stop();
    }
    const out = file('joined.json');
    assert.equal((await tracelane(['merge', ...paths, '-o', out])).code, 0);
    const text = readFileSync(out, 'utf8');
    assert.deepEqual(checkTrace(text), []);
    const events: Event[] = JSON.parse(text);
    const outer = events.filter(({ name }) => name === 'outer');
    assert.equal(outer.length, 2);
    assert.equal(new Set(outer.map(({ pid }) => pid)).size, 2);
    assert.ok(Number(outer[0]?.ts) < Number(outer[1]?.ts));
    assert.equal((await tracelane(['check', out])).code, 0);
  });

  test('leaves no file where one cannot be read', async () => {
    const out = file('never.json');
    const { code, stderr } = await tracelane([
      'merge',
      file('a.json', []),
      file('none.json'),
      '-o',
      out,
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /none\.json/);
    assert.throws(() => readFileSync(out));
  });
});

describe('tracelane merge onto one of its inputs', () => {
  const traces = () => [
    file('one.json', [slice('a', 0, 1)]),
    file('two.json', [slice('b', 0, 1, { pid: 2 })]),
  ];

  async function assertRefused(inputs: readonly string[], out: string): Promise<void> {
    const before = inputs.map((path) => readFileSync(path, 'utf8'));
    const { code, stdout, stderr } = await tracelane(['merge', ...inputs, '-o', out]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(
      stderr,
      /it is the same file as .*two\.json, one of the inputs\. Give another name/,
    );
    assert.deepEqual(
      inputs.map((path) => readFileSync(path, 'utf8')),
      before,
    );
  }

  test('is refused, and the input is what it was', async () => {
    const [one = '', two = ''] = traces();
    await assertRefused([one, two], two);
  });

  test('is refused by another path to it', async () => {
    const [one = '', two = ''] = traces();
    await assertRefused([one, two], `${dirname(two)}/../${basename(dirname(two))}/two.json`);
  });

  test('is refused by a symbolic link to it, and a link as the input', async () => {
    const [one = '', two = ''] = traces();
    const link = file('link-to-two.json');
    symlinkSync(two, link);
    await assertRefused([one, two], link);
    const { code } = await tracelane(['merge', one, link, '-o', two]);
    assert.equal(code, 2);
  });

  test('is refused by a hard link to it', async () => {
    const [one = '', two = ''] = traces();
    const link = file('hard-link-to-two.json');
    linkSync(two, link);
    await assertRefused([one, two], link);
  });
});
