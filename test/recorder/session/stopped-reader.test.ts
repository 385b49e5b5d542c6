import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runProgram } from '../../run-program.js';

const isPosix = process.platform !== 'win32';

/** A program that records into a pipe, of which it is the reader itself: it reads, or does not. */
const program = (writer: string, body: string) => `
import * as fs from 'node:fs';
import { execFileSync } from 'node:child_process';
fs.writeFileSync('trace.json', '[]');
execFileSync('mkfifo', ['pipe']);
const reader = fs.openSync('pipe', fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
let text = '';
const block = Buffer.alloc(65536);
function read() {
  for (;;) {
    try {
      const count = fs.readSync(reader, block);
      if (count === 0) return;
      text += block.toString('latin1', 0, count);
    } catch {
      return;
    }
  }
}
const tracer = new Tracer('pipe', { writer: '${writer}' }).start();
// More than a pipe takes.
const record = (name, count) => {
  for (let i = 0; i < count; i++) tracer.instant(name, 'c', { i });
};
record('first', 20_000);
${body}
`;

interface Outcome {
  readonly text: string;
  readonly events: number;
  readonly written: number;
  readonly lost: number;
}

for (const writer of ['thread', 'inline']) {
  describe(`a pipe whose reader has stopped, and a writer of the kind ${writer}`, () => {
    test('stops nothing: what is not taken is counted, and said once', {
      skip: !isPosix,
    }, async () => {
      const { stdout, stderr, code } = await runProgram(
        program(
          writer,
          `tracer.flushSync();
          record('second', 20_000);
          const { events, written, lost } = await tracer.stop();
          read();
          fs.writeSync(1, JSON.stringify({ events, written, lost, text }));`,
        ),
      );
      assert.equal(code, 0, stderr);
      const { events, written, lost, text } = JSON.parse(stdout) as Outcome;
      assert.ok(lost > 20_000);
      // Three events are the trace's own.
      assert.equal(written + lost, events + 3);
      assert.equal(text.split('\n').filter((line) => line.includes('"first"')).length > 100, true);
      assert.deepEqual(stderr.match(/\[TRACELANE_\w+\]/g), ['[TRACELANE_OUTPUT_STALLED]']);
    });

    test('gets whole events again when it goes on, and the end', { skip: !isPosix }, async () => {
      const { stdout, stderr, code } = await runProgram(
        program(
          writer,
          `tracer.flushSync();
          read();
          record('second', 100);
          tracer.flushSync();
          read();
          const { events, written, lost } = await tracer.stop();
          read();
          fs.writeSync(1, JSON.stringify({ events, written, lost, text }));`,
        ),
      );
      assert.equal(code, 0, stderr);
      const { events, written, lost, text } = JSON.parse(stdout) as Outcome;
      const names = (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
      assert.equal(names.length, written);
      assert.equal(written + lost, events + 3);
      assert.ok(lost > 0);
      assert.equal(names.filter((name) => name === 'second').length, 100);
    });

    test('lets the process exit', { skip: !isPosix }, async () => {
      const { code, stdout } = await runProgram(
        program(writer, `fs.writeSync(1, 'recorded'); process.exit(7);`),
      );
      assert.deepEqual([code, stdout], [7, 'recorded']);
    });
  });
}

test('a named pipe that nobody reads is refused, after a while', { skip: !isPosix }, async () => {
  const { stdout } = await runProgram(`
    import { writeFileSync } from 'node:fs';
    import { execFileSync } from 'node:child_process';
    writeFileSync('trace.json', '[]');
    execFileSync('mkfifo', ['pipe']);
    try { new Tracer('pipe').start(); } catch ({ code, message }) { console.log(code, message); }`);
  assert.match(stdout, /^TRACELANE_CANNOT_OPEN .*pipe.*ENXIO.*start its reader first/);
});
