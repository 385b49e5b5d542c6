import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { COMMAND, slice, temporaryFolder, tracelane } from './run-cli.js';

const file = temporaryFolder();
const path = file('trace.json', [slice('a', 0, 1)]);

interface View {
  readonly child: ChildProcess;
  readonly address: URL;
  /** Where the trace is served, for speedscope. */
  readonly trace: string;
  /** What it has printed to standard error by now. */
  readonly errors: () => string;
}

/** Starts the command on a file, and gives the address that it prints. */
async function viewFile(file: string, ...args: string[]): Promise<View> {
  const child = spawn(process.execPath, [COMMAND, 'view', file, '--no-open', ...args]);
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  let output = '';
  for await (const data of child.stdout) {
    output += data;
    const found = /https?:\S+/.exec(output)?.[0];
    if (found === undefined || !output.includes('Ctrl-C')) continue;
    const address = new URL(found);
    const trace = new URLSearchParams(address.hash.slice(1)).get('profileURL') ?? '';
    return { child, address, trace, errors: () => errors };
  }
  throw new Error(`no address in ${output}${errors}`);
}

const view = (...args: string[]): Promise<View> => viewFile(path, ...args);

/** Asks as the page does, until the trace was read. */
async function ask(address: URL, question: object) {
  for (;;) {
    const response = await fetch(new URL('ask', address), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
    });
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    if (response.status === 200) return answer;
    assert.equal(response.status, 202, JSON.stringify(answer));
    await setTimeout(20);
  }
}

/** The exit code, once all output has come. */
async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close');
  return code;
}

/** Asks for the trace, and leaves as soon as some of it has come. */
function leaveEarly(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(address);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    socket.once('readable', () => {
      socket.read(1);
      socket.resetAndDestroy();
      resolve();
    });
    socket.once('error', reject);
  });
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
    const { child, trace } = await view('--speedscope', '--once');
    const end = ended(child);
    assert.deepEqual(await (await fetch(trace)).json(), [slice('a', 0, 1)]);
    assert.equal(await end, 0);
  });

  test('shows a trace in a page of its own, which asks for it', async () => {
    const { child, address } = await view();
    assert.match(await (await fetch(address)).text(), /<div id="tracelane">/);
    const facts = await ask(address, { ask: 'trace' });
    assert.equal(facts['events'], 1);
    assert.equal(facts['name'], 'trace.json');
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
  });

  test('with --once ends when the page was closed', async () => {
    const { child, address } = await view('--once');
    const end = ended(child);
    const closing = new AbortController();
    await fetch(new URL('alive', address), { signal: closing.signal });
    closing.abort();
    assert.equal(await end, 0);
  });

  test('shows what comes through a pipe', async () => {
    const { child, address } = await viewFile('-');
    child.stdin?.end(JSON.stringify([slice('piped', 0, 1, { args: { n: 5 } })]));
    const { name, args } = await ask(address, { ask: 'slice', slice: 0 });
    assert.deepEqual([name, args], ['piped', { n: 5 }]);
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
  });

  const keepsOpenFiles = process.platform === 'win32' && 'an open file cannot be removed';
  test('leaves no copy of a pipe behind, whatever ends it', { skip: keepsOpenFiles }, async () => {
    const folder = file('copies');
    mkdirSync(folder);
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    const { child, address } = await viewFile('-').finally(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    child.stdin?.end(JSON.stringify([slice('piped', 0, 1, { args: { n: 5 } })]));
    assert.deepEqual((await ask(address, { ask: 'slice', slice: 0 }))['args'], { n: 5 });
    child.kill('SIGKILL');
    await ended(child);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('ends by Ctrl-C while it waits for more from a pipe', async () => {
    const { child } = await viewFile('-');
    child.stdin?.write(`[${JSON.stringify(slice('a', 0, 1))},`);
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
  });

  for (const [what, isHeld] of [
    ['to which nobody writes', false],
    ['to which somebody may write', true],
  ] as const) {
    test(`ends by Ctrl-C while it waits for a named pipe ${what}`, async () => {
      const pipe = file(`${isHeld ? 'held' : 'lonely'}.fifo`);
      execFileSync('mkfifo', [pipe]);
      const held = isHeld ? openSync(pipe, 'r+') : undefined;
      const { child, address } = await viewFile(pipe);
      const { status } = await fetch(address);
      assert.equal(status, 200);
      child.kill('SIGINT');
      assert.equal(await ended(child), 0);
      if (held !== undefined) closeSync(held);
    });
  }

  test('shows what comes through a named pipe', async () => {
    const pipe = file('trace.fifo');
    execFileSync('mkfifo', [pipe]);
    const { child, address } = await viewFile(pipe);
    await writeFile(pipe, JSON.stringify([slice('piped', 0, 1, { args: { n: 5 } })]));
    const { name, args } = await ask(address, { ask: 'slice', slice: 0 });
    assert.deepEqual([name, args], ['piped', { n: 5 }]);
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
  });

  test('ends with 2 and a reason where a file is no trace', async () => {
    const { code, stderr } = await tracelane(['view', file('no.json', 'nothing'), '--no-open']);
    assert.equal(code, 2);
    assert.match(stderr, /^tracelane: .*no\.json, byte 0: this is no trace/);
  });

  test('with --follow shows what is added to the file', async () => {
    const growing = file('growing.json', [slice('first', 0, 1)]);
    const { child, address } = await viewFile(growing, '--follow');
    const first = await ask(address, { ask: 'trace' });
    assert.deepEqual([first['events'], first['growing']], [1, true]);
    writeFileSync(growing, JSON.stringify([slice('first', 0, 1), slice('second', 5, 1)]));
    let facts = first;
    while (facts['version'] === first['version']) facts = await ask(address, { ask: 'trace' });
    assert.equal(facts['events'], 2);
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
  });

  test('with --follow shows what child processes have recorded that still run', async () => {
    const live = file('live.json');
    const program = file(
      'lives.mjs',
      `import { createServer, get } from 'node:http';
      const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        setInterval(() => get({ port, path: '/alive' }, (response) => response.resume()), 20);
      });`,
    );
    const left = file('live.part-0000aaaa-1-00000000.json', [slice('of another day', 0, 1)]);
    utimesSync(left, 1, 1);
    const running = spawn(process.execPath, [COMMAND, 'run', '-o', live, program], {
      stdio: 'ignore',
    });
    const { child, address } = await viewFile(live, '--follow');
    const found = async (text: string) => {
      const { hits } = await ask(address, { ask: 'find', text, limit: 1 });
      return JSON.stringify(hits);
    };
    while ((await found('cat:http arg:alive')) === '[]') await setTimeout(50);
    const facts = await ask(address, { ask: 'trace' });
    assert.deepEqual([facts['name'], facts['growing']], ['live.json', true]);
    assert.match(JSON.stringify(facts['tracks']), /lives\.mjs/);
    assert.equal(await found('another'), '[]');
    running.kill('SIGINT');
    await ended(running);
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
  });

  for (const [signal, end] of [
    ['SIGINT', [0, null]],
    ['SIGHUP', [null, 'SIGHUP']],
  ] as const) {
    test(`with --follow leaves nothing behind where ${signal} comes while parts are joined`, async () => {
      const growing = file('joined.json', [slice('a', 0, 1)]);
      const events = new Array(500_000).fill(JSON.stringify(slice('b', 1, 1)));
      file('joined.part-0000aaaa-1-00000000.json', `[${events.join(',\n')}]`);
      const folder = file(`temporary-${signal}`);
      mkdirSync(folder);
      const args = [COMMAND, 'view', growing, '--no-open', '--follow'];
      const env = { ...process.env, TMPDIR: folder };
      const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
      const exit = once(child, 'exit');
      // A draft of the joined file is there.
      const isJoining = () =>
        readdirSync(folder, { recursive: true }).some((name) => String(name).includes('.json.'));
      while (!isJoining() && child.exitCode === null) await setTimeout(5);
      child.kill(signal);
      assert.deepEqual(await exit, end);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  test('with --follow waits for a file that is not there yet, or not any more', async () => {
    const later = file('later.json');
    const { child, address } = await viewFile(later, '--follow');
    writeFileSync(later, JSON.stringify([slice('first', 0, 1)]));
    const first = await ask(address, { ask: 'trace' });
    assert.equal(first['events'], 1);
    rmSync(later);
    writeFileSync(later, JSON.stringify([slice('first', 0, 1), slice('second', 5, 1)]));
    let facts = first;
    while (facts['version'] === first['version']) facts = await ask(address, { ask: 'trace' });
    assert.equal(facts['events'], 2);
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
  });

  test('on a port of choice hands the trace over to the Perfetto UI by a page', async () => {
    const { child, address } = await view('--perfetto', '--port', '0');
    assert.equal(address.hostname, '127.0.0.1');
    assert.match(await (await fetch(address)).text(), /Open in the Perfetto UI/);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  for (const options of [[], ['--perfetto'], ['--speedscope']]) {
    test(`${options.join('')} ends with 2 and a reason where there is no such file`, async () => {
      const { code, stderr } = await tracelane([
        'view',
        file('none.json'),
        '--no-open',
        ...options,
      ]);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^tracelane: .*none\.json:? (cannot be read|it cannot be opened): ENOENT/,
      );
    });
  }

  test('ends with 2 and a reason, and without an address, where a directory is given', async () => {
    const { code, stdout, stderr } = await tracelane(['view', dirname(path), '--no-open']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^tracelane: .*: it is a directory, and a trace is a file\. Give/);
  });

  test('ends with 2, and says what to do, where its port is taken', async () => {
    const { child, address } = await view();
    const { code, stderr } = await tracelane(['view', path, '--no-open', '--port', address.port]);
    assert.equal(code, 2);
    assert.match(stderr, /^tracelane: The trace cannot be shown: port \d+ .* in use by another/);
    child.kill('SIGINT');
    await ended(child);
  });

  for (const [args, reason] of [
    [['-', '--speedscope'], /--speedscope takes a file by its name/],
    [['-', '--follow'], /--follow takes a file by its name/],
    [[path, '--follow', '--perfetto'], /--follow is not for --perfetto/],
    [[path, '--speedscope', '--perfetto'], /cannot be used with/],
  ] as const) {
    test(`refuses ${args
      .slice(0, 3)
      .map((arg) => basename(arg))
      .join(' ')}`, async () => {
      const { code, stderr } = await tracelane(['view', ...args, '--no-open']);
      assert.equal(code, 2);
      assert.match(stderr, reason);
    });
  }
});

describe('tracelane view --once', () => {
  for (const [what, size] of [
    ['a large file', 20_000_000],
    ['a file that fits into the buffers of the connection', 100_000],
  ] as const) {
    test(`ends with 2 where the page leaves before it has all of ${what}`, async () => {
      const text = `[${JSON.stringify(slice('a', 0, 1))}${' '.repeat(size)}]`;
      const { child, trace, errors } = await viewFile(
        file('large.json', text),
        '--speedscope',
        '--once',
      );
      const end = ended(child);
      await leaveEarly(trace);
      assert.equal(await end, 2);
      assert.match(errors(), /^tracelane: The page did not get .*large\.json: /);
    });
  }

  test('ends with 2 where the file has become a named pipe, and does not wait for it', async () => {
    const pipe = file('pipe.json', [slice('a', 0, 1)]);
    const { child, trace, errors } = await viewFile(pipe, '--speedscope', '--once');
    rmSync(pipe);
    execFileSync('mkfifo', [pipe]);
    const end = ended(child);
    assert.equal((await fetch(trace)).status, 404);
    assert.equal(await end, 2);
    assert.match(errors(), /pipe\.json: there is something now that is no regular file/);
  });

  test('ends with 2 where the file has gone', async () => {
    const gone = file('gone.json', [slice('a', 0, 1)]);
    const { child, trace, errors } = await viewFile(gone, '--speedscope', '--once');
    rmSync(gone);
    const end = ended(child);
    await fetch(trace);
    assert.equal(await end, 2);
    assert.match(errors(), /gone\.json: it cannot be opened any more: ENOENT/);
  });
});

describe('tracelane view', () => {
  test('goes on serving when a file was cut while it was sent, says so, and leaves no page waiting', async () => {
    const cut = file('cut.json', `[${JSON.stringify(slice('a', 0, 1))}${' '.repeat(50_000_000)}]`);
    const { child, trace, errors } = await viewFile(cut, '--speedscope');
    const response = await fetch(trace);
    const reader = response.body?.getReader();
    await reader?.read();
    // The rest of it does not fit into the buffers of the connection.
    truncateSync(cut, 1000);
    await assert.rejects(async () => {
      while ((await reader?.read())?.done === false);
    });
    writeFileSync(cut, '[]');
    assert.equal(await (await fetch(trace)).text(), '[]');
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
    assert.match(
      errors(),
      /The page did not get .*cut\.json: the file was cut from 500\d+ to \d+ bytes/,
    );
  });

  const operation = (ph: string, ts: number) => ({ ...slice('op', ts, 0), ph, id: 1 });
  const counter = { ...slice('c', 3, 0), ph: 'C', args: { value: 1 } };
  for (const [says, trace, isEmpty] of [
    ['only operations and counters', [operation('b', 0), operation('e', 5), counter], true],
    ['no events', [], true],
    ['a slice behind many others', [...Array(1000).fill(counter), slice('a', 0, 1)], false],
    ['a begin', [{ ...slice('a', 0, 1), ph: 'B', dur: undefined }], false],
    ['another format, which speedscope may know', '{"shared":{}}', false],
  ] as const) {
    test(`--speedscope ${isEmpty ? 'says first that it shows nothing of' : 'is silent about'} ${says}`, async () => {
      const { child, errors } = await viewFile(file('some.json', trace), '--speedscope');
      child.kill('SIGINT');
      assert.equal(await ended(child), 0);
      if (isEmpty)
        assert.match(errors(), /^speedscope will show nothing: .* Leave out --speedscope/);
      else assert.equal(errors(), '');
    });
  }
});
