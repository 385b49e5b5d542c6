import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { type ReadProblem, readTrace } from 'tracelane/reader';
import { checkFile } from '#src/reader/check/check-file.js';

// Bytes that no writer makes: the messages of other tests cannot hold them.

function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const number = (field: number, value: bigint | number) =>
  Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, ...parts: readonly (Buffer | string)[]) => {
  const held = Buffer.concat(parts.map((part) => Buffer.from(part as Buffer)));
  return Buffer.concat([varint(field * 8 + 2), varint(held.length), held]);
};
const packet = (...fields: readonly Buffer[]) => bytes(1, ...fields);
/** An event of the one thread: 1 a begin, 2 an end, 3 an instant. */
const event = (time: bigint | number, type: number, ...fields: readonly Buffer[]) =>
  packet(number(8, time), number(10, 1), bytes(11, number(9, type), number(11, 2), ...fields));
const thread = packet(bytes(60, number(1, 2), bytes(4, number(1, 7), number(2, 8))));
const name = (text: string) => bytes(23, text);

async function read(...packets: readonly Buffer[]) {
  const problems: ReadProblem[] = [];
  const events: Record<string, unknown>[] = [];
  const file = Readable.from([Buffer.concat([thread, ...packets])]);
  const onProblem = (problem: ReadProblem) => void problems.push(problem);
  for await (const one of readTrace(file, { onProblem })) events.push(one as never);
  return { events, problems };
}

test('A number where a message belongs is an empty message', async () => {
  const nested = bytes(8, number(1, 2), bytes(4, number(1, 2), number(4, 1), number(4, 1)));
  const dictionary = bytes(11, bytes(10, 'c'), number(11, 1), number(11, 1));
  const args = [bytes(4, bytes(10, 'a'), nested), bytes(4, bytes(10, 'b'), dictionary)];
  const { events, problems } = await read(event(1, 3, name('x'), ...args));
  assert.deepEqual(events.at(-1)?.['args'], { a: [[null, null]], b: { c: { '': null } } });
  assert.deepEqual(problems, []);
});

test('An argument that is several kinds of values has the first', async () => {
  const member = bytes(11, bytes(10, 'k'), number(4, 1));
  const item = bytes(12, number(4, 2));
  const args = [
    bytes(4, bytes(10, 'a'), member, item, number(4, 3), member),
    bytes(4, bytes(10, 'b'), item, member, item),
    bytes(4, bytes(10, 'c'), number(4, 3), member, item),
  ];
  const { events, problems } = await read(event(1, 3, name('x'), ...args));
  assert.deepEqual(problems, []);
  assert.deepEqual(events.at(-1)?.['args'], { a: { k: 1 }, b: [2, 2], c: 3 });
});

test('Times beyond what doubles count exactly are still numbers', async () => {
  const clocks = [
    bytes(1, number(1, 6), number(2, 0)),
    bytes(1, number(1, 64), number(2, 0), number(4, 2n ** 64n - 1n)),
  ];
  const snapshot = packet(number(10, 1), bytes(6, ...clocks));
  const far = packet(
    ...[number(8, 2n ** 62n), number(10, 1), number(58, 64)],
    bytes(11, number(9, 3), number(11, 2)),
  );
  const { events, problems } = await read(snapshot, event(2n ** 63n + 4097n, 3), far);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    events.slice(-2).map(({ ts }) => ts),
    [(2 ** 63 + 4096) / 1000, (2 ** 62 * 2 ** 64) / 1000],
  );
});

test('What stands behind a damaged packet is left out, and said to be', async () => {
  const damage = {
    'of an unknown kind': Buffer.alloc(100, 0x0f),
    'longer than packets can be': Buffer.concat([Buffer.from([0x0a]), varint(2n ** 40n)]),
  };
  for (const [what, damaged] of Object.entries(damage)) {
    const whole = Buffer.concat([thread, event(1, 3, name('before')), damaged, Buffer.alloc(100)]);
    const blocks = [whole.subarray(0, 90), whole.subarray(90), event(2, 3, name('behind'))];
    const { events, unread, errors } = await checkFile(Readable.from(blocks));
    assert.equal(events, 1, what);
    assert.deepEqual(unread, { 'damaged packet and all behind it': 1 }, what);
    assert.notEqual(errors, 0, what);
  }
});

test('An event may have many long categories', async () => {
  const long = 'c'.repeat(5000);
  const texts = packet(
    number(10, 1),
    number(13, 1),
    bytes(12, bytes(1, number(1, 1), bytes(2, long))),
  );
  const categories = Array.from({ length: 300 }, () => number(3, 1));
  const { events } = await read(texts, event(1, 3, ...categories));
  assert.equal(events.at(-1)?.['cat'], Array.from({ length: 300 }, () => long).join(','));
});

test('Packed packets may lie in packed ones, but not without end', async () => {
  const packed = (inside: Buffer) => packet(bytes(50, deflateSync(inside)));
  let file = event(1, 3, name('inside'));
  for (let depth = 1; depth <= 4; depth++) file = packed(file);
  const isThere = ({ events }: Awaited<ReturnType<typeof read>>) =>
    events.some((one) => one['name'] === 'inside');
  assert.ok(isThere(await read(file)));
  const tooDeep = packed(file);
  assert.ok(!isThere(await read(tooDeep)));
  const { unread, events } = await checkFile(
    Readable.from([Buffer.concat([thread, tooDeep, event(2, 3, name('behind'))])]),
  );
  assert.deepEqual(unread, { 'compressed_packets that are too deep': 1 });
  assert.equal(events, 1);
});

test('Numbers of processes and threads may be negative', async () => {
  const negative = (value: number) => BigInt.asUintN(64, BigInt(value));
  const odd = packet(
    bytes(60, number(1, 3), bytes(4, number(1, negative(-7)), number(2, negative(-8)))),
  );
  const { events, problems } = await read(
    odd,
    packet(number(8, 5), number(10, 1), bytes(11, number(9, 1), number(11, 3), name('x'))),
    packet(number(8, 6), number(10, 1), bytes(11, number(9, 2), number(11, 3))),
    event(7, 3, name('y')),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    events.map(({ ph, name, pid, tid, ts }) => [ph, name, pid, tid, ts]),
    [
      ['X', 'x', -7, -8, 0.005],
      ['i', 'y', 7, 8, 0.007],
    ],
  );
});

test('An event whose arguments are too long is there without them', async () => {
  const long = 'x'.repeat(1024 * 1024);
  const texts = packet(
    number(10, 1),
    number(13, 1),
    bytes(12, bytes(29, number(1, 1), bytes(2, long))),
  );
  const argument = bytes(4, bytes(10, 'a'), number(17, 1));
  const { events } = await read(
    texts,
    event(1, 3, name('long'), ...Array.from({ length: 80 }, () => argument)),
    event(2, 3, name('short'), argument),
  );
  assert.deepEqual(
    events.map(({ name, args }) => [name, Object.keys(args as object)]),
    [
      ['long', []],
      ['short', ['a']],
    ],
  );
});
