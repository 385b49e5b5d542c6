import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { COMMAND, slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();
const path = file('trace.json', [slice('a', 0, 1)]);

/** Starts the command, and gives the address that it prints. */
async function view(...args: string[]): Promise<{ child: ChildProcess; address: URL }> {
  const child = spawn(process.execPath, [COMMAND, 'view', path, '--no-open', ...args]);
  let output = '';
  for await (const data of child.stdout) {
    output += data;
    const address = /https?:\S+/.exec(output)?.[0];
    if (address !== undefined && output.includes('Ctrl-C'))
      return { child, address: new URL(address) };
  }
  throw new Error(`no address in ${output}`);
}

describe('tracelane view', () => {
  test('prints an address, serves until Ctrl-C, and ends well then', async () => {
    const { child, address } = await view('--speedscope');
    const page = await fetch(new URL('/', address));
    assert.match(await page.text(), /speedscope/);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    await assert.rejects(fetch(address));
  });

  test('with --once ends when the trace was loaded', async () => {
    const { child, address } = await view('--speedscope', '--once');
    const ended = once(child, 'exit');
    const trace = new URLSearchParams(address.hash.slice(1)).get('profileURL') ?? '';
    assert.deepEqual(await (await fetch(trace)).json(), [slice('a', 0, 1)]);
    assert.deepEqual(await ended, [0, null]);
  });

  test('on a port of choice hands the trace over to the Perfetto UI by a page', async () => {
    const { child, address } = await view('--port', '0');
    assert.equal(address.hostname, '127.0.0.1');
    assert.match(await (await fetch(address)).text(), /Open in the Perfetto UI/);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  test('ends with 2 and a reason where there is no such file', async () => {
    const { code, stderr } = await tracelane(['view', file('none.json'), '--no-open']);
    assert.equal(code, 2);
    assert.match(stderr, /^tracelane: .*none\.json cannot be read: ENOENT/);
  });
});
