import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { repairFile } from '#src/reader/repair/repair.js';
import { repetitions } from '../effort.js';
import { runProgram } from '../run-program.js';
import { flushing } from './flushing.js';
import { killSoon } from './harm.js';

interface Event {
  ph: string;
  name: string;
  args: { thread?: number; i?: number };
  /** What shows a span that is open, for as long as it is. */
  provisional?: true;
}

/** What importers that tolerate an array without its end make of a file that was cut. */
function tolerantParse(text: string): { events: Event[]; whole: boolean } {
  try {
    return { events: JSON.parse(text) as Event[], whole: true };
  } catch {
    const end = text.lastIndexOf('},\n');
    return { events: JSON.parse(`${text.slice(0, end)}}]`) as Event[], whole: false };
  }
}

/**
 * Each of the threads records numbered spans inside a span that stays open, and flushes once, at its
 * first one. From then on nobody asks for a flush: the thread says, synchronously, how many events are
 * written, as soon as it sees that they are more. It records as fast as it can, or, with pauses, so
 * little that only the interval brings it to disk, and no more until that has happened.
 */
const program = (threads: number, pause: boolean) => `
import { writeSync } from 'node:fs';
const say = (line) => writeSync(1, line + '\\n');
async function load(tracer, thread) {
  say('started');
  tracer.span('open ' + thread);
  let i = 0;
  const record = (count) => {
    for (; count > 0; count--) tracer.span('event', 'default', { thread, i: i++ }).end();
  };
  record(1);
  await tracer.flush();
  say('begun ' + thread);
  let { written } = tracer.stats();
  for (;;) {
    record(${pause ? 10 : 1000});
    const before = written;
    while (({ written } = tracer.stats()).written === before) {
      ${pause ? 'await new Promise((resolve) => setTimeout(resolve, 2));' : 'break;'}
    }
    if (written > before) say('written ' + written);
  }
}
if (isMainThread) {
  const tracer = new Tracer('trace.json', { flushInterval: 20 }).start();
  setGlobalTracer(tracer);
  for (let thread = 1; thread < ${threads}; thread++) {
    new Worker(self, { workerData: thread, stdout: true });
  }
  load(tracer, 0);
} else load(getGlobalTracer(), workerData);
`;

/** How often each thread, or so, has seen more written before the program is killed at a late moment. */
const WRITES = 3;

/** Runs the program and kills it soon after its first sign of life, or not before all threads are at it. */
async function killed(threads: number, pause: boolean, late: boolean) {
  const ready = (output: string) =>
    linesOf(output, 'begun').length === threads &&
    linesOf(output, 'written').length >= WRITES * threads;
  const { signal, stdout, text } = await runProgram(program(threads, pause), {
    onOutput: killSoon(late ? { ready } : { within: 150 }),
  });
  assert.equal(signal, 'SIGKILL');
  if (late) assert.ok(ready(stdout), 'flushes go on without anybody asking for them');
  const begun = linesOf(stdout, 'begun');
  const written = Math.max(0, ...linesOf(stdout, 'written'));
  return { begun, written, ...tolerantParse(text) };
}

/** The numbers of all whole lines that begin with a word. */
function linesOf(output: string, word: string): number[] {
  const lines = output.split('\n').slice(0, -1);
  return lines
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => Number(line.split(' ')[1]));
}

/** Numbers of a thread's events are those from 0 up to some number, without a gap. */
function assertNoGaps(events: readonly Event[]): Map<number, number> {
  const next = new Map<number, number>();
  for (const { ph, name, args } of events) {
    if (name !== 'event' || ph !== 'X') continue;
    const { thread = -1, i = -1 } = args;
    assert.equal(i, next.get(thread) ?? 0, `event ${i} of thread ${thread} is in its place`);
    next.set(thread, i + 1);
  }
  return next;
}

const MOMENTS = repetitions(30, { quick: 8, long: 75 });

describe('a process killed by SIGKILL at random moments leaves a file that opens', () => {
  for (const threads of [1, 4]) {
    for (const pause of [false, true]) {
      const load = pause ? 'with pauses' : 'at full speed';
      test(`${threads} thread(s) recording ${load}, ${MOMENTS} times`, async () => {
        let whole = 0;
        for (let moment = 0; moment < MOMENTS; moment++) {
          const result = await killed(threads, pause, moment % 2 === 1);
          if (result.whole) whole++;
          const counts = assertNoGaps(result.events);
          const open = result.events.filter(({ ph }) => ph === 'B').map(({ name }) => name);
          for (const thread of result.begun) {
            assert.ok(counts.has(thread), `what thread ${thread} has flushed is there`);
            assert.ok(open.includes(`open ${thread}`), 'the open span is shown as unfinished');
          }
          const there = result.events.filter(({ provisional }) => provisional === undefined);
          assert.ok(there.length >= result.written, `${there.length} of ${result.written} events`);
        }
        // A kill in the middle of a write is rare: nearly all files are strictly valid.
        assert.ok(whole > MOMENTS / 2, `${whole} of ${MOMENTS} files were whole`);
      });
    }
  }
});

const folder = mkdtempSync(join(tmpdir(), 'killed-'));
after(() => rmSync(folder, { recursive: true }));

const KILLS = repetitions(40, { quick: 12, long: 1000 });

test(`whatever a flush has brought to disk is there after ${KILLS} kills, once it is repaired`, async () => {
  let broken = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const { stdout, text } = await runProgram(flushing('trace.json'), { onOutput: killSoon() });
    // The last line may be there in part.
    const flushed = Number(stdout.split('\n').at(-2));
    const path = join(folder, 'trace.json');
    writeFileSync(path, text);
    const { done, result } = await repairFile(path, path);
    if (done.size > 0) broken++;
    assert.equal(result.errors, 0);
    const events = JSON.parse(readFileSync(path, 'utf8')) as Event[];
    const names = new Map<string, number>();
    for (const { name, ph } of events) {
      if (ph !== 'e') names.set(name, (names.get(name) ?? 0) + 1);
    }
    assert.equal(names.get('outermost'), 1);
    for (let i = 0; i < 200; i++) assert.equal(names.get(`operation ${i}`), 1, `operation ${i}`);
    for (let i = 0; i <= flushed; i++) assert.equal(names.get(`changing ${i}`), 1, `changing ${i}`);
    assert.ok((names.get('instant') ?? 0) >= 50 * flushed);
  }
  console.log(`${broken} of ${KILLS} files had to be repaired`);
});
