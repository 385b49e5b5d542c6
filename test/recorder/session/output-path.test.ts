import assert from 'node:assert/strict';
import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { TraceError, Tracer } from 'tracelane';
import { runProgram } from '../../run-program.js';

const OLD = 'what was there before';

// One of its own for each test; they are removed together, as suites get one, too.
const folders = mkdtempSync(join(tmpdir(), 'path-'));
after(() => rmSync(folders, { recursive: true }));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(folders, 'test-'));
});

/** Records one event into a file, and gives what the file holds then. */
function record(path: string): unknown {
  const tracer = new Tracer(path, { writer: 'inline' }).start();
  tracer.instant('x');
  tracer.stopSync();
  return JSON.parse(readFileSync(tracer.outputFile, 'utf8'));
}

describe('the path of the trace', () => {
  for (const name of [
    '$(touch pwned).json',
    '`touch pwned`; touch pwned & .json',
    `'quotes" and\ttabs\nand lines.json`,
    '-rf --help.json',
    '%%s%%.json',
    'ünï – 界😀.json',
    ' .json ',
  ]) {
    test(`is a name and nothing else: ${JSON.stringify(name)}`, () => {
      record(join(folder, name));
      assert.deepEqual(readdirSync(folder), [name.replaceAll('%%', '%')]);
    });
  }

  test('says by its end how it is packed and in which format it is, in letters of any case', () => {
    const write = (name: string) => {
      const path = join(folder, name);
      const tracer = new Tracer(path, { writer: 'inline' }).start();
      tracer.instant('x');
      tracer.stopSync();
      return readFileSync(path);
    };
    assert.ok(Array.isArray(JSON.parse(gunzipSync(write('a.JSON.GZ')).toString())));
    // The first field of a trace in Perfetto's format: a packet.
    assert.equal(write('b.PFTRACE')[0], 0x0a);
    assert.equal(gunzipSync(write('c.Perfetto-Trace.Gz'))[0], 0x0a);
  });

  test('with a NUL in it is refused when the tracer is made', () => {
    assert.throws(
      () => new Tracer('trace\0.json'),
      (error) => error instanceof TraceError && error.code === 'TRACELANE_BAD_OPTION',
    );
  });

  test('that is a link leads to its target, which is written', () => {
    const target = join(folder, 'target.json');
    const link = join(folder, 'link.json');
    writeFileSync(target, OLD);
    symlinkSync(target, link);
    record(link);
    assert.ok(Array.isArray(JSON.parse(readFileSync(target, 'utf8'))));
    assert.equal(readdirSync(folder).length, 2);
  });

  test('of a file that is there gets a new file: who has the old one open, or by another name, keeps it', () => {
    const path = join(folder, 'trace.json');
    const other = join(folder, 'other.json');
    writeFileSync(path, OLD);
    linkSync(path, other);
    record(path);
    assert.equal(readFileSync(other, 'utf8'), OLD);
  });

  test('is made with the rights that the umask leaves', async () => {
    const run = await runProgram(
      `import { statSync } from 'node:fs';
new Tracer('trace.json').start().stopSync();
console.log((statSync('trace.json').mode & 0o777).toString(8));`,
      { shell: 'umask 027' },
    );
    assert.equal(run.stdout, '640\n');
  });

  test('that leads into a folder of another user is not made up for', (t) => {
    if (process.getuid?.() === 0) return t.skip('root may write anywhere');
    assert.ok(statSync('/').uid === 0);
    assert.throws(
      () => new Tracer('/trace.json').start(),
      /Choose a path that this user may write/,
    );
  });
});
