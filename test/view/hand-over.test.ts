import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type HandOverOptions, handOver, type TraceServer } from '#src/view/server/hand-over.js';
import { temporaryFolder } from '../cli/run-cli.js';
import { send } from './send.js';

const file = temporaryFolder();
const CONTENT = '[{"name":"a","ph":"i","ts":1,"pid":1,"tid":1,"s":"t","cat":"c","args":{}}]\n';
const UI = 'https://ui.perfetto.dev';

const ask = (port: number, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  send(port, path, { headers, method });

/** Port of the server, and the path of the trace in it. */
function placeOf({ address }: TraceServer): { port: number; trace: string } {
  const shown = new URL(address);
  const fragment = shown.hash.replace(/^#!?\/?\??/, '');
  const query = new URLSearchParams(fragment);
  const trace = new URL(query.get('url') ?? query.get('profileURL') ?? 'http://none');
  return { port: Number(trace.port), trace: trace.pathname };
}

async function withServer<T>(
  options: Partial<HandOverOptions>,
  use: (server: TraceServer, place: { port: number; trace: string }) => Promise<T>,
): Promise<T> {
  const path = file('a trace.json', CONTENT);
  const server = await handOver({ file: path, viewer: 'speedscope', speedscope, ...options });
  try {
    return await use(server, placeOf(server));
  } finally {
    await server.close();
  }
}

const folder = file('speedscope');
mkdirSync(folder);
file('speedscope/index.html', '<!doctype html>the page');
file('speedscope/code.js', 'the code');
const speedscope = pathToFileURL(`${folder}/`);

describe('the server that hands a trace over', () => {
  test('serves the file, and the files of the viewer', () =>
    withServer({}, async ({ served }, { port, trace }) => {
      const answer = await ask(port, trace);
      assert.deepEqual([answer.status, answer.body], [200, CONTENT]);
      assert.equal(answer.headers['content-length'], String(CONTENT.length));
      assert.equal(answer.headers['cache-control'], 'no-store');
      await served;
      assert.equal((await ask(port, '/')).body, '<!doctype html>the page');
      const code = await ask(port, '/code.js');
      assert.equal(code.headers['content-type'], 'text/javascript; charset=utf-8');
    }));

  test('serves nothing else, whatever path is asked for', () =>
    withServer({}, async (_server, { port, trace }) => {
      const [, token] = trace.split('/');
      const paths = [
        '/a%20trace.json',
        `/${token}`,
        `/${token}/`,
        `/${token}/../${token}/a%20trace.json`,
        '/../../etc/passwd',
        '/%2e%2e/%2e%2e/etc/passwd',
        '//etc/passwd',
        '/index.html',
      ];
      for (const path of paths) assert.equal((await ask(port, path)).status, 404, path);
    }));

  test('has another path each time', async () => {
    const traces = new Set<string>();
    for (let i = 0; i < 3; i++) {
      await withServer({}, async (_server, { trace }) => traces.add(trace));
    }
    assert.equal(traces.size, 3);
    for (const trace of traces) assert.match(trace, /^\/[0-9a-f]{32}\/a%20trace\.json$/);
  });

  test('answers to names of this machine only', () =>
    withServer({}, async (_server, { port, trace }) => {
      const status = async (host: string) => (await ask(port, trace, { host })).status;
      assert.equal(await status(`localhost:${port}`), 200);
      for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:1`]) {
        assert.equal(await status(host), 403, host);
      }
    }));

  test('answers to pages of its own only, and for Perfetto to its UI', async () => {
    const answerTo = (port: number, trace: string, origin: string) => ask(port, trace, { origin });
    await withServer({}, async (_server, { port, trace }) => {
      assert.equal((await answerTo(port, trace, `http://127.0.0.1:${port}`)).status, 200);
      for (const origin of ['https://evil.example', UI, 'null', `http://127.0.0.1:1`]) {
        const { status, headers } = await answerTo(port, trace, origin);
        assert.equal(status, 403, origin);
        assert.equal(headers['access-control-allow-origin'], undefined);
      }
    });
  });

  test('lets no other method pass', () =>
    withServer({}, async (_server, { port, trace }) => {
      for (const method of ['POST', 'PUT', 'DELETE']) {
        assert.equal((await ask(port, trace, {}, method)).status, 405);
      }
      const head = await ask(port, trace, {}, 'HEAD');
      assert.deepEqual([head.status, head.body], [200, '']);
    }));

  test('listens on loopback only', () =>
    withServer({}, async (_server, { port }) => {
      const others = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ family, internal }) => family === 'IPv4' && !internal)
        .map(({ address }) => address);
      // Who listens on all addresses listens on these, too, also on a machine without a network.
      for (const address of ['127.0.0.2', '::1', ...others]) {
        const connected = await new Promise<boolean>((resolve) => {
          const socket = createConnection({ host: address, port, timeout: 1000 });
          const settle = (open: boolean) => {
            socket.destroy();
            resolve(open);
          };
          socket.once('connect', () => settle(true));
          socket.once('error', () => settle(false));
          socket.once('timeout', () => settle(false));
        });
        assert.equal(connected, false, address);
      }
    }));

  test('sends a large file whole', async () => {
    const large = `[${'{"name":"event"},\n'.repeat(1_000_000)}{}]`;
    await withServer({ file: file('large.json', large) }, async ({ served }, { port, trace }) => {
      assert.equal((await ask(port, trace)).body.length, large.length);
      await served;
    });
  });
});

test('a page is told that the connection is closed behind the file, and waited for until it has closed it', () =>
  withServer({}, async ({ served }, { port, trace }) => {
    let isServed = false;
    const whenServed = served.then(() => {
      isServed = true;
    });
    const page = createConnection({ host: '127.0.0.1', port, allowHalfOpen: true });
    page.write(`GET ${trace} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    let answer = '';
    // What is not told so, browsers keep for later requests, and do not look at it meanwhile.
    page.on('data', (bytes) => {
      answer += bytes;
    });
    await once(page, 'end');
    assert.match(answer, /\r\nconnection: close\r\n/i);
    assert.ok(answer.endsWith(CONTENT));
    await setTimeout(100);
    assert.equal(isServed, false);
    page.end();
    await whenServed;
  }));

describe('for the Perfetto UI', () => {
  // Its one port may be in use by somebody else on this machine.
  const blocker = createServer();
  let mine = false;
  before(async () => {
    mine = await new Promise((resolve) => {
      blocker.once('error', () => resolve(false));
      blocker.listen(9001, '127.0.0.1', () => resolve(true));
    });
    if (mine) await new Promise((resolve) => blocker.close(resolve));
  });
  after(() => blocker.close());

  test('the address is that of the UI, which fetches the file', async (t) => {
    if (!mine) return t.skip('port 9001 is in use');
    return withServer({ viewer: 'perfetto' }, async ({ address }, { port, trace }) => {
      assert.ok(address.startsWith(`${UI}/#!/?url=http%3A%2F%2F127.0.0.1%3A9001%2F`), address);
      const { status, headers, body } = await ask(port, trace, { origin: UI });
      assert.deepEqual([status, body], [200, CONTENT]);
      assert.equal(headers['access-control-allow-origin'], UI);
    });
  });

  test('a preflight from the UI is answered, and from others refused', async (t) => {
    if (!mine) return t.skip('port 9001 is in use');
    return withServer({ viewer: 'perfetto' }, async (_server, { port, trace }) => {
      const asked = { 'access-control-request-private-network': 'true' };
      const { status, headers } = await ask(port, trace, { ...asked, origin: UI }, 'OPTIONS');
      assert.equal(status, 204);
      assert.equal(headers['access-control-allow-origin'], UI);
      assert.equal(headers['access-control-allow-private-network'], 'true');
      const evil = { ...asked, origin: 'https://evil.example' };
      assert.equal((await ask(port, trace, evil, 'OPTIONS')).status, 403);
    });
  });

  test('a page hands the file over where its port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(mine ? 9001 : 0, '127.0.0.1', resolve));
    try {
      const path = file('<!--<script>.json', CONTENT);
      const server = await handOver({ file: path, viewer: 'perfetto' });
      try {
        const { port, pathname } = new URL(server.address);
        assert.notEqual(port, '9001');
        assert.match(pathname, /^\/[0-9a-f]{32}\/$/);
        assert.equal((await ask(Number(port), '/')).status, 404);
        const { body, headers } = await ask(Number(port), pathname);
        assert.match(body, /postMessage\('PING', PERFETTO\)/);
        assert.equal(body.match(/<script|<!--/g)?.length, 1);
        assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      } finally {
        await server.close();
      }
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});

describe('what cannot be shown is refused with a reason:', () => {
  test('a file that is not there', async () => {
    await assert.rejects(handOver({ file: file('none.json'), viewer: 'speedscope', speedscope }), {
      code: 'TRACELANE_CANNOT_READ',
      message: /none\.json cannot be read: ENOENT/,
    });
  });

  test('a port that was asked for and is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const path = file('trace.json', CONTENT);
    await assert.rejects(handOver({ file: path, viewer: 'speedscope', speedscope, port }), {
      code: 'TRACELANE_CANNOT_SERVE',
      message: /^The trace cannot be shown: port \d+ .* is in use .* Give another --port/,
    });
    await new Promise((resolve) => other.close(resolve));
  });
});
