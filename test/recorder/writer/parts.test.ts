import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonFraming } from '#src/recorder/format/json-framing.js';
import { endedParts, readEvents } from '#src/recorder/writer/parts.js';

const folder = mkdtempSync(join(tmpdir(), 'parts-'));
after(() => rmSync(folder, { recursive: true }));

const { pid: endedPid } = spawnSync(process.execPath, ['-e', '']);
const event = (i: number) => `{"name":"event ${i}","ph":"i","args":{"text":"ü \\"]}{"}}`;
const whole = (count: number) =>
  `[${Array.from({ length: count }, (_, i) => event(i)).join(',\n')}\n]\n`;

function read(content: string | Buffer): string[] {
  const path = join(folder, 'part');
  writeFileSync(path, content);
  const blocks = Array.from(readEvents(path, jsonFraming), (block) =>
    Buffer.from(block).toString(),
  );
  return blocks.flatMap((block) => block.split(/,?\s*\n\s*,?/).filter((line) => line !== ''));
}

describe('a part of a trace', () => {
  test('is taken over as it is', () => {
    const lines = read(whole(10_000));
    assert.equal(lines.length, 10_000);
    assert.equal(lines[9999], event(9999));
  });

  test('is counted without the lines in it that show nothing any more', () => {
    const events = Buffer.from([1, 2, 3].map((i) => `,\n${event(i)}`).join(''));
    const length = events.length / 3;
    assert.equal(jsonFraming.count(events), 3);
    jsonFraming.blank(events.subarray(length, 2 * length));
    assert.equal(jsonFraming.count(events), 2);
    // The first of a run stands without what comes before an event.
    assert.equal(jsonFraming.count(events.subarray(2)), 1);
  });

  test('that was damaged anywhere gives no line that is no event', () => {
    const bytes = Buffer.from(whole(50));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.nat(bytes.length),
        (damages, length) => {
          const damaged = Buffer.from(bytes);
          for (const [at, byte] of damages) damaged[at] = byte;
          const path = join(folder, 'damaged');
          writeFileSync(path, damaged.subarray(0, length));
          for (const block of readEvents(path, jsonFraming)) {
            const events = JSON.parse(`[${Buffer.from(block).toString()}]`) as unknown[];
            assert.ok(events.every((one) => typeof one === 'object' && one !== null));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('loses what is broken in the first bytes of many, and nothing else', () => {
    const content = Buffer.from(whole(200_000));
    assert.ok(content.length > 8 * 1024 * 1024);
    content.fill(0, 1000, 1010);
    assert.ok(read(content).length >= 199_998);
  });

  test('is a regular file: nothing else of its name is opened', { timeout: 10_000 }, () => {
    const place = join(folder, 'place');
    mkdirSync(place);
    const named = (name: string) => join(place, `trace.part-${endedPid}-${name}.json`);
    writeFileSync(named('file'), whole(1));
    // Of another format than the trace: it stays where it is.
    writeFileSync(named('file').replace('.json', '.pftrace'), '');
    mkdirSync(named('folder'));
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [named('pipe')]);
      symlinkSync(named('file'), named('link'));
      symlinkSync('/dev/zero', named('device'));
    }
    assert.deepEqual(endedParts({ folder: place, prefix: 'trace.part-' }, jsonFraming), [
      named('file'),
    ]);
    for (const name of ['folder', 'pipe', 'link', 'device']) {
      assert.throws(() => [...readEvents(named(name), jsonFraming)], /is no file|no such file/);
    }
  });
});
