import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setGlobalTracer, Tracer } from 'tracelane';

const folder = mkdtempSync(join(tmpdir(), 'tracelane-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function instantsIn(tracer: Tracer): number {
  const events = JSON.parse(readFileSync(tracer.outputFile, 'utf8')) as { ph: string }[];
  return events.filter(({ ph }) => ph === 'i').length;
}

function record(tracer: Tracer, count: number): void {
  for (let i = 0; i < count; i++) tracer.instant('tick');
}

describe('stop()', () => {
  for (const writer of ['thread', 'inline'] as const) {
    test(`that is not awaited is waited for by stopSync() (writer: ${writer})`, async () => {
      const tracer = new Tracer(join(folder, `sync-${writer}.json`), { writer }).start();
      record(tracer, 1000);
      const stopping = tracer.stop();
      const stats = tracer.stopSync();
      assert.equal(stats.events, 1000);
      assert.equal(instantsIn(tracer), 1000);
      assert.deepEqual(await stopping, stats);
      assert.deepEqual(await tracer.stop(), stats);
    });

    test(`of a recording that is not over leaves alone the next one (writer: ${writer})`, async () => {
      const tracer = new Tracer(join(folder, `%n-${writer}.json`), { writer }).start();
      record(tracer, 100);
      const first = tracer.stop();
      tracer.start();
      record(tracer, 2000);
      const second = tracer.stop();
      assert.equal((await first).events, 100);
      // Whoever asks while the second one ends, gets that.
      assert.equal((await tracer.stop()).events, 2000);
      assert.equal(instantsIn(tracer), 2000);
      assert.equal((await second).events, 2000);
      assert.equal(tracer.stats().events, 2000);
    });

    test(`of an earlier recording does not hide the numbers of one that was stopped at once (writer: ${writer})`, async () => {
      const tracer = new Tracer(join(folder, `%n-at-once-${writer}.json`), { writer }).start();
      record(tracer, 100);
      const first = tracer.stop();
      tracer.start();
      record(tracer, 3);
      assert.equal(tracer.stopSync().events, 3);
      assert.equal((await first).events, 100);
      assert.equal(tracer.stats().events, 3);
    });
  }
});

test('a tracer that is not enabled takes no number of a recording, also where it is the global one', () => {
  const path = join(folder, 'disabled-%n.json');
  const disabled = new Tracer(path, { enabled: false });
  setGlobalTracer(disabled.start());
  disabled.instant('nothing');
  setGlobalTracer(undefined);
  const tracer = new Tracer(path).start();
  tracer.stopSync();
  const before = Number(/disabled-(\d+)\.json$/.exec(tracer.outputFile)?.[1]);
  setGlobalTracer(new Tracer(path, { enabled: false }));
  setGlobalTracer(undefined);
  tracer.start().stopSync();
  assert.equal(Number(/disabled-(\d+)\.json$/.exec(tracer.outputFile)?.[1]), before + 1);
});
