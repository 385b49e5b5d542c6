import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countEvents, problems, runProgram } from '../run-program.js';

const START = `
const tracer = new Tracer('trace.json').start();
setGlobalTracer(tracer);
`;
/** The writer thread is up, and its next look is far: the other case is that the process ends before. */
const WARM = 'await tracer.flush();\n';
/** Records a span that stays open and a thousand instants. */
const RECORD = `
const open = tracer.span('open');
const record = (count, name) => { for (let i = 0; i < count; i++) tracer.instant(name); };
record(1000, 'event');
`;
const ALL = { 'i event': 1000, 'B open': 1 };

interface Ending {
  name: string;
  program: string;
  code: number;
  /** What stderr has to show, in a program without tracing as well; nothing by default. */
  stderr?: RegExp;
  events?: Record<string, number>;
}

const ENDINGS: readonly Ending[] = [
  { name: 'has nothing more to do', program: '', code: 0 },
  { name: 'calls process.exit(7)', program: 'process.exit(7);', code: 7 },
  {
    name: 'calls process.exit in a timer',
    program: 'setTimeout(() => process.exit(5), 10);',
    code: 5,
  },
  {
    name: 'calls process.exit in an exit handler',
    program: "process.on('exit', () => process.exit(6));",
    code: 6,
  },
  {
    name: 'throws an error that nobody catches',
    program: "throw new Error('boom');",
    code: 1,
    stderr: /Error: boom/,
  },
  {
    name: 'leaves a rejection unhandled',
    program: "Promise.reject(new Error('lost'));",
    code: 1,
    stderr: /Error: lost/,
  },
  {
    name: 'awaits at top level what never settles',
    program: 'await new Promise(() => {});',
    code: 13,
    // Node's own warning, since Node 22.
    stderr: /^$|unsettled top-level await/,
  },
  {
    name: 'records in exit handlers, before and after its own',
    program: `
process.prependListener('exit', () => record(3, 'before'));
process.on('exit', () => record(5, 'after'));
process.exit(3);`,
    code: 3,
    events: { ...ALL, 'i before': 3, 'i after': 5 },
  },
];

describe('the whole trace is on disk, and exit code and output are as ever, when a program', () => {
  for (const { name, program, code, stderr, events = ALL } of ENDINGS) {
    for (const [when, warm] of [
      ['at once', ''],
      ['when its writer is up', WARM],
    ] as const) {
      test(`${name}, ${when}`, async () => {
        const ended = await runProgram(`${START}${warm}${RECORD}${program}`);
        assert.equal(ended.code, code);
        if (stderr === undefined) assert.equal(ended.stderr, '');
        else assert.match(ended.stderr, stderr);
        assert.doesNotMatch(ended.stderr, /tracelane/i);
        assert.deepEqual(countEvents(ended.text), events);
        assert.deepEqual(problems(ended.text), []);
      });
    }
  }
});

/** The main thread starts the same file as a worker, which runs `work`. */
const withWorker = (work: string, main: string) => `
if (isMainThread) {
  ${START}${RECORD}
  const worker = new Worker(self);
  worker.on('error', (error) => console.log('worker failed:', error.message));
  worker.on('exit', (code) => console.log('worker exit', code));
  ${main}
} else {
  const tracer = getGlobalTracer();
  const span = tracer.span('in worker');
  for (let i = 0; i < 5000; i++) tracer.instant('work');
  ${work}
}`;
const WORKER_EVENTS = { ...ALL, 'i work': 5000, 'B in worker': 1 };

describe('nothing that a worker recorded is lost when it', () => {
  test('calls process.exit in mid-span, which ends the worker alone', async () => {
    const { code, stdout, text } = await runProgram(withWorker('process.exit(4);', ''));
    assert.equal(code, 0);
    assert.equal(stdout, 'worker exit 4\n');
    assert.deepEqual(countEvents(text), WORKER_EVENTS);
  });

  test('throws in mid-span', async () => {
    const { code, stdout, text } = await runProgram(withWorker("throw new Error('bad');", ''));
    assert.equal(code, 0);
    assert.equal(stdout, 'worker failed: bad\nworker exit 1\n');
    assert.deepEqual(countEvents(text), WORKER_EVENTS);
  });

  test('is terminated in mid-span, in a loop that never ends', async () => {
    const spin = "parentPort.postMessage('spinning'); for (;;);";
    const main = "worker.on('message', () => worker.terminate());";
    const { code, text } = await runProgram(withWorker(spin, main));
    assert.equal(code, 0);
    assert.deepEqual(countEvents(text), WORKER_EVENTS);
    assert.deepEqual(problems(text), []);
  });

  test('runs out of memory', async () => {
    const program = withWorker(
      'const hoard = []; for (;;) hoard.push(new Array(1000).fill(hoard.length));',
      '',
    ).replace(
      'new Worker(self)',
      'new Worker(self, { resourceLimits: { maxOldGenerationSizeMb: 16 } })',
    );
    const { code, stdout, text } = await runProgram(program);
    assert.equal(code, 0);
    assert.match(stdout, /worker failed: .*memory/);
    assert.deepEqual(countEvents(text), WORKER_EVENTS);
  });

  test('is at work while the main thread exits', async () => {
    const wait = "parentPort.postMessage('done'); setInterval(() => {}, 1000);";
    const main = "worker.on('message', () => process.exit(8));";
    const { code, text } = await runProgram(withWorker(wait, main));
    assert.equal(code, 8);
    assert.deepEqual(countEvents(text), WORKER_EVENTS);
  });
});
