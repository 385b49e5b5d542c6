import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { COMMAND, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();
const EVENT = '{"name":"a","cat":"c","ph":"X","ts":1,"dur":5,"pid":1,"tid":1,"args":{}}';

const trace = (name: string, text = `[${EVENT}]\n`): string => file(name, text);

describe('what a command writes', () => {
  test('may be what it reads, where it is a repair', async () => {
    const path = trace('same.json', `[${EVENT},`);
    assert.equal((await tracelane(['check', path, '--repair', path])).code, 0);
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), [JSON.parse(EVENT)]);
  });

  test('goes where a link points to', async () => {
    symlinkSync(trace('place.json', 'old'), file('link.json'));
    symlinkSync('nothing-yet.json', file('dangling.json'));
    const dangling = await tracelane(['merge', trace('one.json'), '-o', file('dangling.json')]);
    assert.equal(dangling.code, 0);
    assert.ok(existsSync(file('nothing-yet.json')));
    assert.equal((await tracelane(['merge', trace('one.json'), '-o', file('link.json')])).code, 0);
    assert.ok(lstatSync(file('link.json')).isSymbolicLink());
    assert.equal(JSON.parse(readFileSync(file('place.json'), 'utf8')).length, 1);
  });

  test('has the rights of what was there', async (t) => {
    if (process.platform === 'win32') return t.skip('there are no such rights');
    const path = trace('private.json', `[${EVENT},`);
    chmodSync(path, 0o600);
    assert.equal((await tracelane(['check', path, '--repair', path])).code, 0);
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
  });

  test('is neither standard output nor a folder', async () => {
    for (const place of ['-', '', `${file('out')}/`]) {
      const { code, stderr } = await tracelane(['merge', trace('one.json'), '-o', place]);
      assert.equal(code, 2);
      assert.match(stderr, /cannot be written.*\. Give the name of a file\.$/m);
    }
  });

  test('is told by name, and with what to do, where nobody can look at its place', async () => {
    symlinkSync('loop.json', file('loop.json'));
    for (const command of ['convert', 'merge', 'cut']) {
      const args = [command, trace('one.json'), '-o', file('loop.json')];
      const { code, stderr } = await tracelane(args);
      assert.equal(code, 2);
      assert.match(stderr, /loop\.json: it cannot be written: ELOOP.*Check the path, your rights/);
    }
  });

  test('gets the folders that it needs', async () => {
    const path = file('new/folder/out.json');
    assert.equal((await tracelane(['check', trace('one.json'), '--repair', path])).code, 0);
    assert.ok(existsSync(path));
  });

  test('does not take the place of a folder, or of what is no file', async () => {
    mkdirSync(file('folder'));
    // Stands for devices: the test must not harm those, even if it fails.
    const server = createServer().listen(file('socket'));
    await once(server, 'listening');
    for (const place of [file('socket'), file('folder')]) {
      for (const args of [
        ['merge', trace('one.json'), '-o', place],
        ['check', trace('one.json'), '--repair', place],
      ]) {
        const { code, stderr } = await tracelane(args);
        assert.equal(code, 2);
        assert.match(
          stderr,
          /cannot be written: there is something that is no regular file\. Give another name/,
        );
        assert.ok(!lstatSync(place).isFile());
      }
    }
    server.close();
  });

  test('is not there, not even in part, if Ctrl-C comes before it is whole', async (t) => {
    if (process.platform === 'win32') return t.skip('Ctrl-C cannot be sent to another process');
    const input = trace('long.json', `[${`${EVENT},\n`.repeat(1_000_000)}${EVENT}]`);
    // Nothing of what has to be sorted is written before all was read.
    const cases = [
      { command: 'merge', output: file('merged/out.json'), bytes: 0 },
      { command: 'convert', output: file('read/out.pftrace'), bytes: 0 },
      { command: 'convert', output: file('written/out.pftrace'), bytes: 1 },
      { command: 'convert', output: file('profile/out.speedscope.json'), bytes: 1 },
    ];
    for (const { command, output, bytes } of cases) {
      const child = spawn(process.execPath, [COMMAND, command, input, '-o', output]);
      const exit = once(child, 'exit');
      const folder = dirname(output);
      const drafts = () => (existsSync(folder) ? readdirSync(folder) : []);
      const isBegun = () => drafts().some((name) => lstatSync(join(folder, name)).size >= bytes);
      while (!isBegun() && child.exitCode === null) await setTimeout(5);
      child.kill('SIGINT');
      assert.deepEqual(await exit, [null, 'SIGINT'], output);
      assert.deepEqual(drafts(), []);
    }
  });

  test('leaves no temporary folder if Ctrl-C comes before it is whole', async (t) => {
    if (process.platform === 'win32') return t.skip('Ctrl-C cannot be sent to another process');
    const input = trace('long.json', `[${`${EVENT},\n`.repeat(1_000_000)}${EVENT}]`);
    const env = { ...process.env, TMPDIR: file('temporary') };
    mkdirSync(env.TMPDIR);
    const args = ['report', input, '--from', '0s', '-o', file('long.html')];
    const child = spawn(process.execPath, [COMMAND, ...args], { env });
    const exit = once(child, 'exit');
    while (readdirSync(env.TMPDIR).length === 0 && child.exitCode === null) await setTimeout(5);
    child.kill('SIGINT');
    assert.deepEqual(await exit, [null, 'SIGINT']);
    assert.deepEqual(readdirSync(env.TMPDIR), []);
  });
});
