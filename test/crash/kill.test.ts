import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { repairFile } from '#src/reader/repair/repair.js';
import { repetitions } from '../effort.js';
import { runProgram } from '../run-program.js';
import { flushing } from './flushing.js';

interface Event {
  ph: string;
  name: string;
  tid: number;
  args: { i?: number };
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
 * Each of the threads records numbered spans inside a span that stays open, as fast as it can or
 * with pauses, and says on standard output how far it has come, synchronously.
 */
const program = (threads: number, pause: boolean) => `
import { writeSync } from 'node:fs';
async function load(tracer, thread) {
  tracer.span('open ' + thread);
  let said = performance.now();
  for (let i = 0; ; i++) {
    tracer.span('event', 'default', { i }).end();
    const now = performance.now();
    if (now - said > 5) {
      said = now;
      writeSync(1, 'progress ' + thread + ' ' + i + ' ' + now.toFixed(0) + '\\n');
      ${pause ? 'await new Promise((resolve) => setTimeout(resolve, 2));' : ''}
    }
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

/** Runs the program and kills it at some moment after its first sign of life. */
async function killed(threads: number, pause: boolean, delay: number) {
  let started = false;
  const { signal, stdout, text } = await runProgram(program(threads, pause), {
    onOutput: (_, kill) => {
      if (!started) setTimeout(() => kill('SIGKILL'), delay);
      started = true;
    },
  });
  assert.equal(signal, 'SIGKILL');
  return { stdout, ...tolerantParse(text) };
}

/** Numbers of a thread's events are those from 0 up to some number, without a gap. */
function assertNoGaps(events: readonly Event[]): Map<number, number> {
  const next = new Map<number, number>();
  for (const { ph, name, tid, args } of events) {
    if (name !== 'event' || ph !== 'X') continue;
    assert.equal(args.i, next.get(tid) ?? 0, `event ${args.i} of thread ${tid} is in its place`);
    next.set(tid, (args.i ?? 0) + 1);
  }
  return next;
}

const MOMENTS = repetitions(30, { quick: 8, long: 75 });
/** A flush under load on a busy machine, and the interval between two: far more than both take. */
const SLACK_MS = 2000;

describe('a process killed by SIGKILL at random moments leaves a file that opens', () => {
  for (const threads of [1, 4]) {
    for (const pause of [false, true]) {
      const load = pause ? 'with pauses' : 'at full speed';
      test(`${threads} thread(s) recording ${load}, ${MOMENTS} times`, async () => {
        let whole = 0;
        for (let moment = 0; moment < MOMENTS; moment++) {
          const delay = Math.random() * 150;
          const result = await killed(threads, pause, delay);
          if (result.whole) whole++;
          const counts = assertNoGaps(result.events);
          const progress = [...result.stdout.matchAll(/^progress 0 (\d+) (\d+)$/gm)];
          const last = Number(progress.at(-1)?.[2]);
          const old = progress.filter(([, , time]) => Number(time) < last - SLACK_MS).at(-1);
          // The main thread's tid is the lowest.
          const main = counts.get(Math.min(...counts.keys())) ?? 0;
          assert.ok(main >= Number(old?.[1] ?? 0), 'what is older than the last flush is there');
          if (result.whole && counts.size > 0) {
            const open = result.events.filter(({ ph }) => ph === 'B').map(({ name }) => name);
            assert.ok(open.includes('open 0'), 'the open span is shown as unfinished');
          }
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
    let started = false;
    const { stdout, text } = await runProgram(flushing('trace.json'), {
      onOutput: (_, send) => {
        if (!started) setTimeout(() => send('SIGKILL'), Math.random() * 60);
        started = true;
      },
    });
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
