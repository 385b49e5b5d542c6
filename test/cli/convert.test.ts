import assert from 'node:assert/strict';
import { existsSync, linkSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { viewTrace } from '../perfetto/view.js';
import { bytesAsInput, shownBy } from '../reader/convert/timeline.js';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();
const events = [
  slice('outer', 0, 100),
  slice('inner', 10, 20, { args: { path: '/a', n: 1 } }),
  { ...slice('op', 5, 0), ph: 'b', id: 1 },
  { ...slice('op', 50, 0), ph: 'e', id: 1 },
  { ...slice('object', 7, 0), ph: 'N', id: 1 },
  slice('other', 5, 2, { tid: 2 }),
];
const trace = file('trace.json', { traceEvents: events, otherData: { version: 1 } });

describe('tracelane convert', () => {
  test("makes Perfetto's format of Chrome's, says what has no place there, and gives it back", async () => {
    const made = await tracelane(['convert', trace, '-o', file('trace.pftrace')]);
    assert.equal(made.code, 0);
    assert.match(made.stdout, /trace\.pftrace: 6 events read, \d+ bytes/);
    assert.match(made.stderr, /left out: 1 × events 'N', which are not converted\n/);
    assert.match(made.stderr, /left out: 1 × what stands beside the events as 'otherData'\n/);
    assert.deepEqual(viewTrace(readFileSync(file('trace.pftrace'))).problems, []);
    const back = await tracelane(['convert', file('trace.pftrace'), '-o', file('back.json')]);
    assert.equal(back.stderr, '');
    assert.deepEqual(await shownBy(file('back.json')), await shownBy(trace));
    assert.equal(JSON.parse(readFileSync(file('back.json'), 'utf8')).length, 5);
  });

  test('reads standard input, and says all as JSON for scripts', async () => {
    const output = file('piped.json.gz');
    const { code, stdout } = await tracelane(
      ['convert', '-', '-o', output, '--json'],
      readFileSync(file('trace.json')),
    );
    assert.equal(code, 0);
    const { bytes, ...result } = JSON.parse(stdout);
    assert.equal(bytes, readFileSync(output).length);
    assert.deepEqual(result, {
      ...{ input: '<stdin>', output, eventsRead: 6, damaged: 0, truncated: false },
      ...{ leftOut: {}, overlapping: 0, unread: {} },
    });
    const unpacked = gunzipSync(readFileSync(output));
    assert.deepEqual(JSON.parse(unpacked.toString()), {
      traceEvents: events,
      otherData: { version: 1 },
    });
  });

  test('says that slices overlap, which then stand on tracks of their own', async () => {
    const over = file('over.json', [slice('a', 0, 10), slice('b', 5, 10)]);
    const { stderr } = await tracelane(['convert', over, '-o', file('over.pftrace')]);
    assert.match(
      stderr,
      /over\.pftrace: on tracks of their own, as they overlap others: 1 × slices\n/,
    );
    const { slices } = viewTrace(readFileSync(file('over.pftrace')));
    assert.deepEqual(
      slices.map(({ name, start, end }) => [name, start, end]),
      [
        ['a', 0, 10_000],
        ['b', 5000, 15_000],
      ],
    );
  });

  test('refuses to write over what it reads, by whatever name, and loses nothing', async () => {
    const before = readFileSync(trace);
    linkSync(trace, file('link.pftrace'));
    for (const output of [trace, file('link.pftrace')]) {
      const { code, stderr } = await tracelane(['convert', trace, '-o', output]);
      assert.equal(code, 2);
      assert.match(stderr, /it is the same file as .*, which is converted\. Give another name/);
    }
    assert.deepEqual(readFileSync(trace), before);
  });

  test('leaves nothing where the input is no trace', async () => {
    const text = file('text.json', 'nothing of that kind');
    const { code, stderr } = await tracelane(['convert', text, '-o', file('none.pftrace')]);
    assert.equal(code, 2);
    assert.match(stderr, /this is no trace/);
    assert.ok(!readdirSync(dirname(text)).some((name) => name.startsWith('none')));
  });

  test('makes a profile of one thread, and says which there are', async () => {
    const refused = await tracelane(['convert', trace, '-o', file('trace.cpuprofile')]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /Choose by --thread one of: 1\/1, 1\/2\./);
    assert.ok(!existsSync(file('trace.cpuprofile')));
    const args = ['convert', trace, '-o', file('trace.cpuprofile'), '--thread', '1'];
    const { code, stderr } = await tracelane(args);
    assert.equal(code, 0);
    assert.match(stderr, /left out: 2 × events of async operations/);
    const summary = await tracelane(['summary', file('trace.cpuprofile'), '--json']);
    const { groups } = JSON.parse(summary.stdout);
    assert.deepEqual(groups.map(({ key }: { key: string }) => key).sort(), ['inner', 'outer']);
  });
});

describe('the name of an output', () => {
  test("tells cut to write Perfetto's format, packed, also in several files", async () => {
    const many = file(
      'many.json',
      Array.from({ length: 3000 }, (_, i) => slice(`call ${i % 3}`, i, 1)),
    );
    const split = ['--split', '100kB', '-o', file('part.pftrace.gz')];
    const { code, stdout } = await tracelane(['cut', many, ...split]);
    assert.equal(code, 0, stdout);
    const parts = readdirSync(dirname(many)).filter((name) => /^part\.\d\.pftrace\.gz$/.test(name));
    assert.ok(parts.length > 1);
    const slices = await Promise.all(
      parts.map(async (name) => (await shownBy(file(name))).slices.length),
    );
    assert.equal(
      slices.reduce((sum, count) => sum + count, 0),
      3000,
    );
    const bytes = readFileSync(file('part.1.pftrace.gz'));
    assert.deepEqual(viewTrace(gunzipSync(bytes)).problems, []);
  });

  test('tells merge to do so', async () => {
    const second = file('second.json', [slice('second', 3, 4, { pid: 2 })]);
    const { code, stderr } = await tracelane(['merge', trace, second, '-o', file('both.pftrace')]);
    assert.equal(code, 0);
    assert.match(stderr, /both\.pftrace: left out: 1 × events 'N'/);
    const bytes = readFileSync(file('both.pftrace'));
    assert.deepEqual(viewTrace(bytes).problems, []);
    const { slices, operations } = await shownBy(bytesAsInput(bytes));
    assert.deepEqual([slices.length, operations.length], [4, 1]);
  });

  test("tells check to pack what it repairs, which is in Chrome's format", async () => {
    const cut = file(
      'cut.json',
      '[{"name":"a","cat":"c","ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"args":{}},',
    );
    assert.equal((await tracelane(['check', cut, '--repair', file('whole.json.gz')])).code, 0);
    assert.equal(JSON.parse(gunzipSync(readFileSync(file('whole.json.gz'))).toString()).length, 1);
    const { code, stderr } = await tracelane(['check', cut, '--repair', file('whole.pftrace')]);
    assert.equal(code, 2);
    assert.match(stderr, /what is repaired is in Chrome's format/);
  });

  test('takes a thread by its process and tid, and only for a profile', async () => {
    const two = file('two.json', [slice('a', 1, 3), slice('b', 1, 3, { pid: 2 })]);
    const refused = await tracelane([
      'convert',
      two,
      '-o',
      file('two.cpuprofile'),
      '--thread',
      '1',
    ]);
    assert.match(refused.stderr, /Choose by --thread one of: 1\/1, 2\/1\./);
    const args = ['convert', two, '-o', file('two.cpuprofile'), '--thread', '2/1'];
    assert.equal((await tracelane(args)).code, 0);
    assert.match(readFileSync(file('two.cpuprofile'), 'utf8'), /"functionName":"b"/);
    const none = await tracelane(['convert', two, '-o', file('two.pftrace'), '--thread', '1']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /--thread chooses the thread of a profile/);
  });
});
