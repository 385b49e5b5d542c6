import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CallEvent } from '#src/reader/requests/read-calls.js';
import { RequestTimes } from '#src/reader/requests/request-times.js';

function call(start: number, end: number, more: Partial<CallEvent> = {}): CallEvent {
  return {
    ...{ name: 'work', category: 'test', isSlice: true, thread: '1/1', start, end },
    ...{ isUnfinished: false, id: undefined, root: undefined, parent: undefined },
    ...{ span: undefined, caller: undefined, ...more },
  };
}

const request = (id: string, start: number, end: number, more: Partial<CallEvent> = {}) =>
  call(start, end, { name: 'GET /', category: 'http', isSlice: false, id, ...more });

describe('where the time of requests went', () => {
  test('is looked at as long as there are not too many slices on their threads, and it says of how many it was not', () => {
    const times = new RequestTimes(3);
    for (const at of [0, 10, 20]) times.take(call(at, at + 5));
    times.take(request('a', 0, 25));
    times.take(call(30, 35));
    times.take(request('b', 20, 40));
    times.take(request('c', 20, 40, { thread: '1/2' }));
    const { requests, beyondLimit, routes } = times.summary();
    assert.deepEqual([requests, beyondLimit], [3, 1]);
    assert.equal(routes[0]?.time.loop, 15);
    assert.equal(routes[0]?.time.other, 10 + 20);
  });

  test('is not told of a request of which not all is kept', () => {
    const times = new RequestTimes(2);
    times.take(call(0, 5, { root: 'a', thread: '1/3' }));
    times.take(call(10, 15, { root: 'a', thread: '1/3' }));
    times.take(request('a', 0, 20));
    const { beyondLimit, routes } = times.summary();
    assert.equal(beyondLimit, 1);
    assert.equal(routes[0]?.count, 1);
  });

  test('takes no room for slices that lie in others', () => {
    const nested = new RequestTimes(3);
    for (let at = 0; at < 100; at++) nested.take(call(100 - at, 200 + at));
    nested.take(request('a', 0, 1000));
    assert.equal(nested.summary().beyondLimit, 0);
  });
});
