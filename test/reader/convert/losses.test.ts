import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { convertTrace } from '#src/reader/convert/convert.js';
import { cutTrace } from '#src/reader/cut/cut.js';
import { slice, temporaryFolder } from '../../cli/run-cli.js';
import { readPackets } from '../../perfetto/messages.js';

const file = temporaryFolder();

async function leftOut(
  events: readonly unknown[],
  to = 'pftrace',
): Promise<Readonly<Record<string, number>>> {
  return (await convertTrace(file('in.json', events), file(`out.${to}`))).leftOut;
}

/** Where a flow ends: nanoseconds from what comes before on its thread. */
async function endsOf(events: readonly unknown[]): Promise<number[]> {
  await convertTrace(file('flow.json', events), file('flow.pftrace'));
  const ends: number[] = [];
  for (const packet of readPackets(readFileSync(file('flow.pftrace')))) {
    const event = packet.trackEvent as { terminatingFlowIds?: unknown[] } | undefined;
    if ((event?.terminatingFlowIds ?? []).length > 0) ends.push(Number(packet.timestamp ?? 0));
  }
  return ends;
}

describe('what a conversion to .pftrace leaves out', () => {
  test('are ends of slices where more than 1,000 overlap', async () => {
    const events = Array.from({ length: 1003 }, (_, i) => slice('a', i, 2000));
    assert.deepEqual(await leftOut(events), {
      'slices whose end was cut, as they overlap too many others': 3,
    });
  });

  test('are counters without values', async () => {
    const events = [undefined, {}, [1], 5].map((args) => ({ ...slice('c', 1, 0), ph: 'C', args }));
    assert.deepEqual(await leftOut(events), { 'counters without values': 4 });
  });

  test('is what stands beside the events and is no JSON; a cut leaves it out, too, and says so', async () => {
    const broken = `{"traceEvents":${JSON.stringify([slice('a', 0, 1)])},"m":ms}`;
    writeFileSync(file('broken.json'), broken);
    const beside = { "what stands beside the events as 'm'": 1 };
    const converted = await convertTrace(file('broken.json'), file('whole.json'));
    assert.deepEqual(converted.leftOut, beside);
    const { files } = await cutTrace(file('broken.json'), file('cut.json'), {});
    assert.deepEqual(files[0]?.leftOut, beside);
  });

  test('are events of async operations without an id', async () => {
    const events = [{ ph: 'b', name: 'a', pid: 1, tid: 1, ts: 1 }];
    assert.deepEqual(await leftOut(events), { "events 'b' without an id": 1 });
  });
});

describe('the end of a flow', () => {
  const events = [
    slice('from', 0, 10),
    { ...slice('flow', 5, 0), ph: 's', id: 1 },
    slice('around', 0, 100, { tid: 2 }),
    slice('next', 30, 5, { tid: 2 }),
  ];
  const end = (more: object) => ({ ...slice('flow', 20, 0, { tid: 2 }), ph: 'f', id: 1, ...more });

  test('without bp "e" is at the next slice of its thread', async () => {
    assert.deepEqual(await endsOf([...events, end({})]), [30_000]);
    assert.deepEqual(await endsOf([...events, end({ ts: 30 })]), [30_000]);
  });

  test('with bp "e" is at the slice around it', async () => {
    assert.deepEqual(await endsOf([...events, end({ bp: 'e' })]), [0]);
  });

  test('is a moment where no slice follows', async () => {
    assert.deepEqual(await endsOf([...events, end({ ts: 50 })]), [15_000]);
  });
});

describe('other outputs', () => {
  test('say which elements of the list they left out of a trace in the same format', async () => {
    assert.deepEqual(await leftOut([slice('a', 1, 1), 5, 'x'], 'json'), {
      'elements of the list that are no events': 2,
    });
  });

  test('say what a profile has no place for', async () => {
    const events = [
      { ...slice('a', 1, 0, { args: { x: 1 } }), ph: 'B' },
      { ...slice('a', 9, 0, { args: { y: 1 } }), ph: 'E' },
      slice('b', 2, 1, { bind_id: '1', flow_out: true, tts: 5, own: 1 }),
      { ph: 'M', name: 'process_name', pid: 1, tid: 1, ts: 0, args: { name: 'p' } },
    ];
    const expected = {
      arguments: 2,
      'points of flows': 1,
      "fields 'tts' of events": 1,
      "fields 'own' of events": 1,
      'metadata but names of threads': 1,
    };
    assert.deepEqual(await leftOut(events, 'speedscope.json'), expected);
    assert.deepEqual(await leftOut(events, 'cpuprofile'), expected);
  });

  test('name threads whose events have no tid', async () => {
    const events = [
      { ph: 'M', name: 'thread_name', pid: 6, args: { name: 'six' } },
      { ph: 'X', name: 'b', pid: 6, ts: 1, dur: 3 },
    ];
    await leftOut(events, 'speedscope.json');
    assert.match(readFileSync(file('out.speedscope.json'), 'utf8'), /"name":"six \(6\//);
  });

  test('may have endings in capitals, and one packing only', async () => {
    await leftOut([slice('a', 1, 1)], 'PFTRACE');
    assert.notEqual(readFileSync(file('out.PFTRACE'), 'latin1')[0], '[');
    await leftOut([slice('a', 1, 1)], 'json.GZ');
    assert.equal(readFileSync(file('out.json.GZ'))[0], 0x1f);
    await assert.rejects(leftOut([slice('a', 1, 1)], 'pftrace.gz.zst'), {
      code: 'TRACELANE_CANNOT_WRITE',
      message: /packed twice/,
    });
  });
});
