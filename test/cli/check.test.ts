import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();
const GOOD = [slice('a', 0, 10), slice('b', 1, 5)];
const OVERLAPPING = [slice('a', 0, 10), slice('b', 5, 10)];

describe('tracelane check', () => {
  test('ends with 0 and says so where there is nothing to find', async () => {
    const path = file('good.json', GOOD);
    const { code, stdout, stderr } = await tracelane(['check', path]);
    assert.equal(stdout, `${path}: no findings in 2 events\n`);
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });

  test('tells of each finding where it is, what the viewers do with it, and the fix', async () => {
    const { code, stdout } = await tracelane(['check', file('overlap.json', OVERLAPPING)]);
    assert.equal(code, 1);
    assert.match(stdout, /1 error, 0 warnings in 2 events/);
    assert.match(stdout, /error slice-overlap \(1 time\)/);
    const offset = JSON.stringify(OVERLAPPING).indexOf('{"name":"b"');
    assert.ok(stdout.includes(`event 1, byte ${offset}: "b" (event 1) starts inside "a"`), stdout);
    assert.match(stdout, /Perfetto: drops the slice/);
    assert.match(stdout, /Fix: put what overlaps on async tracks/);
  });

  test('ends with 0 where there are warnings only', async () => {
    const { cat: _, ...event } = slice('a', 0, 1);
    const { code, stdout } = await tracelane(['check', file('warning.json', [event])]);
    assert.match(stdout, /0 errors, 1 warning/);
    assert.equal(code, 0);
  });

  test('prints everything as JSON', async () => {
    const paths = [file('good.json', GOOD), file('overlap.json', OVERLAPPING)];
    const { code, stdout } = await tracelane(['check', '--json', ...paths]);
    assert.equal(code, 1);
    const [good, bad] = JSON.parse(stdout);
    assert.deepEqual([good.file, good.events, good.errors, good.findings], [paths[0], 2, 0, []]);
    assert.deepEqual(bad.counts, { 'slice-overlap': 1 });
    const [finding] = bad.findings;
    assert.equal(finding.rule, 'slice-overlap');
    assert.equal(finding.severity, 'error');
    assert.equal(finding.event, 1);
    assert.ok(finding.viewers.Perfetto && finding.fix && finding.message);
  });

  test('shows so many findings of a rule as it is told to, and counts the others', async () => {
    const events = Array.from({ length: 20 }, (_, i) => slice('a', i * 5, 7));
    const path = file('many.json', events);
    const { stdout } = await tracelane(['check', '--limit', '3', path]);
    assert.match(stdout, /slice-overlap \(\d+ times\)/);
    assert.equal(stdout.match(/starts inside/g)?.length, 3);
    assert.match(stdout, /… and \d+ more/);
  });

  test('prints nothing that a terminal would obey', async () => {
    const odd = [slice('\u001b]0;title\u0007 \u009b31m', 0, 10), slice('\u001b[31m', 5, 10)];
    for (const command of ['check', 'summary']) {
      const { stdout } = await tracelane([command, file('odd.json', odd)]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
      assert.doesNotMatch(stdout, /[\u001b\u0007\u009b]/);
      assert.match(stdout, /31m/);
    }
  });

  test('reads a large event that comes in small pieces', async () => {
    const large = JSON.stringify([slice('a', 0, 1, { args: { text: 'x'.repeat(4e7) } })]);
    const { stdout } = await tracelane(['check', '-'], large);
    assert.equal(stdout, '-: no findings in 1 event\n');
  });

  test('reads standard input, gzipped, too', async () => {
    for (const input of [JSON.stringify(GOOD), gzipSync(JSON.stringify(GOOD))]) {
      const { code, stdout } = await tracelane(['check', '-'], input);
      assert.equal(stdout, '-: no findings in 2 events\n');
      assert.equal(code, 0);
    }
  });

  test('ends with 2 and a reason where a file cannot be read', async () => {
    const { code, stdout, stderr } = await tracelane(['check', file('none.json')]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^tracelane: .*none\.json: it cannot be opened: ENOENT/);
  });
});

describe('tracelane check --repair', () => {
  async function repair(
    content: unknown,
  ): Promise<{ events: Record<string, unknown>[]; stdout: string }> {
    const out = file('repaired.json');
    const { code, stdout, stderr } = await tracelane([
      'check',
      file('broken.json', content),
      '--repair',
      out,
    ]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /repaired\.json: (?:no findings|0 errors)/);
    assert.equal((await tracelane(['check', out])).code, 0);
    const parsed = JSON.parse(readFileSync(out, 'utf8'));
    return { events: Array.isArray(parsed) ? parsed : parsed.traceEvents, stdout };
  }

  test('closes a file that was cut, and keeps every whole event', async () => {
    const { events, stdout } = await repair(JSON.stringify(GOOD).slice(0, -20));
    assert.deepEqual(events, [GOOD[0]]);
    assert.match(stdout, /closed the list, and dropped what was cut off: 1 time/);
  });

  test('leaves out what is damaged between the events, and says so', async () => {
    const [first, second] = GOOD.map((event) => JSON.stringify(event));
    for (const damage of ['some words of another program', '[INFO] {as} "they" say']) {
      const { events, stdout } = await repair(`[${first},\n${damage}\n${second}]`);
      assert.deepEqual(events, GOOD);
      assert.match(stdout, /left out what is no event between the others, or no whole one: 1 time/);
    }
  });

  test('leaves out commas between the events that are too many: no event is lost by them', async () => {
    const [first, second] = GOOD.map((event) => JSON.stringify(event));
    const text = `[${first},,\n,${second}]`;
    const { events, stdout } = await repair(text);
    assert.deepEqual(events, GOOD);
    assert.match(stdout, /left out commas that were too many: 2 times/);
    const summary = await tracelane(['summary', file('commas.json', text)]);
    assert.doesNotMatch(summary.stdout, /could not be read/);
  });

  test('moves slices that overlap to async tracks, with their times', async () => {
    const { events, stdout } = await repair(OVERLAPPING);
    const [a, begin, end] = events;
    assert.deepEqual(a, OVERLAPPING[0]);
    assert.deepEqual([begin?.['ph'], begin?.['ts'], begin?.['name']], ['b', 5, 'b']);
    assert.deepEqual([end?.['ph'], end?.['ts'], end?.['name']], ['e', 15, 'b']);
    assert.equal(begin?.['id'], end?.['id']);
    assert.match(stdout, /moved a slice that overlaps others to an async track: 1 time/);
  });

  test('makes complete events of begins and ends that DevTools would mix up', async () => {
    const mark = (ph: string, name: string, ts: number, tid: number) => ({
      name,
      cat: 'c',
      ph,
      ts,
      pid: 1,
      tid,
      args: {},
    });
    const { events } = await repair([
      mark('B', 'a', 0, 1),
      mark('B', 'b', 1, 2),
      mark('E', 'a', 5, 1),
      mark('E', 'b', 6, 2),
    ]);
    assert.deepEqual(
      events.map(({ ph, name, ts, dur }) => [ph, name, ts, dur]),
      [
        ['X', 'a', 0, 5],
        ['X', 'b', 1, 5],
      ],
    );
  });

  test('replaces broken strings, and keeps the characters that are whole', async () => {
    const text =
      '[{"name":"\\ud83d\\ude00 \\ud800","cat":"c","ph":"i","s":"t","ts":1,"pid":1,"tid":1,"args":{}}]';
    const { events } = await repair(text);
    assert.equal(events[0]?.['name'], '😀 \ufffd');
  });

  test('escapes control characters', async () => {
    const { events } = await repair(
      '[{"name":"a\u0001b\tc","cat":"c","ph":"i","s":"t","ts":1,"pid":1,"tid":1,"args":{}}]',
    );
    assert.equal(events[0]?.['name'], 'a\u0001b\tc');
  });

  test('gives what is missing, and drops what cannot be kept', async () => {
    const { events } = await repair([
      { ph: 'X', ts: 1, dur: 2, pid: 1, tid: 1 },
      { name: 'no time', ph: 'X', ts: null, dur: 1, pid: 1, tid: 1 },
      { name: 'string', ph: 'X', ts: 5, dur: 1, pid: 'p', tid: 'worker', cat: 'c', args: {} },
      { name: 'end', ph: 'E', ts: 9, pid: 1, tid: 1, cat: 'c', args: {} },
      { name: 'flow', ph: 'f', id: 1, ts: 50, pid: 1, tid: 1, cat: 'c', args: {} },
      { name: 'count', ph: 'C', ts: 51, pid: 1, tid: 1, cat: 'c', args: { a: 1, b: null } },
      { name: 'early', ph: 'i', s: 't', ts: -3, pid: 1, tid: 1, cat: 'c', args: {} },
    ]);
    const shown = events.map(({ ph, name, ts }) => `${ph} ${name} ${ts}`);
    assert.deepEqual(shown, [
      'X (unnamed) 4',
      'M thread_name 0',
      'X string 8',
      'C count 54',
      'i early 0',
    ]);
    assert.deepEqual(events[3]?.['args'], { a: 1 });
    assert.deepEqual(events[1]?.['args'], { name: 'worker' });
    assert.deepEqual(
      [events[1]?.['pid'], events[1]?.['tid']],
      [events[2]?.['pid'], events[2]?.['tid']],
    );
  });

  test('gives async operations that overlap, or that processes share, ids of their own', async () => {
    const point = (ph: string, name: string, ts: number, pid = 1) => ({
      name,
      cat: 'c',
      ph,
      id: 1,
      ts,
      pid,
      tid: pid,
      args: {},
    });
    await repair([point('b', 'a', 0), point('b', 'b', 1), point('e', 'a', 2), point('e', 'b', 3)]);
    await repair([
      point('b', 'a', 0),
      point('e', 'a', 1),
      point('b', 'a', 2, 2),
      point('e', 'a', 3, 2),
    ]);
  });

  test('makes numbers of what is a number as text', async () => {
    const text = { ...slice('a', 0, 0), ts: '100', dur: '50' };
    const count = { ...slice('n', 200, 0), ph: 'C', dur: undefined, args: { a: '12', b: 'no' } };
    const sort = { ...slice('thread_sort_index', 0, 0), ph: 'M', args: { sort_index: '3' } };
    const { events } = await repair([text, count, sort]);
    assert.deepEqual([events[0]?.['ts'], events[0]?.['dur']], [100, 50]);
    assert.deepEqual(events[1]?.['args'], { a: 12 });
    assert.deepEqual(events[2]?.['args'], { sort_index: 3 });
  });

  test('moves the start of the trace with its times', async () => {
    const args = { wallMicroseconds: 1e15, monotonicNanoseconds: '5000000000' };
    const start = { ...slice('trace_start', 0, 0), ph: 'M', dur: undefined, args };
    const { events } = await repair([start, slice('a', -500, 1), slice('b', 10, 1)]);
    assert.deepEqual(events[0]?.['args'], {
      wallMicroseconds: 1e15 - 500,
      monotonicNanoseconds: '4999500000',
    });
  });

  test('drops what is too deep, on every Node', async () => {
    const deep = `{"a":`.repeat(20_000) + 1 + '}'.repeat(20_000);
    const rest = '"cat":"c","ph":"X","ts":1,"dur":1,"pid":1';
    const { events, stdout } = await repair(
      `[{"name":"deep",${rest},"args":${deep}},{"name":"b",${rest},"tid":1,"args":{}}]`,
    );
    assert.deepEqual(
      events.filter(({ ph }) => ph === 'X').map(({ name }) => name),
      ['b'],
    );
    assert.match(stdout, /too deep to be written: 1 time/);
  });

  test('is refused for what is no trace, and for what can be read only once', async () => {
    const { code, stderr } = await tracelane([
      'check',
      file('text.txt', 'root:x:0:0'),
      '--repair',
      file('repaired.json'),
    ]);
    assert.deepEqual([code, /no trace in the Chrome format/.test(stderr)], [2, true]);
    for (const args of [
      ['check', '/dev/null', '--repair', file('repaired.json')],
      ['merge', '/dev/null', '-o', file('repaired.json')],
    ]) {
      const refused = await tracelane(args);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /it is no (?:regular )?file/);
    }
  });

  test('keeps what stands beside the events', async () => {
    const out = file('object.json');
    const path = file('object-in.json', { traceEvents: OVERLAPPING, displayTimeUnit: 'ns' });
    await tracelane(['check', path, '--repair', out]);
    const { traceEvents, displayTimeUnit } = JSON.parse(readFileSync(out, 'utf8'));
    assert.equal(traceEvents.length, 3);
    assert.equal(displayTimeUnit, 'ns');
  });

  test('says as JSON what it did by codes that scripts can rely on, with a sentence for each', async () => {
    const twice = [...OVERLAPPING, slice('c', 20, 10), slice('d', 25, 10)];
    const path = file('codes.json', JSON.stringify(twice).replace(/]$/, ',]'));
    const out = file('codes-repaired.json');
    const { code, stdout } = await tracelane(['check', '--json', path, '--repair', out]);
    assert.equal(code, 0);
    const { repairs, leftOut, file: written, errors } = JSON.parse(stdout);
    assert.deepEqual(repairs, [
      {
        code: 'slice-made-async',
        what: 'moved a slice that overlaps others to an async track',
        times: 2,
      },
      { code: 'commas-mended', what: 'mended commas', times: 1 },
    ]);
    assert.deepEqual([leftOut, written, errors], [[], out, 0]);
  });

  test('names what stands beside the events and is too long to be kept', async () => {
    const long = { traceEvents: GOOD, samples: 'x'.repeat(17e6), displayTimeUnit: 'ns' };
    const path = file('long.json', long);
    const out = file('long-repaired.json');
    const { stdout } = await tracelane(['check', path, '--repair', out]);
    assert.match(stdout, /left out what stands beside .*: 1 time \(samples\)\n/);
    const { traceEvents, ...others } = JSON.parse(readFileSync(out, 'utf8'));
    assert.deepEqual(traceEvents, GOOD);
    assert.deepEqual(others, { displayTimeUnit: 'ns' });
  });

  test('writes numbers that are too large for JavaScript as text, and says so', async () => {
    const large = '{"ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"args":{"a":1e999,"b":[-1e999]}}';
    const { events, stdout } = await repair(`[${large}]`);
    assert.deepEqual(events[0]?.['args'], { a: 'Infinity', b: ['-Infinity'] });
    assert.match(stdout, /wrote values as JSON has them: NaN and infinity as text: 1 time\n/);
    const out = file('beside-repaired.json');
    const path = file('beside.json', `{"traceEvents":[${large}],"limit":1e999}`);
    await tracelane(['check', path, '--repair', out]);
    assert.equal(JSON.parse(readFileSync(out, 'utf8')).limit, 'Infinity');
  });

  test('shows so many findings as it is told to of a rule that the repaired trace breaks still', async () => {
    // What begins at the same moment is a warning: nothing is lost.
    const path = file('equal.json', new Array(12).fill(slice('a', 1, 1)));
    const out = file('equal-repaired.json');
    const args = ['check', path, '--repair', out, '--limit', '2'];
    const { counts, findings } = JSON.parse((await tracelane([...args, '--json'])).stdout);
    assert.deepEqual([counts, findings.length], [{ 'equal-timestamps': 11 }, 2]);
    assert.match((await tracelane(args)).stdout, /… and 9 more/);
  });

  test('leaves no output, and no other file, where the input cannot be read', async () => {
    const out = file('never.json');
    const { code } = await tracelane(['check', file('none.json'), '--repair', out]);
    assert.equal(code, 2);
    assert.equal(existsSync(out), false);
  });
});
