import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  type ReadOptions,
  readTrace,
  readTraceBatches,
  type TraceEvent,
  TraceReadError,
} from 'tracelane/reader';

const folder = mkdtempSync(join(tmpdir(), 'read-'));
after(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(path, content);
  return path;
}

async function names(input: Parameters<typeof readTrace>[0], options?: ReadOptions) {
  const all: string[] = [];
  for await (const event of readTrace(input, options)) all.push(event.name);
  return all;
}

const TEXT = '[{"name":"a","ph":"X","ts":1,"dur":2},\n{"name":"b","ph":"i","ts":3}]\n';

describe('readTrace', () => {
  test('gives the events of a file in their order, typed by phase', async () => {
    const durations: number[] = [];
    const events: TraceEvent[] = [];
    for await (const event of readTrace(file(TEXT))) {
      events.push(event);
      if (event.ph === 'X') durations.push(event.dur);
    }
    assert.deepEqual(events, JSON.parse(TEXT));
    assert.deepEqual(durations, [2]);
  });

  test('gives events whose time is no number, too', async () => {
    const text = '[{"name":"a","ph":"i","ts":"soon"},{"name":"b","ph":"i","ts":NaN}]';
    assert.deepEqual(await names(file(text)), ['a', 'b']);
    assert.deepEqual(await names(file(text), { phases: ['i'], from: 5 }), ['a', 'b']);
  });

  test('takes a path, a URL, a stream, and blocks of bytes', async () => {
    const path = file(TEXT);
    async function* blocks() {
      for (const byte of Buffer.from(TEXT)) yield Uint8Array.of(byte);
    }
    for (const input of [path, pathToFileURL(path), Readable.from([Buffer.from(TEXT)]), blocks()]) {
      assert.deepEqual(await names(input), ['a', 'b']);
    }
  });

  test('unpacks gzip, in one part or several, also where it was cut', async () => {
    const [half, other] = ['[{"name":"a"},', '{"name":"b"}]'];
    assert.deepEqual(await names(file(gzipSync(TEXT))), ['a', 'b']);
    const parts = Buffer.concat([gzipSync(half), gzipSync(other)]);
    assert.deepEqual(await names(file(parts)), ['a', 'b']);
    const long = `[${Array.from({ length: 10_000 }, (_, i) => `{"name":"${i}"}`).join(',\n')}]`;
    const packed = gzipSync(long);
    const some = await names(file(packed.subarray(0, packed.length >> 1)));
    assert.ok(some.length > 1000 && some.length < 10_000, `${some.length} events`);
  });

  test('gives the whole events of a file that was cut off', async () => {
    assert.deepEqual(await names(file(TEXT.slice(0, 60))), ['a']);
  });

  test('throws at an event that is no JSON, behind those before it, and names file and byte', async () => {
    const path = file('[{"name":"a"},{"name":x},{"name":"c"}]');
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const event of readTrace(path)) seen.push(event.name);
      },
      (error: unknown) => {
        assert.ok(error instanceof TraceReadError);
        assert.equal(error.code, 'TRACELANE_DAMAGED_EVENT');
        assert.equal(error.offset, 14);
        assert.equal(error.file, path);
        assert.match(error.message, /byte 14: .*no JSON/);
        return true;
      },
    );
    assert.deepEqual(seen, ['a']);
  });

  test('reads on behind what is damaged if somebody is told of it', async () => {
    const problems: number[] = [];
    const path = file('[{"name":"a"},{"name":x},{"name":"c"}]');
    const onProblem = ({ offset }: { offset: number }) => problems.push(offset);
    assert.deepEqual(await names(path, { onProblem }), ['a', 'c']);
    assert.deepEqual(problems, [14]);
  });

  for (const [what, content, code] of [
    ['is no trace', 'hello', 'TRACELANE_NOT_A_TRACE'],
    ['has no events', '{"a":1}', 'TRACELANE_NOT_A_TRACE'],
    ['is damaged gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4]), 'TRACELANE_CANNOT_READ'],
  ] as const) {
    test(`rejects a file that ${what}`, async () => {
      await assert.rejects(names(file(content)), { code });
    });
  }

  test('rejects a file that is not there, and says what to do', async () => {
    const path = join(folder, 'none.json');
    const error = {
      code: 'TRACELANE_CANNOT_READ',
      message: /none\.json: .*ENOENT.*Check the path/,
    };
    await assert.rejects(names(path), error);
  });

  test('rejects a directory, damaged gzip and what cannot be read, and says what to do', async () => {
    const rejects = (input: Parameters<typeof readTrace>[0], message: RegExp) =>
      assert.rejects(names(input), { code: 'TRACELANE_CANNOT_READ', message });
    const broken = async function* () {
      yield Buffer.from('[');
      throw new Error('the wire is cut');
    };
    await rejects(folder, /: it is a directory, and a trace is a file\. Give the path of one/);
    await rejects(
      file(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4])),
      /: it is damaged gzip: .*\. Get it once more, or save .*`gzip -dc FILE/,
    );
    const packed = gzipSync('[{"name":"a"}]');
    for (const length of [2, 5, 10]) {
      await rejects(file(packed.subarray(0, length)), /packed, and nothing can be unpacked of it/);
    }
    await rejects(file(gzipSync('')), /what was packed was empty\. Get it once more/);
    await rejects(broken(), /it cannot be read: the wire is cut\. Check the disk/);
  });

  test('leaves a packed stream at once when the loop is left, though nothing more comes', async () => {
    const blocks = async function* () {
      yield gzipSync('[{"name":"a"},\n{"name":"b"},\n');
      await new Promise((resolve) => setTimeout(resolve, 600_000).unref());
    };
    for await (const event of readTrace(blocks())) {
      assert.equal(event.name, 'a');
      break;
    }
  });

  test('rejects a URL that is of no file', async () => {
    const url = new URL('https://example.org/trace.json');
    await assert.rejects(names(url), { name: 'TraceReadError', code: 'TRACELANE_CANNOT_READ' });
  });

  test('closes the file when the loop is left', async () => {
    const path = file(`[${'{"name":"a"},\n'.repeat(500_000)}{"name":"b"}]`);
    for await (const event of readTrace(path)) {
      assert.equal(event.name, 'a');
      break;
    }
    const open = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('FS'));
    for (let i = 0; i < 500 && open().length > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual(open(), []);
  });
});

describe('readTrace with a filter', () => {
  const events = [
    { name: 'process_name', ph: 'M', pid: 1, args: { name: 'p' } },
    { name: 'a', ph: 'X', ts: 0, dur: 10, args: { deep: [1] } },
    { name: 'b', ph: 'X', ts: 5, dur: 1 },
    { name: 'a', ph: 'i', ts: 10, s: 't' },
    { name: 'a\n', ph: 'X', ts: 11, dur: 5 },
    { name: 'a', ph: 'C', ts: '20', args: { n: 1 } },
    { name: 'c', ph: 'B', ts: 30, stack: [] },
  ];

  for (const [what, options, wanted] of [
    ['gives the phases that are asked for', { phases: ['X', 'C'] }, [1, 2, 4, 5]],
    ['gives the names that are asked for, whole', { names: ['a'] }, [1, 3, 5]],
    ['gives what is not over at a time, and metadata', { from: 10 }, [0, 1, 3, 4, 5, 6]],
    ['gives what begins by a time, and metadata', { to: 10 }, [0, 1, 2, 3]],
    ['gives what overlaps a time', { from: 6, to: 12, phases: ['X'] }, [1, 2, 4]],
    ['gives all without one', {}, [0, 1, 2, 3, 4, 5, 6]],
  ] as const) {
    test(what, async () => {
      const expected = wanted.map((i) => events[i]);
      for (const text of [JSON.stringify(events), JSON.stringify(events, undefined, 1)]) {
        const path = file(text);
        const found: unknown[] = [];
        for await (const event of readTrace(path, options)) found.push(event);
        assert.deepEqual(found, expected);
        const batches: unknown[] = [];
        for await (const batch of readTraceBatches(path, options)) batches.push(...batch);
        assert.deepEqual(batches, expected);
      }
    });
  }
});

describe('the iterator of readTrace', () => {
  test('gives events in their order to whoever asks for several at once', async () => {
    const names = Array.from({ length: 2000 }, (_, i) => `event ${i}`);
    const text = JSON.stringify(names.map((name) => ({ name, args: { text: 'x'.repeat(100) } })));
    const events = readTrace(file(text));
    const asked = await Promise.all(Array.from({ length: 2001 }, () => events.next()));
    assert.deepEqual(
      asked.map(({ value }) => value?.name),
      [...names, undefined],
    );
  });

  test('gives nothing more once it was left', async () => {
    const events = readTrace(file(TEXT));
    await events.next();
    await events.return();
    assert.deepEqual(await events.next(), { value: undefined, done: true });
  });
});
