import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { checkFile } from '#src/reader/check/check-file.js';
import { mergeFiles } from '#src/reader/merge/merge.js';
import { summarize } from '#src/reader/summary/summarize.js';
import { TemporaryFile } from '#src/reader/timeline/temporary-file.js';

const folder = mkdtempSync(join(tmpdir(), 'temporary-'));
after(() => rmSync(folder, { recursive: true }));

/** Where a process sees its open files. */
const DESCRIPTORS = '/proc/self/fd';

/** The temporary files for sorting that this process has open. They have no name any more. */
function openSortFiles(): string[] {
  return readdirSync(DESCRIPTORS)
    .map((descriptor) => {
      try {
        return readlinkSync(join(DESCRIPTORS, descriptor));
      } catch {
        // That by which the folder itself was read is closed by now.
        return '';
      }
    })
    .filter((path) => path.includes('.sort'));
}

/** More than is sorted in memory, of each kind that is sorted. */
const MANY = 270_000;
const SLICE = '{"name":"a","cat":"c","ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"args":{}},\n';
const BEGIN = '{"name":"a","cat":"c","ph":"b","id":1,"ts":1,"pid":1,"tid":1,"args":{}},\n';
const START = '{"name":"a","cat":"c","ph":"s","id":1,"ts":1,"pid":1,"tid":1,"args":{}},\n';

let mostOpen = 0;

/** A trace of so many events that rows have to be put on disk; then its bytes cannot be read. */
async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('[');
  for (const event of [SLICE, BEGIN, START]) yield Buffer.from(event.repeat(MANY));
  yield Buffer.from('{}');
  mostOpen = openSortFiles().length;
  throw new Error('the disk is gone');
}

const SUMMARY = { by: 'name', filter: () => true, top: 1, stretches: 1 } as const;
const GONE = { code: 'TRACELANE_CANNOT_READ', message: /the disk is gone/ };

describe('the temporary files of a large trace', { skip: !existsSync(DESCRIPTORS) }, () => {
  test('are given back when its check fails', async () => {
    await assert.rejects(checkFile(failing()), GONE);
    assert.equal(mostOpen, 3, 'of threads, of async operations and of flows');
    assert.deepEqual(openSortFiles(), []);
  });

  test('are given back when its summary fails', async () => {
    await assert.rejects(summarize(failing(), SUMMARY), GONE);
    assert.equal(mostOpen, 2, 'of threads and of async operations');
    assert.deepEqual(openSortFiles(), []);
  });

  test('are given back when whoever looks at what was found throws', async () => {
    const fail = (): never => {
      throw new Error('enough');
    };
    let open = 0;
    const observer = {
      takeEntry() {},
      takeSuperseded() {},
      beforeTracks() {
        open = openSortFiles().length;
      },
      takeProblem: fail,
      takeSlice: fail,
      takeOperation: fail,
      takeFlowPoint: fail,
    };
    const whole = async function* () {
      yield Buffer.from('[');
      for (const event of [SLICE, BEGIN]) yield Buffer.from(event.repeat(MANY));
      yield Buffer.from(START.replace(',\n', ']'));
    };
    await assert.rejects(checkFile(whole(), { keep: 0, observer }), /enough/);
    assert.equal(open, 2);
    assert.deepEqual(openSortFiles(), []);
  });

  test('say what they are where they cannot be written, or others cut them off', () => {
    const file = new TemporaryFile('.test', 'sorting');
    file.append(Buffer.from('abc'));
    truncateSync(join(DESCRIPTORS, String(file.fd)), 1);
    assert.throws(() => file.read(Buffer.alloc(3), 0), {
      code: 'TRACELANE_CANNOT_READ',
      message: /: it is the temporary file for sorting, and was cut off .* TMPDIR/,
    });
    file.close();
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = join(folder, 'nowhere');
    try {
      assert.throws(() => new TemporaryFile('.test', 'sorting').append(Buffer.from('abc')), {
        code: 'TRACELANE_CANNOT_WRITE',
        message: /: it cannot be written: ENOENT.* temporary file for sorting: .* TMPDIR/,
      });
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    }
  });

  test('are given back when a merge fails at a later file', async () => {
    const [large, broken] = [join(folder, 'large.json'), join(folder, 'broken.json')];
    writeFileSync(large, `[${START.repeat(2 * MANY)}{}]`);
    writeFileSync(broken, 'hello');
    let open = 0;
    const merged = mergeFiles([large, broken], join(folder, 'out.json'), (_, file) => {
      if (file === broken) return;
      open = Math.max(open, openSortFiles().length);
    });
    await assert.rejects(merged, { code: 'TRACELANE_NOT_A_TRACE' });
    assert.equal(open, 1);
    assert.deepEqual(openSortFiles(), []);
  });
});
