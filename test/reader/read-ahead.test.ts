import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readOnThreads, type Sharing } from '#src/reader/ahead/reading.js';
import { FoundTexts, ReadingThread } from '#src/reader/ahead/thread.js';
import { checkFile } from '#src/reader/check/check-file.js';
import { convertTrace } from '#src/reader/convert/convert.js';
import { repairFile } from '#src/reader/repair/repair.js';
import { type EntryHandlers, readEntries, type TraceFacts } from '#src/reader/source/entries.js';
import { type EventBatch, FIELD } from '#src/reader/source/event-batch.js';
import { NO_TEXT } from '#src/reader/source/list-reader.js';
import { TraceReadError } from '#src/reader/source/read-error.js';
import { summarize } from '#src/reader/summary/summarize.js';
import { COMMAND } from '../cli/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'read-ahead-'));
after(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** All that a batch says of an event. */
function rowOf(batch: EventBatch, row: number): Record<string, unknown> {
  const { strings, index, ph, name, category, ts, dur, pid, tid, scope } = batch;
  const fields = batch.fields[row] ?? 0;
  const text = (number = 0) => strings.texts[number];
  return {
    index: index + row,
    offset: batch.offset[row],
    json: batch.text(row),
    fields,
    id: batch.id(row),
    ...(fields & FIELD.ph && { ph: ph[row] }),
    ...(fields & FIELD.name && { name: text(name[row]) }),
    ...(fields & FIELD.cat && { category: text(category[row]) }),
    ...(fields & FIELD.ts && { ts: ts[row] }),
    ...(fields & FIELD.dur && { dur: dur[row] }),
    ...(fields & FIELD.pid && { pid: pid[row] }),
    ...(fields & FIELD.tid && { tid: tid[row] }),
    ...(fields & FIELD.s && { scope: scope[row] }),
  };
}

/** All that is found in a trace, one event after the other, and what is known at its end. */
async function readingOf(
  read: (handlers: EntryHandlers) => Promise<TraceFacts | undefined>,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  const first: Uint8Array[] = [];
  const facts = await read({
    onEntry: (entry) => seen.push(entry),
    onBatch: (batch) => {
      for (let row = 0; row < batch.count; row++) seen.push(rowOf(batch, row));
    },
    onProblem: (problem) => seen.push(problem),
    onNoTrace: (problem) => seen.push(problem),
    onFirstBytes: (bytes) => first.push(bytes.slice()),
  });
  return [Buffer.concat(first).toString('latin1'), ...seen, facts];
}

async function expectSame(path: string, sharing?: Sharing): Promise<void> {
  const onThread = await readingOf((handlers) => readOnThreads(path, handlers, sharing));
  const here = await readingOf((handlers) => readEntries(path, handlers));
  assert.deepEqual(onThread, here);
  // Where no thread ran there would be nothing to compare.
  assert.ok(onThread.at(-1) !== undefined);
}

/** Slices with what else may stand in a trace between them. */
function longTrace(bytes: number): string {
  const parts: string[] = ['{"displayTimeUnit":"ns","traceEvents":['];
  for (let i = 0, length = 0; length < bytes; i++) {
    const place = `"ts":${i},"pid":1,"tid":${1 + (i % 3)}`;
    const common = `${i === 0 ? '' : ',\n'}{"name":"call ${i % 50}","cat":"c",${place},"args":{"i":${i}}`;
    let part = `${common},"ph":"X","dur":0.5}`;
    if (i % 1000 === 0) part = `${common},"p\\u0068":"X","dur":0.5}`;
    else if (i % 1000 === 1) part = `${common},"ph":"C"}`;
    else if (i % 1000 === 2) part = `${common},"ph":"b","id":"${i}"}`;
    else if (i % 1000 === 3) part = `${common},"ph":"e","id":"${i - 1}"}`;
    else if (i % 7000 === 4) part = `${common},"ph":"X","dur":\u0001}`;
    else if (i % 9000 === 5) part = `${common},"ph":"i","s":"t","text":"${'ä'.repeat(9000)}"}`;
    else if (i === 60_000) part = `${common},"ph":"X","dur":1,"more":"${'m'.repeat(2_000_000)}"}`;
    parts.push(part);
    length += part.length;
  }
  return `${parts.join('')}],"more":{"a":[1]}}`;
}

const LONG = longTrace(10_000_000);

/** The same, and a slice of the first thread that lasts for all of it. */
function around(trace: string): string {
  const outer = '{"name":"main","cat":"c","ph":"X","ts":0,"dur":1e7,"pid":1,"tid":1}';
  return trace.replace(/\](?=,"more")/, `,\n${outer}]`);
}

/** Slices in slices on several threads, of which no two have the same names in the same places. */
function manyWays(count: number): string {
  const parts = Array.from({ length: count }, (_, i) => {
    const common = `"cat":"c","ph":"X","pid":1,"tid":${1 + (i % 3)}`;
    const outer = `{"name":"outer ${i % 300}",${common},"ts":${10 * i},"dur":9}`;
    return `${outer},\n{"name":"inner ${i}",${common},"ts":${10 * i + 1},"dur":${1 + (i % 7)}}`;
  });
  return `{"traceEvents":[${parts.join(',\n')}]}`;
}

/** Slices, and one that lasts for all of them, written last: after more than can be sorted at once. */
function aroundMany(count: number): string {
  const common = '"cat":"c","ph":"X","pid":1,"tid":1';
  const inner = (i: number) => `{"name":"call ${i % 9}",${common},"ts":${i},"dur":0.5}`;
  const parts = Array.from({ length: count }, (_, i) => inner(i));
  return `[${parts.join(',\n')},\n{"name":"main",${common},"ts":0,"dur":${count}}]`;
}

const options = { by: 'name', filter: () => true, top: 9, stretches: 7, tree: true } as const;

async function errorOf(reading: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await reading.then(
    () => assert.fail('nothing was thrown'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TraceReadError, String(error));
  const { name, message, code, file, offset, cause } = error;
  return { name, message, code, file, offset, cause: (cause as NodeJS.ErrnoException)?.code };
}

describe('a trace that is read on a thread of its own', () => {
  test('gives the same as one that is read here, in the same order', async () => {
    await expectSame(fileOf('long.json', LONG));
  });

  test('gives one event after the other to who does not take many at once', async () => {
    const path = fileOf('entries.json', LONG);
    const perfetto = join(folder, 'entries.pftrace');
    await convertTrace(path, perfetto);
    for (const input of [path, perfetto]) {
      const entriesOf = async (read: typeof readOnThreads): Promise<unknown[]> => {
        const seen: unknown[] = [];
        const note = (found: unknown) => void seen.push(found);
        seen.push(await read(input, { onEntry: note, onProblem: note, wantsText: NO_TEXT }));
        return seen;
      };
      const onThread = await entriesOf(readOnThreads);
      assert.ok(onThread.length > 50_000);
      assert.deepEqual(onThread, await entriesOf(readEntries));
    }
  });

  test('is repaired', async () => {
    const slice = (name: string, ts: number) =>
      `{"ph":"X","name":"${name}","cat":"c","ts":${ts},"dur":10,"pid":1,"tid":1,"args":{}}`;
    const many = Array.from({ length: 120_000 }, (_, i) => slice('many', 20 * i));
    const path = fileOf('broken.json', `[${many.join(',\n')},\n${slice('overlaps', 5)}\n]\n`);
    const { done, result } = await repairFile(path, join(folder, 'repaired.json'));
    assert.deepEqual([...done], [['slice-made-async', 1]]);
    // The slice has become a begin and an end.
    assert.deepEqual([result.events, result.errors], [120_002, 0]);
  });

  test('may be packed, cut off, or no trace', async () => {
    await expectSame(fileOf('packed.json.gz', gzipSync(LONG, { level: 1 })));
    await expectSame(fileOf('cut.json', LONG.slice(0, 3_000_000)));
    await expectSame(fileOf('text.json', 'no trace'));
    await expectSame(fileOf('object.json', '{"events":[]}'));
    await expectSame(fileOf('empty.json', ''));
  });

  test('is the same on one thread, on two and on more, however long their stretches are', async () => {
    const path = fileOf('shared.json', LONG);
    for (const threads of [1, 2, 5]) {
      for (const stretchBytes of [300_000, 2_500_000, 20_000_000]) {
        await expectSame(path, { threads, stretchBytes });
      }
    }
  });

  test('may hold what looks like events where there are none, or none where a stretch begins', async () => {
    const event = (more: string) => `{"ph":"X","name":"a","ts":1,"dur":2,"pid":1,"tid":1${more}}`;
    const inText = JSON.stringify(`, ${event('')},${event('')}`.repeat(20));
    const inArgs = event(`,"args":{"list":[${Array(40).fill(event('')).join(',')}]}`);
    const long = event(`,"args":{"text":"${'x'.repeat(5000)}"}`);
    const odd = [
      event(`,"args":{"text":${inText}}`),
      inArgs,
      long,
      event(''),
      '7',
      '"text"',
      '[{"ph":"X"}]',
    ];
    const broken = [
      '{"ph":"X",',
      event('').slice(0, -1),
      `}${event('')}`,
      `${event('')}]`,
      '"',
      '',
    ];
    const forms = [
      (list: string) => `[${list}]`,
      (list: string) => `[\n${list}`,
      (list: string) =>
        `{"displayTimeUnit":"ms","traceEvents":[${list}],"otherData":{"a":[${event('')}]}}`,
      (list: string) => `{"samples":[${inArgs},${inArgs}],"traceEvents":[${list}]}`,
      (list: string) => `\n \n{"traceEvents":[${list}], "more": ${inText}`,
      (list: string) => `[${list}] [${list}]`,
      (list: string) => `\ufeff[${list}]`,
    ];
    const separators = [',', ',\n', '\n,', ` , ${' '.repeat(100)}`, '\r\n'];
    const element = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(event(''), event(',"args":{"a":{"b":[]}}')) },
      { weight: 2, arbitrary: fc.constantFrom(...odd) },
    );
    const elements = fc.array(
      fc.oneof(
        { weight: 60, arbitrary: element },
        { weight: 1, arbitrary: fc.constantFrom(...broken) },
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(
        elements,
        fc.constantFrom(...forms),
        fc.constantFrom(...separators),
        fc.integer({ min: 50, max: 4000 }),
        async (list, form, separator, stretchBytes) => {
          const path = fileOf('odd.json', form(list.join(separator)));
          await expectSame(path, { threads: 3, stretchBytes });
        },
      ),
      { numRuns: Number(process.env['RUNS'] ?? 40) },
    );
  });

  test('may hold any mixture of events, sound and odd', async () => {
    const events = {
      slice: '{"ph":"X","name":"a","ts":1,"dur":2,"pid":1,"tid":1}',
      async: '{"ph":"b","name":"ä","cat":"c","ts":1,"id":"1","pid":1,"tid":1,"args":{"a":[1,{}]}}',
      instant: '{"ph":"i","s":"t","ts":1,"id":7}',
      'large id': '{"ph":"X","id":123456789012345678901,"ts":1}',
      mended: '{"ph":"X","name":"\\x","ts":1}',
      prototype: '{"__proto__":{"a":1},"p\\u0068":"C","args":{"__proto__":1}}',
      long: `{"ph":"X","args":{"a":"${'a'.repeat(700_000)}"}}`,
      deep: `${'['.repeat(2000)}${']'.repeat(2000)}`,
      number: '7',
      broken: '{"ph":"X",',
    };
    const kinds = fc.constantFrom(...(Object.keys(events) as (keyof typeof events)[]));
    await fc.assert(
      fc.asyncProperty(fc.array(kinds, { maxLength: 40 }), async (chosen) => {
        const texts = chosen.map((kind) => events[kind]);
        await expectSame(fileOf('mixture.json', `[${texts.join(',\n')}]`));
      }),
      { numRuns: 15 },
    );
  });

  for (const { what, text } of [
    { what: 'in order', text: LONG },
    { what: 'with a call around all others, written last', text: around(LONG) },
    { what: 'with a call around very many, written last', text: aroundMany(200_000) },
    { what: 'with more places than a tree has', text: manyWays(70_000) },
  ])
    test(`is checked and summarised as one that comes from a stream: ${what}`, async () => {
      const path = fileOf('large.json', text);
      assert.deepEqual(await checkFile(path), await checkFile(createReadStream(path)));
      const fromFile = await summarize(pathToFileURL(path), options);
      const fromStream = await summarize(createReadStream(path), options);
      const { longest, unfinished, ...rest } = fromStream;
      const without = (slices: typeof longest) => slices.map(({ args: _, ...slice }) => slice);
      assert.deepEqual(
        {
          ...fromFile,
          longest: without(fromFile.longest),
          unfinished: without(fromFile.unfinished),
        },
        {
          ...rest,
          longest: without(longest),
          unfinished: without(unfinished),
          file: path,
          argumentsRead: true,
        },
      );
    });

  test('fails as one that is read here', async () => {
    const packed = gzipSync(LONG, { level: 0 });
    packed.fill(0xff, 9_000_000, 9_000_100);
    const damaged = fileOf('damaged.json.gz', packed);
    const cases: readonly (readonly [path: string, isSeenAtOnce: boolean])[] = [
      [damaged, false],
      [join(folder, 'missing.json'), true],
      [folder, true],
    ];
    const ignore = { onEntry: () => {}, onBatch: () => {}, onProblem: () => {} };
    for (const [path, isSeenAtOnce] of cases) {
      const here = await errorOf(readEntries(path, ignore));
      assert.deepEqual(await errorOf(checkFile(path)), here);
      if (isSeenAtOnce) assert.equal(await readOnThreads(path, ignore), undefined);
      else assert.deepEqual(await errorOf(readOnThreads(path, ignore)), here);
    }
  });

  test('is left when what takes the events throws, with nothing taken after that', async () => {
    const path = fileOf('left.json', LONG);
    let taken = 0;
    const stop = new Error('enough');
    const onBatch = () => {
      taken++;
      if (taken === 3) throw stop;
    };
    const reading = readOnThreads(path, { onEntry: () => {}, onBatch, onProblem: () => {} });
    await assert.rejects(reading, stop);
    assert.equal(taken, 3);
  });

  test('is left where a thread fails in the moment in which it is ended', async () => {
    const thread = new ReadingThread({} as never, 2, new FoundTexts(false), () => {});
    // Long enough for it to fail, while nothing of that is told here.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    await thread.stop();
    await new Promise(setImmediate);
  });

  test('is read all the same where no threads may be', () => {
    const path = fileOf('alone.json', LONG);
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    const flags = [permission, '--allow-fs-read=*', '--allow-fs-write=*', '--no-warnings'];
    const run = (...more: string[]) =>
      spawnSync(process.execPath, [...more, COMMAND, 'check', path, '--json'], {
        encoding: 'utf8',
      });
    const [alone, both] = [run(...flags), run()];
    assert.equal(alone.stderr, '');
    assert.equal(alone.stdout, both.stdout);
    assert.ok(both.stdout.includes('"event-syntax"'));
  });
});
