import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { countEvents, problems, runProgram } from '../run-program.js';

const record = (options: string) => `
const tracer = new Tracer('trace.json', ${options}).start();
const span = tracer.span('open');
for (let i = 0; i < 1000; i++) tracer.instant('event');
setInterval(() => {}, 1000);
`;
const READY = "console.log('ready');";
const ALL = { 'i event': 1000, 'B open': 1 };

/** Sends the signal each time that the program has said `ready` once more. */
function whenReady(signal: NodeJS.Signals) {
  let sent = 0;
  return (output: string, kill: (signal: NodeJS.Signals) => void) => {
    for (const times = output.split('ready').length - 1; sent < times; sent++) kill(signal);
  };
}

/** Runs a command as pid 1, as a container does. */
const AS_PID_1 = 'unshare --user --map-root-user --pid --fork --mount-proc';
const hasPid1 = spawnSync('sh', ['-c', `${AS_PID_1} true`]).status === 0;

describe('a signal', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${signal} writes the trace, and the process dies of it all the same`, async () => {
      // A long interval: what is on disk was written because of the signal.
      const program = record('{ flushInterval: 60_000 }') + READY;
      const ended = await runProgram(program, { onOutput: whenReady(signal) });
      assert.equal(ended.signal, signal);
      assert.equal(ended.stderr, '');
      assert.deepEqual(countEvents(ended.text), ALL);
      assert.deepEqual(problems(ended.text), []);
    });
  }

  test('is left to listeners of the program, again and again', async () => {
    const own = `
let count = 0;
process.on('SIGTERM', () => {
  tracer.instant('caught');
  if (++count === 3) process.exit(9);
  else setTimeout(() => console.log('ready'), 20);
});`;
    const program = record('{}') + own + READY;
    const ended = await runProgram(program, { onOutput: whenReady('SIGTERM') });
    assert.equal(ended.code, 9);
    assert.deepEqual(countEvents(ended.text), { ...ALL, 'i caught': 3 });
  });

  test('finds a listener alone that counts the listeners to know whether it is', async () => {
    const polite = `
process.on('SIGTERM', function listener() {
  if (process.listenerCount('SIGTERM') > 1) return;
  process.off('SIGTERM', listener);
  process.kill(process.pid, 'SIGTERM');
});`;
    const program = record('{ flushInterval: 60_000 }') + polite + READY;
    const ended = await runProgram(program, { onOutput: whenReady('SIGTERM') });
    assert.equal(ended.signal, 'SIGTERM');
    assert.deepEqual(countEvents(ended.text), ALL);
  });

  for (const add of ['on', 'prependListener'] as const) {
    test(`finds no listener of tracelane's there for one that hides, as tsx has (${add})`, async () => {
      const hidden = `
const { listenerCount } = process;
const hidden = () => {
  if (process.listenerCount('SIGTERM') === 0) process.exit(143);
};
process.${add}('SIGTERM', hidden);
process.listenerCount = function (event, ...more) {
  const count = Reflect.apply(listenerCount, this, [event, ...more]);
  return event === 'SIGTERM' ? count - 1 : count;
};
process.on('exit', () => {
  // Once more while it exits, as who started it may send what the terminal has sent.
  process.kill(process.pid, 'SIGTERM');
  tracer.instant('cleaned up');
});`;
      const program = record('{ flushInterval: 60_000 }') + hidden + READY;
      const ended = await runProgram(program, { onOutput: whenReady('SIGTERM') });
      assert.equal(ended.code, 143);
      assert.deepEqual(countEvents(ended.text), { ...ALL, 'i cleaned up': 1 });
    });
  }

  for (const event of ['SIGTERM', 'exit']) {
    test(`that is none, as the program has emitted '${event}' itself, ends nothing`, async () => {
      const emits = `
process.emit('${event}');
setTimeout(() => {
  console.log('goes on');
  tracer.instant('later');
  process.kill(process.pid, 'SIGTERM');
}, 50);`;
      const ended = await runProgram(record('{ flushInterval: 60_000 }') + emits);
      assert.deepEqual([ended.signal, ended.stdout, ended.stderr], ['SIGTERM', 'goes on\n', '']);
      assert.deepEqual(countEvents(ended.text), { ...ALL, 'i later': 1 });
    });
  }

  test('that pid 1 of a container does not die of changes nothing: recording goes on', {
    skip: hasPid1 ? false : 'unshare is not there, or not allowed',
  }, async () => {
    const program = `
const tracer = new Tracer('trace.json', { flushInterval: 60_000 }).start();
for (const round of [1, 2]) {
  const before = tracer.stats().written;
  tracer.instant('before');
  process.kill(process.pid, 'SIGTERM');
  do await new Promise((resolve) => setTimeout(resolve, 10));
  while (tracer.stats().written === before);
  const { written } = tracer.stats();
  tracer.instant('after');
  console.log(process.pid, written, tracer.stats().written, process.listenerCount('SIGTERM'));
}
process.exit(3);`;
    const ended = await runProgram(program, { shell: `exec ${AS_PID_1} "$0" "$@"` });
    // Each signal brought all to disk, and nothing more until the next one.
    const [first, second] = ended.stdout.split('\n').map((line) => line.split(' ').map(Number));
    const written = first?.[1] ?? 0;
    assert.deepEqual(first, [1, written, written, 1]);
    assert.deepEqual(second, [1, written + 2, written + 2, 1]);
    assert.equal(ended.code, 3);
    assert.equal(ended.stderr, '');
    assert.deepEqual(countEvents(ended.text), { 'i before': 2, 'i after': 2 });
  });

  test('is not listened to with handleSignals: false', async () => {
    const program = `${record('{ handleSignals: false }')}
console.log(process.listenerCount('SIGINT'), process.listenerCount('SIGTERM'));
await tracer.flush();
${READY}`;
    const ended = await runProgram(program, { onOutput: whenReady('SIGTERM') });
    assert.equal(ended.signal, 'SIGTERM');
    assert.match(ended.stdout, /^0 0\n/);
    assert.deepEqual(countEvents(ended.text), ALL);
  });

  test('is not listened to any more once the last tracer has stopped', async () => {
    const program = `
const counts = () => [
  ...['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name)),
  Number(Object.hasOwn(process, 'emit')),
];
const none = counts();
const added = () => counts().map((count, i) => count - none[i]);
const first = new Tracer('trace.json').start();
const second = new Tracer('other.json').start();
const before = added();
first.stopSync();
const between = added();
second.stopSync();
console.log(JSON.stringify([before, between, added()]));`;
    const { stdout } = await runProgram(program);
    assert.deepEqual(JSON.parse(stdout), [
      [1, 1, 1, 0, 1],
      [1, 1, 1, 0, 1],
      [0, 0, 0, 0, 0],
    ]);
  });
});
