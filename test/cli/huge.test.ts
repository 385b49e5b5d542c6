import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { describe, test } from 'node:test';
import { COMMAND, temporaryFolder } from './run-cli.js';

const file = temporaryFolder();
const EVENTS_A_BLOCK = 10_000;
const REPORT_MEMORY =
  'data:text/javascript,process.on("exit",()=>process.stderr.write(String(process.resourceUsage().maxRSS)))';
/** What keeps a trace in memory cannot run with so little; and V8 lets little garbage lie about. */
const SMALL_HEAP = ['--max-old-space-size=64', '--max-semi-space-size=4'];
/** Less than what the larger trace has more, as text; objects would take many times as much. */
const MEMORY_KIB = 96 * 1024;

/** A trace of nested and async spans, some tens of megabytes for each hundred blocks. */
function writeTrace(name: string, blocks: number): string {
  const path = file(name);
  const fd = openSync(path, 'w');
  writeSync(fd, '[');
  for (let block = 0; block < blocks; block++) {
    const lines = Array.from({ length: EVENTS_A_BLOCK }, (_, i) => {
      const ts = block * EVENTS_A_BLOCK + i;
      const rest = `"cat":"c","ts":${ts},"pid":1,"tid":${1 + (i % 4)},"args":{"i":${i}}}`;
      if (i % 20 === 0) return `{"name":"op","ph":"b","id":"${ts}",${rest}`;
      if (i % 20 === 1) return `{"name":"op","ph":"e","id":"${ts - 1}",${rest}`;
      return `{"name":"span ${i % 50}","ph":"X","dur":${i % 3},${rest}`;
    });
    writeSync(fd, `${block === 0 ? '' : ',\n'}${lines.join(',\n')}`);
  }
  writeSync(fd, ']\n');
  closeSync(fd);
  return path;
}

/** Peak memory of a command, in KiB. */
function memoryOf(...args: string[]): number {
  const { stderr, status } = spawnSync(
    process.execPath,
    [...SMALL_HEAP, '--import', REPORT_MEMORY, COMMAND, ...args],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  assert.equal(status, 0, stderr);
  return Number(stderr);
}

describe('a trace that does not fit into memory', () => {
  const [small, large] = [writeTrace('small.json', 60), writeTrace('large.json', 240)];
  assert.ok(statSync(large).size > 120e6);

  const commands: Readonly<Record<string, readonly string[]>> = {
    check: [],
    summary: [],
    merge: ['-o', file('out.json')],
    cut: ['-o', file('out.json'), '--from', '500ms'],
    convert: ['-o', file('out.pftrace')],
  };
  for (const [command, more] of Object.entries(commands)) {
    test(`takes ${command} no more memory than a smaller one`, () => {
      const first = memoryOf(command, small, ...more);
      const second = memoryOf(command, large, ...more);
      assert.ok(second < first + MEMORY_KIB, `${first} KiB, then ${second} KiB`);
    });
  }
});

describe('one long element of the list', () => {
  const event = (q: string) =>
    `{"name":"e","cat":"c","ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"args":{"q":${q}}}`;
  for (const [what, element] of [
    ['that is no object, and too deep,', `${'['.repeat(5e6)}${']'.repeat(5e6)}`],
    ['that has to be mended', event(`nan,"text":"${'abc '.repeat(25e5)}"`)],
  ] as const) {
    test(`${what} takes a small multiple of its size`, () => {
      const path = file('long.json');
      writeFileSync(path, `[${event('1')},\n${element},\n${event('2')}]`);
      assert.ok(memoryOf('summary', path) < 3 * MEMORY_KIB);
      rmSync(path);
    });
  }
});

describe('an event whose arguments do not fit into memory', () => {
  for (const command of ['check', 'summary']) {
    test(`is passed over by ${command} where it stands`, () => {
      const path = file('event.json');
      const fd = openSync(path, 'w');
      const event = (name: string) =>
        `{"name":"${name}","cat":"c","ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"args":`;
      writeSync(fd, `[${event('long')}{"values":[0`);
      for (let i = 0; i < 100; i++) writeSync(fd, ',{"a":[1,{}]}'.repeat(20_000));
      writeSync(fd, ']}}]');
      closeSync(fd);
      assert.ok(statSync(path).size > 25e6);
      assert.ok(memoryOf(command, path) < 3 * MEMORY_KIB);
      rmSync(path);
    });
  }
});
