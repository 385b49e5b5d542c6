import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import type { Tracer } from 'tracelane';
import type { CallFrame } from '#src/cpu-profile/call-frame.js';
import { CallStack } from '#src/cpu-profile/call-stack.js';
import type { Profile, ProfileFrame } from '#src/cpu-profile/profile.js';
import type { Recorder } from '#src/recorder/record/recorder.js';
import { temporaryFolder, tracelane } from '../cli/run-cli.js';
import { Project } from '../runtime/run-traced.js';
import { type RecordedView, recordView } from './record-view.js';
import { viewTrace } from './view.js';

const file = temporaryFolder();

interface WithTracks {
  openTrack(name: string): (Disposable & { readonly recorder: Recorder }) | undefined;
}

/** Functions, by their numbers in profiles; the last numbers are those of V8's own. */
const [MAIN, PARSE, OTHER_PARSE, IDLE, PROGRAM, COLLECTOR] = [2, 3, 4, 5, 6, 7];

function frame(functionName: string, url = '', lineNumber = -1, columnNumber = -1): ProfileFrame {
  return { functionName, url, lineNumber, columnNumber, scriptId: '1' };
}

const NODES = [
  { id: 1, callFrame: frame('(root)'), children: [MAIN, IDLE, PROGRAM, COLLECTOR] },
  { id: MAIN, callFrame: frame('main', '/app/main.js', 9, 4), children: [PARSE, OTHER_PARSE] },
  { id: PARSE, callFrame: frame('parse', '/app/lib/parse.js', 1, 0) },
  { id: OTHER_PARSE, callFrame: frame('parse', '/app/lib/parse.js', 70, 0) },
  { id: IDLE, callFrame: frame('(idle)') },
  { id: PROGRAM, callFrame: frame('(program)') },
  { id: COLLECTOR, callFrame: frame('(garbage collector)') },
];

/** Samples a millisecond apart, of which each saw the function of that number run. */
function recordSamples(tracer: Tracer, ...windows: readonly (readonly number[])[]): void {
  // Declarations leave out what is for tracelane itself.
  const track = (tracer as unknown as WithTracks).openTrack('CPU samples');
  assert.ok(track !== undefined);
  const drawn = new Map<string, CallFrame>();
  const of = ({ functionName, url, lineNumber, columnNumber }: ProfileFrame): CallFrame => {
    const key = `${functionName} ${lineNumber}`;
    const place = { file: url, line: lineNumber + 1, column: columnNumber + 1 };
    const known = drawn.get(key) ?? { name: functionName, args: url === '' ? undefined : place };
    drawn.set(key, known);
    return known;
  };
  const stack = new CallStack({ of }, 0, Number.NEGATIVE_INFINITY);
  let startTime = performance.now() * 1000;
  for (const [i, samples] of windows.entries()) {
    const timeDeltas = samples.map(() => 1000);
    const endTime = startTime + 1000 * samples.length;
    const profile: Profile = { nodes: NODES, startTime, endTime, samples, timeDeltas };
    stack.take(profile, track.recorder);
    if (i === windows.length - 1) stack.end(profile, track.recorder);
    startTime = endTime;
    tracer.flushSync();
  }
  track[Symbol.dispose]();
}

const stacksOf = ({ samples }: Pick<RecordedView, 'samples'>) =>
  samples.map(({ frames }) => frames.map(({ name }) => name).join(' > '));

/** What is open on the track of samples at a time: each sample has to say the same. */
function openAt({ slices }: Pick<RecordedView, 'slices'>, time: number): string {
  return slices
    .filter(({ category, start, end = 0 }) => category === 'cpu' && start <= time && time < end)
    .sort((a, b) => a.start - b.start)
    .map(({ name }) => name)
    .join(' > ');
}

describe('samples of the CPU in the format of Perfetto', () => {
  test('each is a callstack of the thread that it was taken of, one a sample, none where it was idle', async () => {
    const view = await recordView((tracer) => {
      recordSamples(tracer, [MAIN, PARSE, PARSE, IDLE, IDLE, PROGRAM], [PARSE, PARSE, COLLECTOR]);
    });
    assert.deepEqual(view.problems, []);
    assert.deepEqual(stacksOf(view), [
      'main',
      'main > parse',
      'main > parse',
      '(program)',
      'main > parse',
      'main > parse',
      'main > parse > (garbage collector)',
    ]);
    const gaps = view.samples.slice(1).map(({ time }, i) => time - (view.samples[i]?.time ?? 0));
    assert.deepEqual(
      gaps.map((gap) => Math.round(gap / 1e6)),
      [1, 1, 3, 1, 1, 1],
    );
    for (const { pid, tid } of view.samples) {
      assert.deepEqual([pid, tid], [process.pid, process.pid]);
    }
  });

  test('frames say which function it was, in which file and line; those of one name stay apart', async () => {
    const view = await recordView((tracer) => {
      recordSamples(tracer, [PARSE, OTHER_PARSE, PROGRAM]);
    });
    const [first, second, program] = view.samples.map(({ frames }) => frames.at(-1));
    const path = '/app/lib/parse.js';
    const { place, ...parse } = first ?? {};
    assert.deepEqual(parse, { name: 'parse', mapping: path, source: path, line: 2 });
    assert.deepEqual([second?.name, second?.mapping, second?.line], ['parse', path, 71]);
    assert.notEqual(place, second?.place);
    assert.deepEqual(
      [program?.name, program?.mapping, program?.line],
      ['(program)', '', undefined],
    );
  });

  test('they are no events to those who count, and the reader has them as slices', async () => {
    const view = await recordView((tracer) => {
      recordSamples(tracer, [MAIN, PARSE], [PARSE, PARSE, PARSE]);
      assert.equal(tracer.stats().dropped, 0);
    });
    const path = file('samples.pftrace', '');
    writeFileSync(path, view.bytes);
    const { stdout } = await tracelane(['summary', path, '--json']);
    const { groups, unread } = JSON.parse(stdout);
    assert.deepEqual(
      groups.map(({ key, count }: { key: string; count: number }) => [key, count]).sort(),
      [
        ['main', 1],
        ['parse', 1],
      ],
    );
    assert.deepEqual(unread, { 'perf_sample, which are slices, too': 5 });
  });

  test('of a program that nobody touched they are what its slices are at these times', async () => {
    const project = new Project({
      'main.cjs': `
        const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
        function outer() { inner(); busy(150); }
        function inner() { busy(150); }
        outer();`,
    });
    await project.run(['--quiet', '-o', 'a.pftrace', '--sources', 'samples', 'main.cjs']);
    const view = viewTrace(readFileSync(join(project.folder, 'a.pftrace')));
    assert.deepEqual(view.problems, []);
    assert.ok(stacksOf(view).some((stack) => /outer > inner > busy$/.test(stack)));
    for (const { time, frames } of view.samples) {
      assert.equal(frames.map(({ name }) => name).join(' > '), openAt(view, time));
    }
  });
});
