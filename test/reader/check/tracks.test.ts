import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkText } from '#src/reader/check/check.js';
import { checkFile } from '#src/reader/check/check-file.js';
import { summarize } from '#src/reader/summary/summarize.js';
import { slice } from '../../cli/run-cli.js';

const rules = (events: readonly object[]) => [...checkText(JSON.stringify(events)).counts.keys()];
const begin = (ts: number, name = 'b') => ({ ...slice(name, ts, 0), ph: 'B', dur: undefined });
const end = (ts: number, name = 'b') => ({ ...begin(ts, name), ph: 'E' });

async function busy(events: readonly object[]): Promise<number | undefined> {
  const options = { by: 'name', filter: () => true, top: 0, stretches: 10 } as const;
  const { threads } = await summarize(
    Readable.from([Buffer.from(JSON.stringify(events))]),
    options,
  );
  return threads[0]?.busy;
}

describe('slices', () => {
  test('that touch in whole microseconds since 1970 do not overlap', () => {
    const epoch = 1_700_000_000_000_000;
    const beside = Array.from({ length: 100 }, (_, i) => slice('a', epoch + 7 * i, 7));
    const inside = beside.map(({ ts }) => slice('inner', ts + 2, 4));
    assert.deepEqual(rules([...beside, ...inside]), []);
  });

  test('that overlap since 1970 are found', () => {
    const epoch = 1_700_000_000_000_000;
    assert.deepEqual(rules([slice('a', epoch, 7), slice('b', epoch + 6, 7)]), ['slice-overlap']);
  });

  test('of no length are over before the next one begins', () => {
    assert.deepEqual(rules([slice('a', 5, 0), begin(5), end(9)]), ['equal-timestamps']);
  });

  test('that many begins or ends of one moment make are found in no time', () => {
    const pairs = Array.from({ length: 50_000 }, (_, i) => [begin(0, `${i}`), end(0, `${i}`)]);
    const { counts } = checkText(JSON.stringify(pairs.flat()));
    assert.equal(counts.get('zero-length-begin-end'), 50_000);
  });

  test('inside many that are never ended are found in no time', () => {
    const begins = Array.from({ length: 400 }, (_, i) => begin(i));
    const deep = Array.from({ length: 100_000 }, (_, i) => begin(500 + i));
    const inside = Array.from({ length: 100_000 }, (_, i) => slice('a', 200_000 + 2 * i, 1));
    assert.deepEqual(rules([...begins, ...inside]), []);
    assert.deepEqual(rules([...deep, ...inside]), ['slice-depth']);
  });
});

describe('async operations', () => {
  const point = (ph: string, ts: number, name: string) => ({
    ...{ ...slice(name, ts, 0), dur: undefined },
    ph,
    id: '1',
  });

  test('that are open in thousands on one track are ended in no time', () => {
    const begins = Array.from({ length: 50_000 }, (_, i) => point('b', i, 'a'));
    const others = Array.from({ length: 50_000 }, (_, i) => point('e', 60_000 + i, 'other'));
    const { counts } = checkText(JSON.stringify([...begins, ...others]));
    assert.equal(counts.get('async-end-without-begin'), 50_000);
  });

  test('are ended by name, the last begun first', () => {
    const names = [point('b', 0, 'a'), point('b', 1, 'b'), point('e', 2, 'a'), point('e', 3, 'b')];
    assert.deepEqual(rules(names), ['async-overlap']);
    const nested = [point('b', 0, 'a'), point('b', 1, 'a'), point('e', 2, 'a'), point('e', 3, 'a')];
    assert.deepEqual(rules(nested), []);
  });
});

describe('a thread is busy', () => {
  test('for as long as some slice is open, however they overlap', async () => {
    assert.equal(await busy([slice('a', 0, 10), slice('b', 5, 15)]), 20_000);
    assert.equal(await busy([slice('a', 0, 10), slice('b', 20, 5)]), 15_000);
    assert.equal(await busy([slice('a', 0, 10), slice('b', 2, 5), slice('c', 10, 5)]), 15_000);
    assert.equal(await busy([begin(0), slice('a', 2, 3), end(10), slice('c', 20, 1)]), 11_000);
  });

  test('to the end of the trace where a slice is never ended', async () => {
    assert.equal(await busy([slice('a', 0, 5), begin(10), slice('c', 20, 10)]), 25_000);
  });

  test('to the end of the slice around one that is never ended', async () => {
    assert.equal(await busy([slice('a', 0, 10), begin(5), slice('c', 20, 10)]), 20_000);
  });
});

describe('the start of a file', () => {
  const event = JSON.stringify(slice('a', 0, 1));
  const starts = async (...blocks: readonly (string | Buffer)[]) => {
    const input = Readable.from(blocks.map((block) => Buffer.from(block)));
    return (await checkFile(input)).counts.has('container-start');
  };

  test('is looked at whole, wherever the first blocks end', async () => {
    assert.equal(await starts('[', '\n', '{', `${event.slice(1)}]`), false);
    assert.equal(await starts('[{', ' name', ']'), true);
  });

  test('is not recognised behind more white space than Perfetto looks at', async () => {
    assert.equal(await starts(`[${' '.repeat(20)}${event}]`), false);
    assert.equal(await starts(`[${' '.repeat(100)}${event}]`), true);
    assert.equal(await starts(`${' '.repeat(100)}[${event}]`), true);
  });

  test('is that of what is packed', async () => {
    assert.equal(await starts(gzipSync(`[${event}]`)), false);
  });
});

test('a packed trace was cut before it was packed, or after that', async () => {
  const text = `[${JSON.stringify(slice('a', 0, 1))},\n${JSON.stringify(slice('b', 2, 1))}`;
  const found = async (bytes: Buffer) => [
    ...(await checkFile(Readable.from([bytes]))).counts.keys(),
  ];
  assert.deepEqual(await found(gzipSync(text)), ['truncated']);
  const both = ['truncated', 'gzip-truncated'];
  assert.deepEqual(await found(gzipSync(`${text}]`).subarray(0, -20)), both);
});

describe('phases', () => {
  test('that viewers read, or some ignore, are no errors', () => {
    const { errors, counts } = checkText(
      JSON.stringify(['R', 'P'].map((ph, i) => ({ ...slice('a', i, 0), ph, dur: undefined }))),
    );
    assert.equal(errors, 0);
    assert.deepEqual([...counts.keys()], ['ignored-phase']);
  });

  test('by which Chrome writes CPU profiles are read', () => {
    const profile = { ...slice('Profile', 0, 0), ph: 'P', dur: undefined, id: '0x1' };
    const found = rules([profile, { ...profile, name: 'ProfileChunk', ts: 5 }]);
    // speedscope takes a trace that has it for a profile, and for nothing else.
    assert.deepEqual(found, ['name-breaks-viewer']);
  });
});

test('of a rule, those are kept that stand first in the file, on whatever thread', () => {
  const events = Array.from({ length: 60 }, (_, i) => [
    slice('a', 100 * i, 10, { tid: i === 0 ? 1 : (i % 3) + 1 }),
    slice('b', 100 * i + 5, 10, { tid: i === 0 ? 1 : (i % 3) + 1 }),
  ]).flat();
  for (const keep of [1, 3, 7]) {
    const { findings, counts } = checkText(JSON.stringify(events), { keep });
    assert.deepEqual(
      findings.map(({ event }) => event),
      Array.from({ length: keep }, (_, i) => 2 * i + 1),
    );
    assert.equal(counts.get('slice-overlap'), 60);
  }
});
