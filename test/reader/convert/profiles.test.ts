import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { convertTrace } from '#src/reader/convert/convert.js';
import { slice, temporaryFolder } from '../../cli/run-cli.js';
import { importIntoSpeedscope } from '../../viewers/speedscope.js';
import { shownBy } from './timeline.js';

const file = temporaryFolder();
const named = (tid: number, name: string) => ({
  ...{ ph: 'M', name: 'thread_name', ts: 0, pid: 1, tid, args: { name } },
});

const frame = (functionName: string, url = '', lineNumber = -1, columnNumber = -1) => ({
  ...{ functionName, scriptId: '1', url, lineNumber, columnNumber },
});
const profile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 5] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('(program)') },
    { id: 4, callFrame: frame('(garbage collector)') },
    { id: 5, callFrame: frame('main', 'file:///app/main.js', 9, 4), children: [6] },
    { id: 6, callFrame: frame('', 'file:///app/lib/part.js', 1, 0) },
  ],
  startTime: 1_000_000,
  endTime: 1_000_900,
  samples: [3, 5, 6, 4, 6, 2, 5],
  timeDeltas: [0, 100, 100, 100, 100, 100, 200],
};

describe("a profile of V8's", () => {
  test('is read as slices: collections in what they interrupt, and nothing while idle', async () => {
    const { slices, names } = await shownBy(file('read.cpuprofile', profile));
    const main = '{"column":5,"file":"/app/main.js","line":10}';
    const part = '{"column":1,"file":"/app/lib/part.js","line":2}';
    assert.deepEqual(slices, [
      '1/1 0..100000 0 (program) [cpu] {}',
      `1/1 100000..500000 0 main [cpu] ${main}`,
      `1/1 200000..500000 1 (anonymous) part.js:2 [cpu] ${part}`,
      '1/1 300000..400000 2 (garbage collector) [cpu] {}',
      `1/1 700000..900000 0 main [cpu] ${main}`,
    ]);
    assert.deepEqual(names, ['process 1: CPU profile', 'thread 1/1: CPU samples']);
  });

  test('with several samples at one time shows what the last one of them says', async () => {
    const samples = [5, 6, 5, 2];
    const timeDeltas = [0, 100, 0, 300];
    const { slices } = await shownBy(
      file('one-time.cpuprofile', { ...profile, samples, timeDeltas }),
    );
    const main = '{"column":5,"file":"/app/main.js","line":10}';
    assert.deepEqual(slices, [`1/1 0..400000 0 main [cpu] ${main}`]);
  });

  test('of Node is the same after it was made a trace, and a profile again', async () => {
    const folder = dirname(file('node'));
    const work = 'let x = 0; function work() { for (let i = 0; i < 2e7; i++) x += Math.sqrt(i); }';
    const args = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '-e', `${work} work(); work();`];
    execFileSync(process.execPath, args);
    const made = readdirSync(folder).find((name) => name.startsWith('CPU.')) ?? '';
    const before = await shownBy(join(folder, made));
    assert.ok(before.slices.some((line) => / work \[cpu\]/.test(line)));
    await convertTrace(join(folder, made), file('node.pftrace'));
    assert.deepEqual((await shownBy(file('node.pftrace'))).slices, before.slices);
    await convertTrace(file('node.pftrace'), file('node.cpuprofile'));
    assert.deepEqual((await shownBy(file('node.cpuprofile'))).slices, before.slices);
  });

  test('that is damaged is refused, also one whose nodes lie in a circle', async () => {
    const circle = { id: 7, callFrame: frame('a', 'file:///a.js', 1, 1), children: [7] };
    const damaged = [
      '{"nodes":[{"id":1}],"samples":[1],"timeDeltas":[0],"startTime":0,"endTime":1}',
      '{"nodes":[',
      JSON.stringify({ ...profile, nodes: [...profile.nodes, circle], samples: [7] }),
    ];
    for (const text of damaged) {
      await assert.rejects(shownBy(file('damaged.cpuprofile', text)), {
        code: 'TRACELANE_NOT_A_TRACE',
        message: /this is no CPU profile of V8's/,
      });
    }
  });

  test('is made of the slices of one thread: what is on its stack from moment to moment', async () => {
    const trace = file('one.json', [
      slice('outer', 10, 30),
      slice('inner', 20, 10),
      slice('later', 50, 5, { args: { a: 1 } }),
      { ...slice('count', 1, 0), ph: 'C', args: { value: 1 } },
    ]);
    const result = await convertTrace(trace, file('one.cpuprofile'));
    assert.deepEqual(result.leftOut, { arguments: 1, 'values of counters': 1 });
    const { nodes, samples, timeDeltas, startTime, endTime } = JSON.parse(
      readFileSync(file('one.cpuprofile'), 'utf8'),
    );
    const names = new Map(nodes.map((node: (typeof profile.nodes)[0]) => [node.id, node]));
    const named = samples.map(
      (id: number) => (names.get(id) as (typeof nodes)[0]).callFrame.functionName,
    );
    assert.deepEqual(named, ['outer', 'inner', 'outer', '(idle)', 'later', '(idle)']);
    assert.deepEqual(timeDeltas, [0, 10, 10, 10, 10, 5]);
    assert.deepEqual([startTime, endTime], [10, 55]);
    assert.deepEqual((await shownBy(file('one.cpuprofile'))).slices, [
      '1/1 0..30000 0 outer [cpu] {}',
      '1/1 10000..20000 1 inner [cpu] {}',
      '1/1 40000..45000 0 later [cpu] {}',
    ]);
  });

  test('of several threads has to be told which, and says which there are', async () => {
    const trace = file('two.json', [
      ...[slice('a', 1, 2), slice('b', 1, 2, { tid: 2 }), named(2, 'worker')],
    ]);
    await assert.rejects(convertTrace(trace, file('two.cpuprofile')), {
      code: 'TRACELANE_CANNOT_WRITE',
      message:
        /of one thread, and 2 have slices\. Choose by --thread one of: 1\/1, 1\/2 \(worker\)/,
    });
    const thread = ({ name }: { name: string }) => name === 'worker';
    const result = await convertTrace(trace, file('two.cpuprofile'), { thread });
    assert.deepEqual(result.leftOut, { 'slices of other threads': 1 });
    assert.match((await shownBy(file('two.cpuprofile'))).slices.join(), / b \[cpu\]/);
    await assert.rejects(convertTrace(trace, file('none.cpuprofile'), { thread: () => false }), {
      message: /no thread that has slices is the one that was asked for\. Choose/,
    });
    assert.ok(!readdirSync(dirname(trace)).some((name) => name.startsWith('none')));
  });

  test('is not made of a trace without slices', async () => {
    const trace = file('flat.json', [{ ...slice('a', 1, 0), ph: 'i' }]);
    await assert.rejects(convertTrace(trace, file('flat.cpuprofile')), {
      message: /there are no slices of threads .* Convert it to \.json or \.pftrace/,
    });
  });
});

describe("a file in speedscope's format", () => {
  test('has a profile for each thread, which speedscope reads as the slices are', async () => {
    const trace = file('scope.json', [
      ...[slice('outer', 10, 30.5), slice('inner', 20, 10), slice('other', 5, 2, { tid: 2 })],
      ...[named(2, 'worker'), { ...slice('op', 1, 0), ph: 'b', id: 1 }],
      { name: 'begun', cat: 'c', ph: 'B', ts: 60, pid: 1, tid: 1 },
      { name: 'begun', cat: 'c', ph: 'E', ts: 61, pid: 1, tid: 1 },
    ]);
    const result = await convertTrace(trace, file('scope.speedscope.json'));
    assert.deepEqual(result.leftOut, { 'events of async operations': 1 });
    const text = readFileSync(file('scope.speedscope.json'), 'utf8');
    const [first, second] = await importIntoSpeedscope(text);
    assert.equal(first?.name, 'thread (1/1)');
    assert.deepEqual(first?.slices, [
      { name: 'outer', start: 0, end: 30.5, depth: 0 },
      { name: 'inner', start: 10, end: 20, depth: 1 },
      { name: 'begun', start: 50, end: 51, depth: 0 },
    ]);
    assert.equal(second?.name, 'worker (1/2)');
    assert.deepEqual(second?.slices, [{ name: 'other', start: 0, end: 2, depth: 0 }]);
  });

  test('says how many slices had to be cut, as they overlap others', async () => {
    const trace = file('over.json', [slice('a', 0, 10), slice('b', 5, 10)]);
    const result = await convertTrace(trace, file('over.speedscope.json.gz'));
    assert.deepEqual(result.leftOut, { 'slices whose end was cut, as they overlap others': 1 });
  });
});

test("Node's own trace events become Perfetto's", async () => {
  const folder = dirname(file('log'));
  const log = file('node-log.json');
  const options = ['--trace-events-enabled', `--trace-event-file-pattern=${log}`];
  execFileSync(process.execPath, [...options, '-e', 'setTimeout(() => {}, 5)'], { cwd: folder });
  await convertTrace(log, file('node-log.pftrace'));
  const [before, after] = [await shownBy(log), await shownBy(file('node-log.pftrace'))];
  assert.ok(before.slices.length > 0);
  assert.deepEqual(after.slices, before.slices);
  assert.deepEqual(after.operations, before.operations);
});

describe("a profile of V8's that another tool has made", () => {
  const { nodes, samples, timeDeltas, startTime } = profile;
  const shown = async (made: unknown) => {
    const text = typeof made === 'string' ? made : JSON.stringify(made);
    return (await shownBy(file('other.cpuprofile', text))).slices;
  };

  test('is refused where what it needs is missing, no number, or cut off', async () => {
    const cases: [made: unknown, message: RegExp][] = [
      [{ nodes, timeDeltas, startTime }, /it has no samples/],
      [{ nodes, samples, startTime }, /it has no timeDeltas/],
      [{ nodes: [], samples, timeDeltas }, /it has no nodes/],
      [{ ...profile, timeDeltas: timeDeltas.map(String) }, /no timeDeltas that are numbers/],
      [{ ...profile, startTime: '5' }, /startTime or its endTime is no number/],
      [JSON.stringify(profile).slice(0, 300), /was cut off/],
    ];
    for (const [made, message] of cases) {
      await assert.rejects(shown(made), { code: 'TRACELANE_NOT_A_TRACE', message });
    }
  });

  test('is read with a byte order mark, with spaces, and without its start and end', async () => {
    const expected = await shown({ ...profile, startTime: 0, endTime: 600 });
    assert.ok(expected.length > 0);
    assert.deepEqual(await shown({ nodes, samples, timeDeltas }), expected);
    assert.deepEqual(await shown(`\ufeff \n${JSON.stringify(profile)}`), await shown(profile));
    assert.deepEqual(
      await shown(`${' '.repeat(200)}${JSON.stringify(profile)}`),
      await shown(profile),
    );
  });

  test('may begin with anything where its name says what it is', async () => {
    const expected = await shown(profile);
    assert.deepEqual(await shown({ title: 'a profile', ...profile }), expected);
    assert.deepEqual(await shown({ $vscode: { text: '{'.repeat(5000) }, ...profile }), expected);
    const packed = file('other.cpuprofile.gz', gzipSync(JSON.stringify({ meta: 1, ...profile })));
    assert.deepEqual((await shownBy(packed)).slices, expected);
    // Samples that are numbers are those of a profile, whatever it is called.
    const samplesFirst = { samples, timeDeltas, nodes, startTime, endTime: profile.endTime };
    assert.deepEqual((await shownBy(file('samples.json', samplesFirst))).slices, expected);
  });

  test('is a trace all the same where there is one under that name', async () => {
    const traceEvents = [slice('a', 0, 5)];
    const expected = ['1/1 0..5000 0 a [test] {}'];
    assert.deepEqual(await shown(traceEvents), expected);
    assert.deepEqual(await shown({ traceEvents }), expected);
    assert.deepEqual(await shown({ displayTimeUnit: 'ms', traceEvents }), expected);
    const cut = JSON.stringify({ displayTimeUnit: 'ms', traceEvents }).slice(0, -2);
    assert.deepEqual(await shown(cut), expected);
  });

  test('may tell parents in place of children, and be very deep', async () => {
    const deep = Array.from({ length: 20_000 }, (_, i) => ({
      ...{ id: i + 1, callFrame: frame(`f${i}`), parent: i === 0 ? undefined : i },
    }));
    const made = { nodes: deep, samples: [20_000], timeDeltas: [0], startTime: 0, endTime: 5 };
    assert.equal((await shown(made)).length, 19_999);
  });
});
