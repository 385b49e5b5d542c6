import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseProfile } from '#src/cpu-profile/profile.js';
import { Mappings } from '#src/runtime/samples/mappings.js';
import { viewTrace } from '../perfetto/view.js';
import type { RecordedEvent } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { importIntoDevTools } from '../viewers/devtools.js';
import { importIntoSpeedscope } from '../viewers/speedscope.js';
import { Project, REGISTER, RUNTIME, type Run, type RunSettings, TRACELANE } from './run-traced.js';

const TRACER = `const { getGlobalTracer } = require(${JSON.stringify(REGISTER.replace('register.js', 'index.cjs'))});`;
/** What a program has that keeps the CPU at work: V8 cannot inline it into who calls it. */
const BUSY =
  'const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };';

async function sample(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  settings: RunSettings = {},
): Promise<Run> {
  const [main = ''] = Object.keys(files);
  const run = await new Project(files).run(
    ['--quiet', '--sources', 'samples', ...args, main],
    settings,
  );
  assert.equal(run.stderr, '');
  assert.deepEqual(checkTrace(run.text), []);
  return run;
}

const end = ({ ts, dur = 0 }: RecordedEvent) => ts + dur;
const isInside = (inner: RecordedEvent, outer: RecordedEvent) =>
  inner.tid === outer.tid && inner.ts >= outer.ts && end(inner) <= end(outer) && inner !== outer;
const samplesIn = ({ events }: Run) => events.filter(({ cat }) => cat === 'cpu');
const named = (run: Run, name: string) => samplesIn(run).filter((event) => event.name === name);

/** Names of the tracks of samples, by tid. */
function tracksIn({ events }: Run): Map<number, string> {
  const names = events.filter(({ name }) => name === 'thread_name');
  const tracks = names.map(({ tid, args }) => [tid, String(args['name'])] as const);
  return new Map(tracks.filter(([, name]) => name.endsWith(': CPU samples')));
}

describe('the source samples', () => {
  for (const [says, flags, env] of [
    ['--cpu-prof', ['--cpu-prof'], {}],
    ['NODE_V8_COVERAGE', [], { NODE_V8_COVERAGE: 'coverage' }],
  ] as const) {
    test(`prints no samples where Node profiles the program itself, by ${says}, but why there are none`, async () => {
      const project = new Project({ 'main.cjs': "console.log('x')" });
      const options = ['--quiet', '--sources', 'samples', '--sample-interval', '500', '--'];
      const run = await project.run([...options, '--no-warnings', ...flags, 'main.cjs'], { env });
      assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'x\n', '']);
      const told = await project.run([...options, ...flags, 'main.cjs'], { env });
      assert.match(told.stderr, /^\S+ \[TRACELANE_NO_SOURCE\] .*NODE_V8_COVERAGE.*\n.*\n$/);
    });
  }

  test('leaves out the process of node --test, which runs the tests in others', async () => {
    const project = new Project({
      'main.test.cjs': `${BUSY} require('node:test').test('is busy', function work() { busy(100); });`,
    });
    // More often than each millisecond: by the inspector, on every Node.
    const options = ['--quiet', '--sources', 'samples', '--sample-interval', '500'];
    const run = await project.run([...options, '--', '--test', 'main.test.cjs'], {
      env: { NODE_TEST_CONTEXT: undefined },
    });
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.ok(named(run, 'work').length > 0);
  });

  test('shows functions on a track right below their thread, inside of who called them', async () => {
    const run = await sample({
      'main.cjs': `${TRACER} ${BUSY}
        function outer() { inner(); busy(200); }
        function inner() { busy(200); }
        const span = getGlobalTracer().span('work');
        outer();
        span.end();`,
    });
    const [work] = run.events.filter(({ name }) => name === 'work');
    const [[tid] = []] = tracksIn(run);
    assert.ok(work !== undefined && tid !== undefined);
    const outer = named(run, 'outer');
    const inner = named(run, 'inner');
    assert.ok(outer.length > 0 && inner.length > 0);
    assert.ok(samplesIn(run).every((event) => event.tid === tid && event.pid === work.pid));
    assert.ok(inner.every((slice) => outer.some((caller) => isInside(slice, caller))));
    assert.ok(outer.every((slice) => slice.ts > work.ts && slice.ts < end(work)));
    const { file, line } = outer[0]?.args ?? {};
    assert.ok(String(file).endsWith('main.cjs') && line === 2);
    const indices = run.events.filter(({ name }) => name === 'thread_sort_index');
    const sortIndex = (of: number) => indices.find((event) => event.tid === of)?.args['sort_index'];
    assert.equal(sortIndex(tid), Number(sortIndex(work.tid)) + 1);
  });

  test('shows functions and files with quotes, backslashes and line breaks in their names', async () => {
    const name = 'say "hi"\\no\n\u{1f600}';
    const run = await sample({
      'a "b" c.cjs': `${BUSY}
        const speaker = { ${JSON.stringify(name)}() { busy(300); } };
        speaker[${JSON.stringify(name)}]();`,
    });
    const spoken = named(run, name);
    assert.ok(spoken.length > 0);
    assert.ok(spoken.every(({ args }) => String(args['file']).endsWith('a "b" c.cjs')));
  });

  test('reads paths of Windows as V8 writes them', () => {
    const frame = (name: string, url: string, rest = '') =>
      `{"id":1,"hitCount":0,"callFrame":{"functionName":"${name}","lineNumber":1,"columnNumber":2,` +
      `"scriptId":3,"url":"${url}"}${rest}}`;
    const url = 'C:\\temp\\users\\b.js';
    const nodes = [frame('f', url, ',"children":[2]'), frame('', url), frame('g', 'file:///b.js')];
    const text = `{"nodes":[${nodes.join(',')}],"startTime":1,"endTime":2,"samples":[1],"timeDeltas":[3]}`;
    const { nodes: read, ...rest } = parseProfile(text);
    assert.deepEqual(
      read.map(({ callFrame }) => [callFrame.functionName, callFrame.url]),
      [
        ['f', url],
        ['', url],
        ['g', 'file:///b.js'],
      ],
    );
    assert.deepEqual(read[0]?.children, [2]);
    assert.deepEqual(rest, { startTime: 1, endTime: 2, samples: [1], timeDeltas: [3] });
  });

  test('reads profiles of other tools, which order the fields in another way, as the JSON that they are', () => {
    const place = { lineNumber: 1, columnNumber: 2 };
    const of = (functionName: string) => ({
      functionName,
      scriptId: '3',
      url: 'C:\\b.js',
      ...place,
    });
    const alike = { functionName: 'g', ...place, scriptId: 3, url: 'file:///b.js' };
    const frames = [of('(root)'), of('say "x"'), alike, of('f')];
    const nodes = frames.map((callFrame, i) => ({ id: i + 1, callFrame }));
    const profile = { nodes, startTime: 1, endTime: 2, samples: [1], timeDeltas: [3] };
    assert.deepEqual(parseProfile(JSON.stringify(profile)), profile);
    const many = { ...profile, nodes: Array.from({ length: 100_000 }, () => nodes[1]) };
    assert.deepEqual(parseProfile(JSON.stringify(many)), many);
  });

  test('shows nothing while the thread is idle, and all of what goes on for longer than a window', async () => {
    const run = await sample({
      'main.cjs': `${TRACER} ${BUSY}
        const tracer = getGlobalTracer();
        setTimeout(() => {
          const span = tracer.span('waits');
          setTimeout(() => {
            span.end();
            (function long() { busy(3000); })();
          }, 300);
        }, 100);`,
    });
    const [waits] = run.events.filter(({ name }) => name === 'waits');
    assert.ok(waits !== undefined);
    // The window's end is work, too: of the thread, between two idle times.
    const within = samplesIn(run).filter(({ ts }) => ts > waits.ts && ts < end(waits));
    const share = within.reduce((sum, { dur = 0 }) => Math.max(sum, dur), 0) / (waits.dur ?? 0);
    assert.ok(share < 0.5);
    // Windows are of a second: it goes on over the border of two. Now and then V8 cannot walk a stack,
    // and the slice is parted there.
    const longest = Math.max(...named(run, 'long').map(({ dur = 0 }) => dur));
    assert.ok(longest > 1_000_000, `${longest} µs of 3 s`);
  });

  test('gives each worker thread a track of its own', async () => {
    const run = await sample({
      'main.cjs': `${BUSY}
        const { Worker } = require('node:worker_threads');
        new Worker('(' + String(function inWorker() { for (const end = performance.now() + 300; performance.now() < end; ); }) + ')()', { eval: true });
        new Worker('setTimeout(() => {}, 50)', { eval: true });
        (function inMain() { busy(300); })();`,
    });
    const tracks = tracksIn(run);
    assert.equal(tracks.size, 3);
    const trackOf = (name: string) => tracks.get(named(run, name)[0]?.tid ?? 0) ?? '';
    assert.equal(trackOf('inMain'), 'main: CPU samples');
    assert.match(trackOf('inWorker'), /^worker \d+: CPU samples$/);
  });

  test('shows collections of garbage on top of the functions that they interrupt', async () => {
    const run = await sample({
      'main.cjs': `
        let kept;
        function allocates() { const all = []; for (let i = 0; i < 1_500_000; i++) all.push({ i }); kept = all; }
        allocates();`,
    });
    const allocates = named(run, 'allocates');
    const collections = named(run, '(garbage collector)');
    assert.ok(collections.some((slice) => allocates.some((caller) => isInside(slice, caller))));
  });

  for (const place of ['beside the script', 'in the script']) {
    test(`names sources and functions by a source map ${place}`, async () => {
      // What a minifier makes of a file: `s` stands for `spinAround`, in line 3 of the source.
      const code = `${BUSY}\nfunction s(){busy(300)}\ns();\n`;
      const map = {
        version: 3,
        sources: ['../src/original.ts'],
        names: ['spinAround'],
        // Line 2 of the script: column 0 is 2:0; column 9, the name, is 2:9; column 10 is 2:19.
        mappings: ';AAEA,SAASA,CAAU;',
      };
      const json = JSON.stringify(map);
      const isBeside = place === 'beside the script';
      const url = isBeside
        ? 'main.cjs.map'
        : `data:application/json;base64,${Buffer.from(json).toString('base64')}`;
      const run = await sample({
        'out/main.cjs': `${code}//# sourceMappingURL=${url}\n`,
        ...(isBeside ? { 'out/main.cjs.map': json } : {}),
      });
      const [slice] = named(run, 'spinAround');
      const { file, line, column } = slice?.args ?? {};
      assert.match(String(file), /[\\/]src[\\/]original\.ts$/);
      assert.deepEqual([line, column], [3, 20]);
      assert.equal(named(run, 's').length, 0);
    });
  }

  test('draws functions whose names viewers take for events of a browser, and tells those without one apart', async () => {
    const run = await sample({
      'main.cjs': `${BUSY}
        function Paint() { busy(100); }
        function Profile() { busy(100); }
        Paint();
        Profile();
        (() => busy(100))();
      `,
    });
    assert.ok(named(run, 'Paint()').length > 0 && named(run, 'Profile()').length > 0);
    assert.ok(named(run, '(anonymous) main.cjs:6').length > 0);
  });

  for (const [way, code] of [
    ['process.exit()', 'process.exit(3)'],
    [
      'an error that nobody catches',
      "process.on('uncaughtExceptionMonitor', () => process.exit(3)); throw 1",
    ],
    ['a signal', "process.kill(process.pid, 'SIGTERM')"],
  ] as const) {
    test(`keeps the last window of a program that is ended by ${way}`, async () => {
      const run = await sample({
        'main.cjs': `${BUSY}
          (function last() { busy(200); })();
          ${code};`,
      });
      assert.ok(run.code === 3 || run.signal === 'SIGTERM');
      assert.ok(named(run, 'last').length > 0);
    });
  }

  test('leaves programs that profile themselves, or are debugged, as they are', async () => {
    const program = `${BUSY}
      const { Session, console: debugged } = require('node:inspector');
      const session = new Session();
      session.connect();
      session.post('Profiler.enable');
      session.post('Profiler.start');
      const titles = [];
      session.on('Profiler.consoleProfileFinished', ({ params }) => titles.push(params.title));
      debugged.profile('own');
      (function profiled() { busy(1200); })();
      setTimeout(() => {
        debugged.profileEnd('own');
        session.post('Profiler.stop', (error, { profile }) => {
          const names = profile.nodes.map(({ callFrame }) => callFrame.functionName);
          console.log(titles.includes('own'), names.includes('profiled'));
        });
      }, 100);`;
    const run = await sample({ 'main.cjs': program });
    assert.deepEqual([run.code, run.stdout], [0, 'true true\n']);
    assert.ok(named(run, 'profiled').length > 0);
  });

  test('takes an interval, by the inspector of Node where V8 has another one', async () => {
    /** Microseconds between most samples. */
    const between = async (interval: number) => {
      const project = new Project({
        'main.cjs': `${BUSY} (function sampled() { busy(1000); })();`,
      });
      const output = ['--output', 'trace.pftrace', '--sample-interval', String(interval)];
      const run = await project.run(['--quiet', '--sources', 'samples', ...output, 'main.cjs']);
      assert.deepEqual([run.code, run.stderr], [0, '']);
      const { samples } = viewTrace(readFileSync(join(project.folder, 'trace.pftrace')));
      const times = samples
        .filter(({ frames }) => frames.some(({ name }) => name === 'sampled'))
        .map(({ time }) => time / 1000);
      assert.ok(times.length > 10, `${times.length} samples`);
      const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
    };
    const [often, seldom] = [await between(200), await between(20_000)];
    // A busy machine makes for less samples than were asked for, and never for more.
    assert.ok(seldom > 10_000, `${seldom} µs`);
    assert.ok(often < seldom / 10, `${often} µs`);
  });

  test('is left out by --no-samples, also beside --sources', async () => {
    const files = { 'main.cjs': `${BUSY} busy(100);` };
    for (const args of [['--no-samples'], ['--sources', 'gc,samples', '--no-samples']]) {
      const run = await new Project(files).run(['--quiet', ...args, 'main.cjs']);
      assert.equal(run.code, 0);
      assert.deepEqual([samplesIn(run).length, tracksIn(run).size], [0, 0]);
    }
  });

  test('goes on in the next recording of a tracer, and knows nothing of the last one', async () => {
    const program = `
      import { Tracer } from ${JSON.stringify(TRACELANE)};
      import { traceRuntime } from ${JSON.stringify(RUNTIME)};
      ${BUSY}
      const tracer = new Tracer('trace.json').start();
      const runtime = traceRuntime(tracer, { sources: 'samples' });
      (function first() { busy(200); })();
      await tracer.stop();
      process.removeAllListeners('warning');
      tracer.start();
      (function second() { busy(1000); })();
      await new Promise((done) => setTimeout(done, 200));
      (function second() { busy(200); })();
      runtime[Symbol.dispose]();
      await tracer.stop();`;
    const run = await new Project({ 'main.mjs': program }).node(['main.mjs']);
    assert.equal(run.code, 0);
    assert.deepEqual(checkTrace(run.text), []);
    assert.equal(named(run, 'first').length, 0);
    assert.ok(named(run, 'second').length > 0);
  });

  for (const stop of ['await tracer.stop()', 'tracer.stopSync()']) {
    test(`has all of recordings that are shorter than a window: ${stop}`, async () => {
      const program = `
        import { Tracer } from ${JSON.stringify(TRACELANE)};
        import { traceRuntime } from ${JSON.stringify(RUNTIME)};
        import { readFileSync } from 'node:fs';
        ${BUSY}
        const tracer = new Tracer('%n.json');
        const runtime = traceRuntime(tracer.start(), { sources: 'samples' });
        for (const recorded of [function a() { busy(100); }, function b() { busy(100); }]) {
          tracer.start();
          recorded();
          ${stop};
          (function between() { busy(50); })();
          const events = JSON.parse(readFileSync(tracer.outputFile, 'utf8'));
          const own = events.filter(({ name }) => ['a', 'b', 'between'].includes(name));
          // V8 may miss a sample, or take one of itself in between: then it is two slices.
          console.log([...new Set(own.map(({ name, ph }) => name + ph))].join());
        }
        runtime[Symbol.dispose]();`;
      const run = await new Project({ 'main.mjs': program }).node(['main.mjs']);
      assert.deepEqual([run.code, run.stderr], [0, '']);
      assert.equal(run.stdout, 'aX\nbX\n');
    });
  }

  test('is drawn by DevTools and speedscope as slices that nest', async () => {
    const run = await sample({
      'main.cjs': `${BUSY}
        function deep(n) { if (n === 0) busy(150); else deep(n - 1); }
        deep(20);`,
    });
    const [[tid] = []] = tracksIn(run);
    const { threads, generic } = await importIntoDevTools(run.text);
    assert.ok(generic);
    const drawn = threads.find((thread) => thread.tid === tid)?.slices ?? [];
    assert.equal(drawn.length, samplesIn(run).length);
    const depths = drawn.filter(({ name }) => name === 'deep').map(({ depth }) => depth);
    assert.ok(new Set(depths).size >= 21);
    const profiles = await importIntoSpeedscope(run.text);
    const profile = profiles.find(({ name }) => name.includes('CPU samples'));
    const deep = profile?.slices.filter(({ name }) => name.startsWith('deep')) ?? [];
    assert.equal(deep.length, depths.length);
  });
});

test('mappings say the same of all places as those of Node', () => {
  // A map of many lines with segments of all lengths, some lines empty, larger than what is read at once.
  const names = ['a', 'b', 'c'];
  const text = mappingsOf(3000);
  const own = new Mappings(text);
  const payload = { version: 3, sources: ['0', '1'], names, mappings: text };
  const nodes = new SourceMap(payload as never);
  for (let line = 0; line < 3000; line += 7) {
    for (const column of [0, 3, 11, 40, 400]) {
      const entry = nodes.findEntry(line, column);
      const isHere = 'originalSource' in entry && entry.generatedLine === line;
      const found = own.find(line, column);
      const seen = found && [found.scriptColumn, String(found.source), found.line, found.column];
      const expected = isHere
        ? [entry.generatedColumn, entry.originalSource, entry.originalLine, entry.originalColumn]
        : undefined;
      assert.deepEqual(seen, expected, `line ${line}, column ${column}`);
    }
  }
});

/** Mappings of so many lines of a script. */
function mappingsOf(lines: number): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const encode = (value: number): string => {
    let rest = value < 0 ? (-value << 1) | 1 : value << 1;
    let text = '';
    do {
      const digit = rest & 31;
      rest >>>= 5;
      text += digits[rest > 0 ? digit | 32 : digit];
    } while (rest > 0);
    return text;
  };
  let last = [0, 0, 0, 0];
  const text: string[] = [];
  for (let line = 0; line < lines; line++) {
    const segments: string[] = [];
    for (let i = 0; i < line % 9; i++) {
      const width = 1 + ((line * 31 + i * 17) % 50);
      const next = [(line >> 6) & 1, (line * 13) % 5000, (i * 37 + line) % 300, (line + i) % 3];
      const isNamed = i % 2 === 1;
      const fields = next.slice(0, isNamed ? 4 : 3).map((value, at) => value - (last[at] ?? 0));
      segments.push([i === 0 ? 0 : width, ...fields].map(encode).join(''));
      last = isNamed ? next : [...next.slice(0, 3), last[3] ?? 0];
    }
    text.push(segments.join(','));
  }
  return text.join(';');
}
