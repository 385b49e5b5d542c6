import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { complete, event, sampleEvents, traceText } from './sample-trace.js';
import { importIntoSpeedscope, type SpeedscopeSlice } from './speedscope.js';

/** speedscope subtracts times in doubles: to the picosecond they are what the file has. */
function rounded(slices: readonly SpeedscopeSlice[] = []): SpeedscopeSlice[] {
  const round = (us: number) => Math.round(us * 1e6) / 1e6;
  return slices.map((slice) => ({ ...slice, start: round(slice.start), end: round(slice.end) }));
}

describe('speedscope on the sample trace', () => {
  const importing = importIntoSpeedscope(traceText(sampleEvents));

  test('it makes a profile of each thread, named by process and thread', async () => {
    const profiles = await importing;
    assert.deepEqual(
      profiles.map(({ name }) => name),
      ['app (pid 10), main (tid 1)', 'app (pid 10), worker (tid 2)'],
    );
  });

  test('it nests slices, counts time from the first one, and shows args in the name', async () => {
    const [main, worker] = await importing;
    assert.deepEqual(rounded(main?.slices).slice(0, 3), [
      { name: 'outer {}', start: 0, end: 500.5, depth: 0 },
      { name: 'inner {"rows":3}', start: 99.999, end: 200.249, depth: 1 },
      { name: 'leaf {}', start: 120.499, end: 120.5, depth: 2 },
    ]);
    assert.deepEqual(rounded(worker?.slices), [{ name: 'job {}', start: 0, end: 50, depth: 0 }]);
  });

  test('it ends an unfinished span with the last event, around what ran inside', async () => {
    const [main] = await importing;
    assert.deepEqual(rounded(main?.slices).slice(3), [
      { name: 'stuck {"on":"lock"}', start: 599.999, end: 709.999, depth: 0 },
      { name: 'poll {}', start: 699.999, end: 709.999, depth: 1 },
    ]);
  });
});

describe('speedscope', () => {
  test('it names a thread by its numbers when the file has no name for it', async () => {
    const [profile] = await importIntoSpeedscope(traceText([complete('work', 1, 2)]));
    assert.equal(profile?.name, 'pid 10, tid 1');
  });

  test('it shows nothing of an unfinished span that began last', async () => {
    const [profile] = await importIntoSpeedscope(
      traceText([complete('work', 1, 2), event('B', 'stuck', 5)]),
    );
    assert.deepEqual(profile?.slices, [{ name: 'work {}', start: 0, end: 2, depth: 0 }]);
  });

  test('it has no profile for async events', async () => {
    const profiles = await importIntoSpeedscope(
      traceText([event('b', 'load', 1, { id: '0x1' }), event('e', 'load', 2, { id: '0x1' })]),
    );
    assert.deepEqual(profiles, []);
  });

  test('it runs equal calls into one when the second starts as the first ends', async () => {
    const [profile] = await importIntoSpeedscope(
      traceText([complete('work', 1, 2), complete('work', 3, 2), complete('work', 5.001, 2)]),
    );
    assert.deepEqual(rounded(profile?.slices), [
      { name: 'work {}', start: 0, end: 4, depth: 0 },
      { name: 'work {}', start: 4.001, end: 6.001, depth: 0 },
    ]);
  });

  test('it opens a file without its closing bracket', async () => {
    const [profile] = await importIntoSpeedscope(traceText([complete('work', 1, 2)]).slice(0, -2));
    assert.equal(profile?.slices.length, 1);
  });

  test('it draws no slice when an event has the name of a sampled profile', async () => {
    const hidden = await importIntoSpeedscope(
      traceText([complete('work', 1, 9), complete('Profile', 2, 3)]),
    );
    assert.deepEqual(
      hidden.flatMap(({ slices }) => slices),
      [],
    );
    await assert.rejects(
      importIntoSpeedscope(traceText([complete('work', 1, 9), complete('CpuProfile', 2, 3)])),
      /speedscope cannot read the trace/,
    );
  });

  test('it rejects what is no trace', async () => {
    await assert.rejects(importIntoSpeedscope('no trace'), /does not recognise/);
    await assert.rejects(importIntoSpeedscope('[]'), /does not recognise/);
  });
});
