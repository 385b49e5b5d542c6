import { describe } from 'node:test';
import { runCases } from './checker-cases.js';
import { complete, event, type Fields } from './sample-trace.js';

const begin = (name: string, ts: number, more: Fields = {}) => event('B', name, ts, more);
const end = (name: string, ts: number, more: Fields = {}) => event('E', name, ts, more);

describe('slices of a thread', () => {
  const nested = (levels: number) =>
    Array.from({ length: levels }, (_, i) => complete('level', 1 + i, 2000 - 2 * i));

  runCases([
    {
      rule: 'slice-overlap',
      says: 'a child must not outlive its parent, not by a nanosecond',
      broken: [complete('child', 2, 8.001), complete('parent', 1, 9)],
      at: 0,
      good: [complete('child', 2, 8), complete('parent', 1, 9), complete('next', 10, 1)],
    },
    {
      rule: 'slice-overlap',
      says: 'slices of two threads, or two processes, may overlap',
      broken: [complete('a', 1, 9), complete('b', 2, 9)],
      at: 1,
      good: [
        complete('a', 1, 9),
        complete('b', 2, 9, { tid: 2 }),
        complete('c', 3, 9, { pid: 11 }),
      ],
    },
    {
      rule: 'slice-overlap',
      says: 'sums of decimals are compared as nanoseconds',
      broken: [complete('child', 0.2, 0.101), complete('parent', 0.1, 0.2)],
      at: 0,
      good: [complete('child', 0.2, 0.1), complete('parent', 0.1, 0.2)],
    },
    {
      rule: 'slice-overlap',
      says: 'a span that never ended lies in no finished slice, but may hold some',
      broken: [complete('work', 1, 9), begin('stuck', 2)],
      at: 1,
      good: [complete('work', 3, 9), begin('outer', 1), begin('stuck', 2)],
    },
    {
      rule: 'slice-overlap',
      says: 'begins with their ends nest with complete events',
      broken: [begin('a', 1), complete('b', 2, 9), end('a', 5)],
      at: 1,
      good: [begin('a', 1), complete('b', 2, 3), end('a', 5)],
    },
    {
      rule: 'slice-depth',
      says: 'Perfetto shows 512 levels',
      broken: nested(513),
      at: 512,
      good: nested(512),
    },
    {
      rule: 'equal-timestamps',
      says: 'no two starts or instants of a thread share a timestamp; an end may share one',
      broken: [complete('parent', 1, 9), complete('child', 1, 5)],
      at: 1,
      good: [begin('a', 1), end('a', 5), complete('b', 5, 1), complete('c', 5, 1, { tid: 2 })],
    },
    {
      rule: 'equal-timestamps',
      says: 'an instant has a time of its own',
      broken: [event('i', 'mark', 1, { s: 't' }), begin('stuck', 1)],
      at: 1,
      good: [event('i', 'mark', 1, { s: 't' }), begin('stuck', 1.001)],
    },
    {
      rule: 'end-without-begin',
      says: 'an end needs a begin on its own thread, earlier in time',
      broken: [begin('a', 5), end('a', 4)],
      at: 1,
      good: [begin('a', 5), end('a', 6)],
    },
    {
      rule: 'end-without-begin',
      says: 'an end has the name and category of its begin',
      broken: [begin('a', 1), end('a', 5, { cat: 'db' })],
      at: 1,
      good: [begin('a', 1, { cat: 'db' }), end('a', 5, { cat: 'db' })],
    },
    {
      rule: 'begin-end-mismatch',
      says: 'a begin has its end before that of what is around it',
      broken: [begin('a', 1), begin('b', 2), end('a', 5)],
      at: 1,
      good: [begin('a', 1), begin('b', 2), end('b', 4), end('a', 5)],
    },
    {
      rule: 'zero-length-begin-end',
      says: 'Perfetto sorts the end of an empty span in front of its begin',
      broken: [begin('a', 1), begin('b', 5), end('b', 5), end('a', 6)],
      at: 2,
      good: [begin('a', 1), begin('b', 5), end('b', 5.001), end('a', 6)],
    },
    {
      rule: 'begin-end-interleaved',
      says: 'an end must not come, in the file, behind the begin of another thread',
      broken: [begin('a', 1), begin('b', 2, { tid: 2 }), end('a', 3)],
      at: 2,
      good: [begin('a', 1), end('a', 3), begin('b', 2, { tid: 2 })],
    },
  ]);
});

describe('async events', () => {
  const async = (ph: string, name: string, ts: number, id: unknown = '0x1', more: Fields = {}) =>
    event(ph, name, ts, { id, ...more });
  const span = (name: string, from: number, to: number, id?: unknown, more?: Fields) => [
    async('b', name, from, id, more),
    async('e', name, to, id, more),
  ];

  runCases([
    {
      rule: 'async-fields',
      says: 'a name is required',
      broken: [async('b', '', 1)],
      at: 0,
      good: [async('b', 'a', 1)],
    },
    {
      rule: 'async-id',
      says: 'an id is required, a string or an integer',
      broken: [event('b', 'a', 1)],
      at: 0,
      good: [...span('a', 1, 2, 'request 7'), ...span('a', 1, 2, 7)],
    },
    {
      rule: 'async-id',
      says: 'an id with a fraction is none',
      broken: [async('b', 'a', 1, 1.5)],
      at: 0,
      good: [async('b', 'a', 1, -1)],
    },
    {
      rule: 'async-id',
      says: 'id 0 is no id to DevTools, "0" is',
      broken: [async('b', 'a', 1, 0)],
      at: 0,
      good: [async('b', 'a', 1, '0')],
    },
    {
      rule: 'async-id',
      says: 'an event has id or id2, and a local one belongs to its process',
      broken: [async('b', 'a', 1, 1, { id2: { local: '1' } })],
      at: 0,
      good: [
        event('b', 'a', 1, { id2: { local: '1' } }),
        event('b', 'a', 1, { id2: { local: '1' }, pid: 11 }),
      ],
    },
    {
      rule: 'async-id-shared',
      says: 'operations of two processes that cross have ids of their own',
      broken: [
        async('b', 'a', 1),
        async('b', 'a', 2, '0x1', { pid: 11 }),
        async('e', 'a', 3),
        async('e', 'a', 4, '0x1', { pid: 11 }),
      ],
      at: 2,
      good: [async('b', 'a', 1), async('e', 'a', 3, '0x1', { pid: 11 })],
    },
    {
      rule: 'async-end-without-begin',
      says: 'an end needs a begin of its cat, id and name',
      broken: [async('b', 'a', 1), async('e', 'b', 2)],
      at: 1,
      good: [async('e', 'a', 2), async('b', 'a', 1)],
    },
    {
      rule: 'async-end-without-begin',
      says: 'the number 1 and the string "1" are two ids',
      broken: [async('b', 'a', 1, 1), async('e', 'a', 2, '1')],
      at: 1,
      good: span('a', 1, 2, 1),
    },
    {
      rule: 'async-end-without-begin',
      says: 'another category is another track',
      broken: [async('b', 'a', 1), async('e', 'a', 2, '0x1', { cat: 'db' })],
      at: 1,
      good: [...span('a', 1, 4), ...span('a', 2, 6, '0x1', { cat: 'db' })],
    },
    {
      rule: 'async-overlap',
      says: 'spans of one id nest like a stack',
      broken: [...span('a', 1, 3), ...span('b', 2, 4)],
      at: 1,
      good: [...span('a', 1, 4), ...span('b', 2, 3), ...span('c', 2, 6, '0x2')],
    },
    {
      rule: 'async-instant-outside',
      says: 'an instant lies inside an open span of its cat and id',
      broken: [...span('a', 1, 3), async('n', 'note', 4)],
      at: 2,
      good: [...span('a', 1, 3), async('n', 'note', 2), async('b', 'c', 5), async('n', 'c', 6)],
    },
  ]);
});

describe('flows', () => {
  const slices = [complete('a', 1, 9), complete('b', 21, 9, { tid: 2 })];
  const start = (name: string, ts: number, id: unknown = '0xa1', more: Fields = {}) =>
    event('s', name, ts, { id, ...more });
  const finish = (name: string, ts: number, id: unknown = '0xa1', more: Fields = {}) =>
    event('f', name, ts, { id, bp: 'e', tid: 2, ...more });

  runCases([
    {
      rule: 'flow-id',
      says: 'an id is hexadecimal, or an integer',
      broken: [...slices, start('go', 2, 'request')],
      at: 2,
      good: [...slices, start('go', 2, 'FACE'), start('on', 3, 7), finish('on', 22, 7)],
    },
    {
      rule: 'flow-binding-point',
      says: 'the end binds to the slice around it',
      broken: [...slices, start('go', 2), finish('go', 22, '0xa1', { bp: undefined })],
      at: 3,
      good: [...slices, start('go', 2), finish('go', 22)],
    },
    {
      rule: 'flow-outside-slice',
      says: 'a step lies inside a slice of its thread, of which the end is a part',
      broken: [...slices, start('go', 10.001)],
      at: 2,
      good: [...slices, start('go', 1), event('t', 'go', 10, { id: '0xa1' })],
    },
    {
      rule: 'flow-outside-slice',
      says: 'a span that never ended is a slice, one of another thread is not',
      broken: [...slices, event('B', 'stuck', 40), start('go', 2), finish('go', 41)],
      at: 4,
      good: [...slices, event('B', 'stuck', 40, { tid: 2 }), start('go', 2), finish('go', 41)],
    },
    {
      rule: 'flow-without-start',
      says: 'a flow has a start of its id, cat and name, unless a request came with it; it may lack an end',
      broken: [...slices, finish('go', 22)],
      at: 2,
      good: [...slices, start('go', 2), finish('traceparent', 22, '0xb2')],
    },
    {
      rule: 'flow-started-twice',
      says: 'a flow starts once: 0x10 and 16 are one id',
      broken: [...slices, start('go', 2, '0x10'), start('go', 3, 16)],
      at: 3,
      good: [...slices, start('go', 2, '10'), start('go', 3, 10)],
    },
    {
      rule: 'flow-id-reused',
      says: 'two flows have two ids, even if their names differ',
      broken: [...slices, start('go', 2), start('on', 3)],
      at: 3,
      good: [...slices, start('go', 2), start('on', 3, '0xa2')],
    },
    {
      rule: 'flow-order',
      says: 'a flow starts in time before it ends, wherever the file has it',
      broken: [...slices, start('go', 9), event('t', 'go', 8, { id: '0xa1' })],
      at: 3,
      good: [...slices, finish('go', 22), start('go', 9)],
    },
  ]);
});
