import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Tracer } from 'tracelane';
import { packetFraming } from '#src/recorder/format/perfetto/packets.js';
import { flushing } from '../crash/flushing.js';
import { CATCH_WRITER, killSoon } from '../crash/harm.js';
import { repetitions } from '../effort.js';
import { runProgram } from '../run-program.js';
import { readPackets } from './messages.js';
import { sliceOf } from './record-view.js';
import { viewTrace } from './view.js';

const folder = mkdtempSync(join(tmpdir(), 'perfetto-'));
after(() => rmSync(folder, { recursive: true }));

const FILE = { file: 'trace.pftrace' };
let count = 0;
const newFile = () => join(folder, `${++count}.pftrace`);

describe('a file in the format of Perfetto', () => {
  test('that is cut at any byte loses the packet that is cut, and no other', async () => {
    const tracer = new Tracer(newFile(), { writer: 'inline' }).start();
    for (let i = 0; i < 4; i++) {
      using _outer = tracer.span('outer', 'c', { i, text: 'again' });
      tracer.span('inner', 'c', { list: [i] }).end();
    }
    tracer.counter('counter', 1);
    await tracer.trace('operation', async () => {
      await null;
      tracer.flowEnd(tracer.flowStart('flow'));
    });
    tracer.span('open');
    await tracer.stop();
    const bytes = readFileSync(tracer.outputFile);
    const all = readPackets(bytes);
    let whole = 0;
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.subarray(0, length);
      const packets = readPackets(part);
      assert.deepEqual(packets, all.slice(0, packets.length));
      assert.ok(packets.length === whole || packets.length === whole + 1);
      whole = packets.length;
      assert.deepEqual(viewTrace(part).problems, []);
      assert.equal(packetFraming.wholeEvents(bytes, length), byteLengthOf(bytes, whole));
    }
    assert.equal(whole, all.length);
  });

  test('shows at each flush what is open, and what was open before no more', async () => {
    const tracer = new Tracer(newFile(), { writer: 'inline' }).start();
    const look = () => {
      tracer.flushSync();
      const view = viewTrace(readFileSync(tracer.outputFile));
      assert.deepEqual(view.problems, []);
      const shown = view.slices.map(({ name, end }) => `${name}${end === undefined ? ' …' : ''}`);
      return { view, shown: shown.sort() };
    };
    const outer = tracer.span('outer', 'c', { list: [1] });
    const operation = tracer.asyncBegin('operation', undefined, 'net');
    assert.deepEqual(look().shown, ['operation …', 'outer …']);
    const inner = tracer.span('inner');
    outer.set({ more: 'x' });
    const { view, shown } = look();
    assert.deepEqual(shown, ['inner …', 'operation …', 'outer …']);
    assert.equal(sliceOf(view, 'inner').parent, sliceOf(view, 'outer'));
    assert.deepEqual(sliceOf(view, 'outer').args, { list: [1], more: 'x' });
    inner.end();
    assert.deepEqual(look().shown, ['inner', 'operation …', 'outer …']);
    outer.end();
    tracer.asyncEnd(operation);
    assert.deepEqual(look().shown, ['inner', 'operation', 'outer']);
    await tracer.stop();
    assert.deepEqual(look().shown, ['inner', 'operation', 'outer']);
  });

  for (const writer of ['thread', 'inline'] as const) {
    test(`that is emptied while it is open begins again (writer: ${writer})`, async () => {
      const { stdout, stderr, bytes } = await runProgram(
        `
        import { truncateSync } from 'node:fs';
        const tracer = new Tracer('trace.pftrace', { writer: '${writer}' }).start();
        tracer.setThreadName('listener');
        const open = tracer.span('open');
        for (let i = 0; i < 100; i++) tracer.span('before').end();
        await tracer.flush();
        truncateSync('trace.pftrace');
        for (let i = 0; i < 100; i++) tracer.span('after').end();
        await tracer.flush();
        open.end();
        await tracer.stop();
        console.log('done');
        `,
        FILE,
      );
      assert.equal(stdout, 'done\n');
      assert.match(stderr, /TRACELANE_FILE_CUT/);
      const view = viewTrace(bytes);
      assert.deepEqual(view.problems, []);
      const names = view.slices.map(({ name }) => name);
      assert.equal(names.filter((name) => name === 'after').length, 100);
      assert.ok(!names.includes('before'));
      assert.notEqual(sliceOf(view, 'open').end, undefined);
      assert.ok([...view.tracks.values()].some(({ name }) => name === 'listener'));
    });
  }

  test('goes on without a gap or a double where the thread of its writer is ended', async () => {
    const { stdout, bytes } = await runProgram(
      `${CATCH_WRITER}
      const tracer = new Tracer('trace.pftrace', { flushInterval: 5 }).start();
      await tracer.flush();
      const open = tracer.span('open');
      const flow = tracer.flowStart('flow');
      const run = async (from) => {
        for (let i = from; i < from + 2000; i++) {
          tracer.span('span ' + (i % 10), 'c', { i, text: 'again' }).end();
          if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      await run(0);
      void writer.terminate();
      await run(2000);
      tracer.flowEnd(flow);
      open.end();
      await tracer.stop();
      console.log('done');
      `,
      FILE,
    );
    assert.equal(stdout, 'done\n');
    const view = viewTrace(bytes);
    assert.deepEqual(view.problems, []);
    const spans = view.slices.filter(({ name }) => name.startsWith('span'));
    assert.deepEqual(
      spans.map(({ args }) => args['i']),
      Array.from({ length: 4000 }, (_, i) => i),
    );
  });

  test('tells of events that were dropped: by a gap in the sequence of the thread, and a moment', async () => {
    const tracer = new Tracer(newFile(), {
      overflow: 'drop',
      bufferSize: 128 * 1024,
    }).start();
    for (let i = 0; i < 100_000; i++) tracer.span('span', 'c', { i }).end();
    tracer.flushSync();
    for (let i = 0; i < 10; i++) tracer.span('after', 'c', { i }).end();
    const { dropped } = await tracer.stop();
    assert.ok(dropped > 0);
    const view = viewTrace(readFileSync(tracer.outputFile));
    assert.deepEqual(view.problems, []);
    const marks = view.slices.filter(({ name }) => name === 'events dropped');
    assert.equal(
      marks.reduce((sum, { args }) => sum + Number(args['count']), 0),
      dropped,
    );
    assert.equal(view.gaps.length, marks.length);
    const later = view.slices.filter(({ name }) => name === 'after');
    assert.deepEqual(
      later.map(({ args }) => args['i']),
      Array.from({ length: 10 }, (_, i) => i),
    );
  });

  test('holds what child processes have recorded, each on tracks of its own', async () => {
    const { stdout, bytes, parts } = await runProgram(
      `
      import { spawnSync } from 'node:child_process';
      import { fileURLToPath } from 'node:url';
      const record = (tracer, where) => {
        for (let i = 0; i < 3; i++) tracer.span('in ' + where, 'c', { i, text: 'same' }).end();
      };
      const [, , how] = process.argv;
      if (how === undefined) {
        const tracer = new Tracer('trace.pftrace').start();
        setGlobalTracer(tracer);
        record(tracer, 'root');
        for (const how of ['end', 'kill']) spawnSync(process.execPath, [fileURLToPath(self), how]);
        const { joined, unjoined } = await tracer.stop();
        console.log(joined, unjoined.length);
      } else {
        const tracer = getGlobalTracer();
        record(tracer, 'child');
        tracer.span('open in child');
        tracer.flushSync();
        if (how === 'kill') process.kill(process.pid, 'SIGKILL');
      }
      `,
      FILE,
    );
    assert.equal(stdout, '2 0\n');
    assert.equal(parts.size, 0);
    const view = viewTrace(bytes);
    assert.deepEqual(view.problems, []);
    const pids = new Map<number, string[]>();
    for (const { name, track, args } of view.slices) {
      const pid = view.tracks.get(track)?.pid ?? 0;
      pids.set(pid, [...(pids.get(pid) ?? []), `${name} ${args['i'] ?? ''}`]);
    }
    const root = ['in root 0', 'in root 1', 'in root 2'];
    const child = ['in child 0', 'in child 1', 'in child 2', 'open in child '];
    assert.deepEqual([...pids.values()], [root, child, child]);
  });

  test('is whole up to some packet when its process is killed in the middle of flushes', async () => {
    const kills = repetitions(10, { quick: 4, long: 300 });
    for (let kill = 0; kill < kills; kill++) {
      const { stdout, bytes } = await runProgram(flushing('trace.pftrace'), {
        ...FILE,
        onOutput: killSoon(),
      });
      // The last line may be there in part.
      const flushed = Number(stdout.split('\n').at(-2));
      const view = viewTrace(bytes);
      assert.deepEqual(view.problems, []);
      const names = new Map<string, number>();
      for (const { name } of view.slices) names.set(name, (names.get(name) ?? 0) + 1);
      for (let i = 0; i < 200; i++) assert.equal(names.get(`operation ${i}`), 1);
      // What the last flush has begun to write over may be there twice: as open, and as it is now.
      for (let i = 0; i <= flushed; i++) {
        const shown = names.get(`changing ${i}`) ?? 0;
        assert.ok(shown === 1 || (shown === 2 && i >= flushed - 1), `changing ${i}: ${shown}`);
      }
      assert.ok((names.get('instant') ?? 0) >= 50 * flushed);
    }
  });
});

function byteLengthOf(bytes: Uint8Array, packets: number): number {
  let length = bytes.length;
  while (readPackets(bytes.subarray(0, length - 1)).length >= packets && length > 0) length--;
  return packets === 0 ? 0 : length;
}
