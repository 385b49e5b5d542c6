import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Tracer } from 'tracelane';
import { checkText } from '#src/reader/check/check.js';
import { slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();

interface Event {
  readonly name?: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: unknown;
  readonly args?: Readonly<Record<string, unknown>>;
}

async function cut(input: string, ...options: readonly string[]): Promise<Event[]> {
  const out = file('out.json');
  const { code, stderr } = await tracelane(['cut', input, '-o', out, ...options]);
  assert.equal(code, 0, stderr);
  const events = eventsIn(out);
  const errors = checkText(readFileSync(out, 'utf8')).findings.filter(
    ({ severity }) => severity === 'error',
  );
  assert.deepEqual(errors, []);
  return events;
}

function eventsIn(path: string): Event[] {
  const content = JSON.parse(readFileSync(path, 'utf8'));
  return Array.isArray(content) ? content : content.traceEvents;
}

const named = (events: readonly Event[]) => events.map(({ name, ph }) => `${ph} ${name}`).sort();
const process = {
  name: 'process_name',
  cat: '__metadata',
  ph: 'M',
  pid: 1,
  args: { name: 'shop' },
};
const async = (ph: string, name: string, ts: number, id: string, more: object = {}) => {
  return { name, cat: 'op', ph, ts, pid: 1, tid: 1, id, args: {}, ...more };
};

describe('tracelane cut by time', () => {
  test('says how many events have no place in time, and are left out', async () => {
    const far = file('far.json', [slice('near', 0, 10), slice('far', 1e17, 1), slice('-', 5, -1)]);
    const { stdout } = await tracelane(['cut', far, '-o', file('out.json')]);
    assert.match(stdout, /out\.json: 1 event,/);
    assert.match(
      stdout,
      /1 event has a time that does not fit .*; 1 event has a negative duration/,
    );
    const { unplaced } = JSON.parse(
      (await tracelane(['cut', far, '-o', file('out.json'), '--json'])).stdout,
    );
    assert.deepEqual(unplaced, { withoutTime: 0, outOfRange: 1, negativeDuration: 1 });
    assert.match(
      (await tracelane(['summary', far])).stdout,
      /1 event has a time that does not fit/,
    );
  });

  test('says that the end of the trace is missing, in any format', async () => {
    const whole = file(
      'whole.json',
      Array.from({ length: 50 }, (_, i) => slice(`s ${i}`, i, 1)),
    );
    await tracelane(['convert', whole, '-o', file('whole.pftrace')]);
    const json = readFileSync(whole);
    for (const [name, bytes] of [
      ['cut-off.json', json],
      ['cut-off.json.gz', gzipSync(json)],
      ['cut-off.pftrace', readFileSync(file('whole.pftrace'))],
    ] as const) {
      writeFileSync(file(name), bytes.subarray(0, -15));
      const args = ['cut', file(name), '-o', file('out.json'), '--from', '0s'];
      assert.match((await tracelane(args)).stdout, /; the end of the trace is missing\n$/, name);
      assert.equal(JSON.parse((await tracelane([...args, '--json'])).stdout).truncated, true, name);
    }
    const { stdout } = await tracelane(['cut', whole, '-o', file('out.json'), '--from', '0s']);
    assert.doesNotMatch(stdout, /missing/);
  });

  test('keeps whole what lasts into the range, and metadata, wherever they stand in the file', async () => {
    const trace = file('time.json', [
      slice('outer', 1_000, 10_000),
      slice('before', 1_100, 100),
      slice('in', 5_000, 100),
      slice('after', 9_000, 100),
      { ...process },
      { name: 'early', ph: 'i', s: 't', ts: 1_200, pid: 1, tid: 1 },
      { name: 'now', ph: 'i', s: 't', ts: 5_050, pid: 1, tid: 1 },
    ]);
    assert.deepEqual(named(await cut(trace, '--from', '3ms', '--to', '5ms')), [
      'M process_name',
      'X in',
      'X outer',
      'i now',
    ]);
  });

  test('keeps both ends of slices and operations that reach into the range, and those never ended', async () => {
    const trace = file('pairs.json', [
      slice('first', 0, 1),
      { name: 'open', ph: 'B', ts: 10, pid: 1, tid: 1 },
      { name: 'over', ph: 'B', ts: 20, pid: 1, tid: 1 },
      { name: 'over', ph: 'E', ts: 30, pid: 1, tid: 1 },
      { name: 'long', ph: 'B', ts: 40, pid: 1, tid: 2 },
      { name: 'long', ph: 'E', ts: 9_000, pid: 1, tid: 2 },
      async('b', 'request', 50, '0x1'),
      async('n', 'step', 60, '0x1'),
      async('e', 'request', 7_000, '0x1'),
      async('b', 'done', 70, '0x2'),
      async('e', 'done', 80, '0x2'),
      async('b', 'waiting', 90, '0x3'),
    ]);
    assert.deepEqual(named(await cut(trace, '--from', '5ms', '--to', '6ms')), [
      'B long',
      'B open',
      'E long',
      'b request',
      'b waiting',
      'e request',
      'n step',
    ]);
  });

  test('keeps what ends nothing, and moments of operations that are not in the trace, by their own time', async () => {
    const end = { name: 'lost', cat: 'op', ph: 'E', pid: 1, tid: 1, args: {} };
    const without = (ph: string, ts: number) => ({
      ...async(ph, 'unknown', ts, ''),
      id: undefined,
    });
    const events = [
      slice('work', 0, 100),
      { ...end, ts: 10 },
      { ...end, ts: 60 },
      async('e', 'gone', 20, 'a'),
      async('e', 'gone', 70, 'a'),
      async('n', 'moment', 30, 'b', { cat: 'other' }),
      async('n', 'moment', 80, 'b'),
      without('b', 40),
      without('b', 90),
      { ...async('s', 'flow', 45, 'no hexadecimal'), bp: 'e' },
    ];
    const path = file('alone.json', events);
    const whole = async (...options: string[]) => {
      const { code } = await tracelane(['cut', path, '-o', file('out.json'), ...options]);
      assert.equal(code, 0);
      return eventsIn(file('out.json'));
    };
    assert.deepEqual(await whole(), JSON.parse(JSON.stringify(events)));
    assert.deepEqual(named(await whole('--from', '50us')), [
      'E lost',
      'X work',
      'b unknown',
      'e gone',
      'n moment',
    ]);
    // What is left out by other means may be their other half.
    assert.deepEqual(named(await whole('--name', 'moment')), ['n moment', 'n moment']);
    assert.deepEqual(named(await whole('--category', 'op')), ['n moment']);
  });

  test('keeps all points of an arrow that reaches into the range, with the slices at its other end', async () => {
    const flow = (ph: string, ts: number, tid: number, id: number) => ({
      ...{ name: 'job', cat: 'queue', ph, ts, pid: 1, tid, id },
      ...(ph === 'f' ? { bp: 'e' } : {}),
    });
    const trace = file('flows.json', [
      slice('produce', 100, 50),
      flow('s', 120, 1, 1),
      slice('other', 300, 50),
      slice('consume', 5_000, 50, { tid: 2 }),
      flow('f', 5_010, 2, 1),
      flow('s', 310, 1, 2),
      slice('early', 400, 50, { tid: 2 }),
      flow('f', 410, 2, 2),
    ]);
    assert.deepEqual(named(await cut(trace, '--from', '4ms')), [
      'X consume',
      'X produce',
      'f job',
      's job',
    ]);
  });

  test('begins each counter with the value that it had', async () => {
    const counter = (name: string, ts: number, value: number) => ({
      ...{ name, ph: 'C', ts, pid: 1, args: { value } },
    });
    const trace = file('counters.json', [
      slice('first', 0, 1),
      counter('heap', 10, 1),
      counter('heap', 20, 2),
      counter('open', 30, 7),
      counter('heap', 5_000, 3),
      counter('heap', 9_000, 4),
    ]);
    const events = await cut(trace, '--from', '4ms', '--to', '6ms');
    const values = events.map(({ name, args }) => `${name} ${args?.['value']}`);
    assert.deepEqual(values.sort(), ['heap 2', 'heap 3', 'open 7']);
  });

  test('begins each series of a counter with the value that it had, whichever events tell of it', async () => {
    const counter = (ts: number, args: object) => ({ name: 'heap', ph: 'C', ts, pid: 1, args });
    const trace = file('series.json', [
      slice('first', 0, 1),
      counter(10, { old: 1, young: 1 }),
      counter(20, { young: 2, old: 2 }),
      counter(30, { large: 3 }),
      counter(40, { old: 4 }),
      counter(5_000, { large: 5 }),
    ]);
    const events = await cut(trace, '--from', '4ms', '--to', '6ms');
    const values = events.map(({ args }) => args);
    assert.deepEqual(values, [{ young: 2, old: 2 }, { large: 3 }, { old: 4 }, { large: 5 }]);
  });

  test('finds the time of the first call of a name', async () => {
    const trace = file('around.json', [
      slice('a', 0, 10),
      slice('b', 199_000, 10),
      slice('slow', 200_000, 5_000),
      slice('c', 205_500, 10),
      slice('d', 207_000, 10),
      slice('slow', 900_000, 5_000),
    ]);
    const kept = await cut(trace, '--around', 'slow', '--before', '2ms', '--after', '1ms');
    assert.deepEqual(named(kept), ['X b', 'X c', 'X slow']);
    const missing = await tracelane(
      ['cut', trace, '-o', file('none.json')].concat('--around', 'x'),
    );
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /Nothing in .* is named 'x'/);
    assert.equal(existsSync(file('none.json')), false);
  });

  test('takes the whole time of a call whose end is an event of its own', async () => {
    const event = (ph: string, name: string, ts: number, more: object = {}) => {
      return { ph, name, cat: 'c', ts, pid: 1, tid: 1, args: {}, ...more };
    };
    const slices = [
      event('B', 'slow', 200_000),
      event('B', 'slow', 300_000),
      event('E', 'slow', 400_000),
      event('E', 'slow', 900_000),
    ];
    const ids = { id: '1' };
    const operations = [
      event('b', 'slow', 200_000, ids),
      event('b', 'part', 300_000, ids),
      event('e', 'part', 400_000, ids),
      event('e', 'slow', 900_000, ids),
      event('b', 'other', 210_000, { id: '2' }),
      event('e', 'other', 250_000, { id: '2' }),
    ];
    for (const pair of [slices, operations]) {
      const others = [slice('late', 899_000, 10), slice('behind', 902_000, 10)];
      const events = [...pair, ...others.map((one) => ({ ...one, tid: 2 }))];
      // What is damaged is passed over, here, too.
      const text = `[{"ph":},${JSON.stringify(events).slice(1)}`;
      const kept = await cut(file('whole.json', text), '--around', 'slow', '--after', '1ms');
      assert.ok(named(kept).includes('X late'));
      assert.ok(!named(kept).includes('X behind'));
    }
    // What was never ended lasts for all of the trace.
    const open = file('open.json', [event('B', 'slow', 0), slice('late', 900_000, 10)]);
    assert.deepEqual(named(await cut(open, '--around', 'slow')), ['B slow', 'X late']);
  });

  test('cuts a packed trace, and one in the object form with what stands beside its events', async () => {
    const content = { traceEvents: [slice('a', 0, 10), slice('b', 5_000, 10)], who: 'me' };
    const plain = file('object.json', content);
    const packed = file('object.json.gz', gzipSync(JSON.stringify(content)));
    for (const trace of [plain, packed]) {
      assert.deepEqual(named(await cut(trace, '--from', '4ms')), ['X b']);
      assert.equal(JSON.parse(readFileSync(file('out.json'), 'utf8')).who, 'me');
    }
  });
});

describe('tracelane cut by time of a trace in the object form', () => {
  test('makes no events of what stands beside its list', async () => {
    const beside = JSON.stringify([slice('ghost', 2, 1)])
      .replace('[', '[\n')
      .replace(']', '\n]');
    const text = `{"traceEvents":${JSON.stringify([slice('a', 1, 1)])},"more":${beside}}`;
    writeFileSync(file('beside-list.json'), text);
    writeFileSync(file('beside-list.json.gz'), gzipSync(text));
    for (const trace of ['beside-list.json', 'beside-list.json.gz']) {
      assert.deepEqual(named(await cut(file(trace), '--from', '0s')), ['X a']);
      const { more } = JSON.parse(readFileSync(file('out.json'), 'utf8'));
      assert.equal(more[0].name, 'ghost');
    }
  });
});

describe('tracelane cut by what something is', () => {
  const trace = () =>
    file('what.json', [
      process,
      { name: 'thread_name', ph: 'M', pid: 1, tid: 2, args: { name: 'worker 1' } },
      slice('render', 0, 1_000),
      slice('layout', 100, 500),
      slice('style', 200, 10),
      slice('render', 0, 700, { tid: 2, cat: 'gpu' }),
      async('b', 'request', 10, '0x1'),
      async('b', 'query', 20, '0x1', { args: { category: 'db' } }),
      async('e', 'query', 30, '0x1'),
      async('e', 'request', 900, '0x1'),
      { ...slice('render', 0, 9), pid: 2, tid: 7 },
    ]);

  test('by name, category, thread and process', async () => {
    const META = ['M process_name', 'M thread_name'];
    const calls = async (...options: string[]) =>
      named(await cut(trace(), ...options)).filter((name) => !META.includes(name));
    assert.deepEqual(await calls('--name', 'lay'), ['X layout']);
    assert.deepEqual(await calls('--name', '/^(style|query)$/'), ['X style', 'b query', 'e query']);
    assert.deepEqual(await calls('--category', 'gpu'), ['X render']);
    assert.deepEqual(await calls('--category', 'gpu,db'), ['X render', 'b query', 'e query']);
    const operations = [
      async('b', 'outer', 0, '0x1', { cat: 'x', args: { data: { category: 'größe' } } }),
      async('b', 'inner', 1, '0x1', { cat: 'x', args: { a: 'category', category: 'größe' } }),
      async('e', 'inner', 2, '0x1', { cat: 'x' }),
      async('e', 'outer', 3, '0x1', { cat: 'x' }),
    ];
    const own = file('own.json', operations);
    assert.deepEqual(named(await cut(own, '--category', 'größe')), ['b inner', 'e inner']);
    assert.deepEqual(await calls('--thread', 'worker'), ['X render']);
    assert.deepEqual(await calls('--process', '2'), ['X render']);
    assert.deepEqual(await calls('--process', 'shop', '--thread', '2'), ['X render']);
  });

  test('by thread, with what is said of its process and of the clock of the trace, wherever that stands', async () => {
    const said = [
      { ...process, tid: 1 },
      { name: 'process_labels', ph: 'M', pid: 1, tid: 1, args: { labels: 'shop' } },
      { name: 'thread_name', ph: 'M', pid: 1, tid: 1, args: { name: 'main' } },
      { name: 'thread_name', ph: 'M', pid: 1, tid: 2, args: { name: 'worker' } },
      { name: 'trace_start', ph: 'M', pid: 1, tid: 1, args: { wallMicroseconds: 5 } },
      { ...process, pid: 3, args: { name: 'other' } },
    ];
    const other = { ...slice('c', 0, 1), pid: 3, tid: 3 };
    const trace = file('said.json', [
      ...said,
      slice('a', 0, 1),
      slice('b', 0, 1, { tid: 2 }),
      other,
    ]);
    const clock = 'M trace_start';
    const worker = ['M process_labels', 'M process_name', 'M thread_name', clock, 'X b'];
    assert.deepEqual(named(await cut(trace, '--thread', 'worker')), [
      'M process_labels',
      'M process_name',
      'M process_name',
      'M thread_name',
      clock,
      'X b',
    ]);
    const both = ['--process', 'shop', '--thread', 'worker'];
    assert.deepEqual(named(await cut(trace, ...both)), worker);
    assert.deepEqual(named(await cut(trace, '--process', '3')), ['M process_name', clock, 'X c']);
  });

  test('by how long it takes, and how deep it lies', async () => {
    const kept = named(await cut(trace(), '--min-duration', '400us'));
    assert.deepEqual(kept.slice(2), ['X layout', 'X render', 'X render', 'b request', 'e request']);
    const exact = file('exact.json', [slice('short', 0, 4186), slice('just so', 5000, 4187)]);
    assert.deepEqual(named(await cut(exact, '--min-duration', '4.187ms')), ['X just so']);
    const outer = named(await cut(trace(), '--depth', '2'));
    assert.ok(outer.includes('X layout'));
    assert.ok(!outer.includes('X style'));
  });
});

describe('tracelane cut by trees', () => {
  async function server(): Promise<string> {
    const path = file('server.json');
    const tracer = new Tracer(path, { writer: 'inline' }).start();
    for (let i = 0; i < 40; i++) {
      await tracer.trace(`GET /${i}`, async () => {
        tracer.trace(`render ${i}`, () => {});
        await null;
        tracer.trace(`send ${i}`, () => {});
      });
    }
    await tracer.stop();
    return path;
  }

  test('keeps one request with all that belongs to it, and nothing of others', async () => {
    const path = await server();
    const request = eventsIn(path).find(({ name, ph }) => name === 'GET /7' && ph === 'b');
    const kept = await cut(path, '--request', String(request?.args?.['op.id']));
    assert.deepEqual(
      named(kept).filter((name) => !name.startsWith('M')),
      ['X render 7', 'X send 7', 'b GET /7', 'e GET /7'],
    );
    const none = await tracelane(['cut', path, '-o', file('out.json'), '--request', 'nobody']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /No call in .* has the id nobody/);
  });

  test('knows what belongs to a request however the trace is written', async () => {
    const events = eventsIn(await server()).map((event) => {
      const { 'op.id': own, 'op.root': root, ...others } = event.args ?? {};
      const args = {
        ...others,
        ...(own !== undefined && { 'op.id': `${own}é` }),
        ...(root !== undefined && { 'op.root': `${root}é` }),
      };
      return event.ph === 'M' ? event : { ...event, args };
    });
    const request = events.find(({ name, ph }) => name === 'GET /7' && ph === 'b');
    const compact = JSON.stringify(events);
    for (const text of [
      compact,
      JSON.stringify(events, null, 2),
      JSON.stringify(events, null, 1).replaceAll('": ', '" :  '),
      compact.replaceAll('é', '\\u00e9'),
    ]) {
      writeFileSync(file('written.json'), text);
      const id = String(request?.args?.['op.id']);
      const kept = named(await cut(file('written.json'), '--request', id));
      assert.deepEqual(
        kept.filter((name) => !name.startsWith('M')),
        ['X render 7', 'X send 7', 'b GET /7', 'e GET /7'],
      );
    }
  });

  test('keeps whole trees of a sample', async () => {
    const kept = await cut(await server(), '--sample', '1/4');
    const trees = new Map<string, string[]>();
    for (const { name = '', ph } of kept) {
      if (ph === 'M') continue;
      const number = /\d+$/.exec(name)?.[0] ?? '';
      trees.set(number, [...(trees.get(number) ?? []), ph]);
    }
    assert.ok(trees.size > 0 && trees.size < 30, `${trees.size} of 40`);
    for (const [number, phases] of trees) {
      assert.deepEqual(phases.sort(), ['X', 'X', 'b', 'e'], `request ${number}`);
    }
  });

  test('takes slices that say nothing of requests with the outermost one that they lie in', async () => {
    const events = Array.from({ length: 50 }, (_, i) => [
      slice(`outer ${i}`, i * 100, 90),
      slice(`inner ${i}`, i * 100 + 10, 10),
    ]).flat();
    const kept = named(await cut(file('roots.json', events), '--sample', '1/5'));
    const outer = kept.filter((name) => name.startsWith('X outer'));
    assert.ok(outer.length > 0 && outer.length < 40);
    assert.deepEqual(
      kept.filter((name) => name.startsWith('X inner')),
      outer.map((name) => name.replace('outer', 'inner')),
    );
  });
});

describe('tracelane cut by size', () => {
  const many = Array.from({ length: 2_000 }, (_, i) =>
    slice(`call ${i}`, i * 1_000, (i % 100) + 1),
  );

  test('leaves out the shortest calls until the rest fits, and says so', async () => {
    const trace = file('many.json', [process, ...many]);
    const out = file('small.json');
    const { code, stdout } = await tracelane(
      ['cut', trace, '-o', out].concat('--max-size', '40kB'),
    );
    assert.equal(code, 0);
    assert.match(stdout, /calls shorter than [\d.]+ µs left out, to fit into --max-size/);
    const { size } = statSync(out);
    assert.ok(size <= 40_000 && size > 36_000, `${size} bytes`);
    const durations = eventsIn(out).flatMap(({ ph, dur }) => (ph === 'X' ? [dur ?? 0] : []));
    const shortest = Math.min(...durations);
    const longer = many.filter(({ dur }) => dur >= shortest).length;
    assert.equal(durations.length, longer);
    const tooSmall = await tracelane(['cut', trace, '-o', out].concat('--max-size', '0.1kB'));
    assert.equal(tooSmall.code, 2);
    assert.match(tooSmall.stderr, /cannot be made smaller than \d+ bytes/);
  });

  test('counts metadata and what stands beside the events, which is in each file', async () => {
    const trace = file('beside.json');
    const labels = { ...process, name: 'process_labels', args: { labels: 'x'.repeat(5_000) } };
    const otherData = { notes: 'y'.repeat(10_000) };
    writeFileSync(trace, JSON.stringify({ otherData, traceEvents: [process, labels, ...many] }));
    const out = file('beside-less.json');
    const most = await tracelane(['cut', trace, '-o', out, '--max-size', '40kB']);
    assert.equal(most.code, 0, most.stderr);
    const { size } = statSync(out);
    assert.ok(size <= 40_000 && size > 35_000, `${size} bytes`);
    assert.deepEqual(JSON.parse(readFileSync(out, 'utf8')).otherData, otherData);
    const parts = await tracelane(['cut', trace, '-o', out, '--split', '40kB', '--json']);
    const { files } = JSON.parse(parts.stdout) as { files: { file: string; bytes: number }[] };
    for (const part of files) {
      assert.equal(statSync(part.file).size, part.bytes);
      assert.ok(part.bytes <= 40_000, `${part.bytes} bytes`);
    }
    const events = files.flatMap((part) => eventsIn(part.file));
    assert.equal(events.filter(({ ph }) => ph === 'X').length, many.length);
    for (const option of ['--max-size', '--split']) {
      const { code, stderr } = await tracelane(['cut', trace, '-o', out, option, '15kB']);
      assert.equal(code, 2);
      assert.match(stderr, /1[56]\d\d\d bytes/);
    }
  });

  test('splits into files that each open, and hold all events between them', async () => {
    const trace = file('split-me.json', [process, ...many, async('b', 'op', 10, '0x1')]);
    const ended = file('split-me.json', [
      ...[process, ...many, async('b', 'op', 10, '0x1'), async('e', 'op', 1_900_000, '0x1')],
    ]);
    assert.equal(trace, ended);
    const out = file('parts.json');
    const { code, stdout } = await tracelane(['cut', trace, '-o', out, '--split', '50kB']);
    assert.equal(code, 0);
    const parts = [...stdout.matchAll(/^(\S+\.\d+\.json):/gm)].map(([, path = '']) => path);
    assert.ok(parts.length > 2);
    const events = parts.map(eventsIn);
    for (const [i, path] of parts.entries()) {
      assert.ok(statSync(path).size <= 55_000);
      assert.equal(events[i]?.filter(({ ph }) => ph === 'M').length, 1);
      assert.deepEqual(checkText(readFileSync(path, 'utf8')).findings, []);
    }
    const all = events.flat().filter(({ ph }) => ph !== 'M');
    assert.deepEqual(
      named(all),
      named([...many, async('b', 'op', 0, ''), async('e', 'op', 0, '')]),
    );
    assert.deepEqual(named(events[0] as Event[]).slice(-2), ['b op', 'e op']);
  });

  test('makes no profile of a part in which no thread has slices, and says so', async () => {
    const quiet = Array.from({ length: 40 }, (_, i) => [
      async('b', 'op', 10_000 + 10 * i, `${i}`),
      async('e', 'op', 10_005 + 10 * i, `${i}`),
    ]);
    const busy = many.slice(0, 40).map((event, i) => ({ ...event, ts: 100 * i }));
    const later = busy.map((event) => ({ ...event, ts: event.ts + 20_000 }));
    const trace = file('quiet.json', [...busy, ...quiet.flat(), ...later]);
    for (const out of ['quiet.cpuprofile', 'quiet.speedscope.json']) {
      const args = ['cut', trace, '-o', file(out), '--split', '2kB', '--json'];
      const { code, stdout, stderr } = await tracelane(args);
      assert.equal(code, 0, stderr);
      const { files, filesLeftOut } = JSON.parse(stdout);
      assert.ok(files.length > 1 && filesLeftOut.length > 1);
      const name = out.replace('quiet', 'quiet.1');
      assert.equal(files[0].file, file(name));
      for (const { file: path } of files) assert.ok(existsSync(path));
      for (const path of filesLeftOut) {
        assert.ok(!existsSync(path));
        assert.ok(stderr.includes(`${path}: not written: there are no slices of threads`), stderr);
      }
    }
    const out = ['-o', file('none.cpuprofile')];
    const none = await tracelane(['cut', trace, ...out, '--from', '10ms', '--to', '11ms']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /no slices of threads in what is kept of .* Keep more of it/);
    assert.ok(!existsSync(file('none.cpuprofile')));
  });

  test('splits what is in the time that is asked for, and no more: each file has events', async () => {
    const calls = Array.from({ length: 10_000 }, (_, i) => slice(`call ${i}`, 100 * i, 50));
    const trace = file('long.json', [process, slice('around', 0, 1_000_000), ...calls]);
    const out = file('long-part.json');
    const range = ['--from', '500ms', '--to', '510ms'];
    for (const around of [range, ['--around', 'call 5000', '--before', '1ms', '--after', '10ms']]) {
      const args = ['cut', trace, '-o', out, '--split', '2kB', '--json', ...around];
      const { code, stdout, stderr } = await tracelane(args);
      assert.equal(code, 0, stderr);
      const { files } = JSON.parse(stdout) as { files: { file: string; bytes: number }[] };
      assert.ok(files.length > 4 && files.length < 10, `${files.length} files`);
      for (const part of files) {
        assert.ok(part.bytes <= 2200, `${part.bytes} bytes`);
        assert.ok(eventsIn(part.file).some(({ name }) => name?.startsWith('call')));
      }
    }
  });

  test('splits into many files, and says nothing but which', async () => {
    const trace = file('many-parts.json', many);
    const out = file('many.json');
    const { code, stdout, stderr } = await tracelane(['cut', trace, '-o', out, '--split', '5kB']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok((stdout.match(/^\S+\.\d+\.json:/gm) ?? []).length > 12);
  });

  test('splits a trace however short its times are, as simulators count in units of their own', async () => {
    const short = Array.from({ length: 1000 }, (_, i) => slice(`step ${i}`, i / 10, 0.05));
    const trace = file('short.json', short);
    const out = file('short-parts.json');
    const { stdout } = await tracelane(['cut', trace, '-o', out, '--split', '20kB']);
    const parts = [...stdout.matchAll(/^(\S+\.\d+\.json):/gm)].map(([, path = '']) => path);
    assert.ok(parts.length > 2);
    for (const path of parts) assert.ok(statSync(path).size <= 20_000);
    assert.deepEqual(named(parts.flatMap(eventsIn)), named(short));
  });

  test('splits into no file that is the input', async () => {
    for (const [name, size] of [
      ['again.2.json', '50kB'],
      // One that need not be split is written whole.
      ['again.json', '50MB'],
    ] as const) {
      const trace = file(name, many);
      const before = readFileSync(trace, 'utf8');
      const split = ['cut', trace, '-o', file('again.json'), '--split', size];
      const { code, stderr } = await tracelane(split);
      assert.equal(code, 2);
      assert.match(stderr, /again.*json: it cannot be written: it is the same file as .*again/);
      assert.equal(readFileSync(trace, 'utf8'), before);
      assert.equal(existsSync(file('again.1.json')), false);
    }
  });

  test('says which file cannot be made, and leaves nothing of the others', async () => {
    const trace = file('unmade.json', many);
    mkdirSync(file('parts/long.3.json'), { recursive: true });
    const split = ['cut', trace, '-o', file('parts/long.json'), '--split', '50kB'];
    const { code, stderr } = await tracelane(split);
    assert.equal(code, 2);
    assert.match(stderr, /long\.3\.json: it cannot be written: .* regular file/);
    assert.deepEqual(readdirSync(file('parts')), ['long.3.json']);
    const nowhere = await tracelane(['cut', trace, '-o', `${trace}/x.json`]);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /x\.json: it cannot be written: .*Check the path/);
  });
});

describe('tracelane cut of any trace', () => {
  /** Nested slices of two threads as complete events or as pairs, operations, in any order in the file. */
  const anyTrace = fc
    .array(
      fc.record({
        tid: fc.integer({ min: 1, max: 2 }),
        gap: fc.integer({ min: 1, max: 9 }),
        inner: fc.integer({ min: 0, max: 3 }),
        as: fc.constantFrom('X', 'BE', 'be'),
        key: fc.double({ noNaN: true }),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((calls) => {
      let now = 0;
      const kept: { name: string; start: number; end: number }[] = [];
      const events: { event: object; key: number }[] = [];
      for (const [i, { tid, gap, inner, as, key }] of calls.entries()) {
        for (let depth = 0; depth <= inner; depth++) {
          const start = now + gap + depth;
          const end = now + gap + 20 - depth;
          const name = `call ${i}.${depth}`;
          const base = { name, cat: 'c', pid: 1, tid };
          kept.push({ name, start, end });
          if (as === 'X')
            events.push({ event: { ...base, ph: 'X', ts: start, dur: end - start }, key });
          else {
            const id = as === 'be' ? { id: `${i}` } : {};
            const [first = '', last = ''] = as;
            events.push({ event: { ...base, ...id, ph: first, ts: start }, key });
            events.push({ event: { ...base, ...id, ph: last, ts: end }, key });
          }
        }
        now += gap + 21;
      }
      events.sort((a, b) => a.key - b.key);
      return { kept, events: events.map(({ event }) => event), duration: now };
    });

  test('keeps exactly what lasts into the range', async () => {
    const { cutTrace } = await import('#src/reader/cut/cut.js');
    await fc.assert(
      fc.asyncProperty(
        ...[anyTrace, fc.double({ min: 0, max: 1, noNaN: true })],
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        async ({ kept, events, duration }, at, length) => {
          const first = Math.min(...kept.map(({ start }) => start));
          const from = Math.floor(at * duration);
          const to = from + Math.ceil(length * duration);
          const out = file('any-out.json');
          await cutTrace(file('any.json', events), out, { from: from * 1000, to: to * 1000 });
          const expected = kept.filter(
            ({ start, end }) => start <= first + to && end >= first + from,
          );
          const names = eventsIn(out).flatMap(({ name = '', ph }) =>
            'XBb'.includes(ph) ? [name] : [],
          );
          const ends = eventsIn(out).flatMap(({ name = '', ph }) =>
            'XEe'.includes(ph) ? [name] : [],
          );
          const wanted = expected.map(({ name }) => name).sort();
          assert.deepEqual(names.sort(), wanted);
          assert.deepEqual(ends.sort(), wanted);
        },
      ),
      { numRuns: 100 },
    );
  });
});
