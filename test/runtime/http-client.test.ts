import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTrace } from '../viewers/checker.js';
import { isInside, operationsIn, Project } from './run-traced.js';

async function request(client: string, args: readonly string[] = []) {
  const program = `
import http from 'node:http';
import http2 from 'node:http2';
import { once } from 'node:events';
const server = http.createServer(async (request, response) => {
  if (request.url === '/cut') return response.write('a', () => response.destroy());
  response.writeHead(201).write('a');
  setTimeout(() => response.end('b'), 20);
});
await once(server.listen(0), 'listening');
const { port } = server.address();
const address = 'http://localhost:' + port;
${client}
server.close();
server.closeAllConnections();`;
  const run = await new Project({ 'client.mjs': program }).run(['--quiet', ...args, 'client.mjs']);
  assert.deepEqual([run.code, run.stderr], [0, '']);
  assert.deepEqual(checkTrace(run.text), []);
  const all = operationsIn(run.events);
  return { run, all, calls: all.filter(({ name }) => name.includes('→')) };
}

describe('a request that the program makes', () => {
  for (const [how, client] of [
    ['fetch', `await (await fetch(address + '/here?key=secret')).text();`],
    [
      'http.get',
      `const [answer] = await once(http.get(address + '/here?key=secret'), 'response');
       await once(answer.resume(), 'end');`,
    ],
  ] as const) {
    test(`by ${how} lasts to the end of the body, with its connection inside`, async () => {
      const { run, all, calls } = await request(client);
      const [call] = calls;
      assert.equal(calls.length, 1);
      assert.equal(call?.name, 'GET /here → localhost');
      assert.equal(call.args['http.response.status_code'], 201);
      assert.ok(!run.text.includes('secret'));
      const connect = all.find(({ name }) => name.startsWith('connect localhost:'));
      const lookup = all.find(({ name }) => name === 'lookup localhost');
      assert.ok(connect && lookup && isInside(connect, call) && isInside(lookup, connect));
      const first = run.events.find(({ ph, name }) => ph === 'n' && name === 'response headers');
      assert.equal(first?.id, call.id);
      // The body came at least one timer later than the headers.
      assert.ok(call.start < first.ts && first.ts < (call.end ?? 0));
    });
  }

  test('that fails ends with its error', async () => {
    const { calls } = await request(`
      const closed = http.createServer();
      await once(closed.listen(0), 'listening');
      const nobody = 'http://localhost:' + closed.address().port + '/refused';
      closed.close();
      await once(closed, 'close');
      await fetch(nobody).catch(() => {});
      await new Promise((done) => http.get(nobody).on('error', done).on('close', done));
      await new Promise((done) => http.get(address + '/cut').on('error', () => {}).on('close', done));
      const controller = new AbortController();
      const aborted = fetch(address + '/aborted', { signal: controller.signal });
      setTimeout(() => controller.abort(), 5);
      await aborted.then((answer) => answer.text()).catch(() => {});`);
    assert.ok(calls.every(({ end }) => end !== undefined));
    assert.deepEqual(
      calls.slice(0, 2).map(({ name, args }) => [name, args['error.type']]),
      [
        ['GET /refused → localhost', 'ECONNREFUSED'],
        ['GET /refused → localhost', 'ECONNREFUSED'],
      ],
    );
    assert.equal(calls.length, 4);
    assert.ok(calls[3]?.args['error.type'] !== undefined);
  });

  test('shows all headers that it has sent where they are asked for', async () => {
    const { calls } = await request(
      `const late = http.request(address + '/late', { headers: { 'x-first': '1' } });
       late.setHeader('x-late', ['2', '3']);
       await once((await once(late.end(), 'response'))[0].resume(), 'end');
       const listed = http.get(address + '/listed', { headers: ['Host', 'localhost', 'X-Listed', '4'] });
       await once((await once(listed, 'response'))[0].resume(), 'end');
       const headers = [['x-fetched', '5'], ['x-twice', '6'], ['x-twice', '7']];
       await (await fetch(address + '/fetched', { headers })).text();`,
      ['--capture', 'headers'],
    );
    const [late, listed, fetched] = calls.map(
      ({ args }) => args['http.request.headers'] as Record<string, unknown>,
    );
    assert.deepEqual([fetched?.['x-fetched'], fetched?.['x-twice']], ['5', '6, 7']);
    for (const { args } of calls) {
      const received = args['http.response.headers'] as Record<string, unknown>;
      assert.equal(received['transfer-encoding'], 'chunked');
    }
    assert.deepEqual([late?.['x-first'], late?.['x-late']], ['1', ['2', '3']]);
    assert.equal(listed?.['x-listed'], '4');
  });

  test('whose answer is cut ends with its error, and one that the program gives up is aborted', async () => {
    const { calls } = await request(`
      server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: x\\r\\n\\r\\n'));
      const get = (path, listen) => new Promise((done) => {
        http.get(address + path, (answer) => listen(answer.on('error', () => {}))).on('error', () => {}).on('close', done);
      });
      await get('/cut', (answer) => answer.resume());
      await get('/given/up', (answer) => answer.destroy());
      await get('/whole', (answer) => answer.resume());
      await once(http.request(address + '/head', { method: 'HEAD' }, (answer) => answer.resume()).end(), 'close');
      const upgrade = http.get(address + '/upgrade', { headers: { connection: 'upgrade', upgrade: 'x' } });
      const [, socket] = await once(upgrade, 'upgrade');
      socket.resume();`);
    assert.deepEqual(
      calls.map(({ args }) => [args['url.path'], args['error.type']]),
      [
        ['/cut', 'ECONNRESET'],
        ['/given/up', 'aborted'],
        ['/whole', undefined],
        ['/head', undefined],
        ['/upgrade', undefined],
      ],
    );
  });

  test('by which a WebSocket begins ends when the server has agreed to it', {
    skip: typeof WebSocket === 'undefined' && 'this Node has no WebSocket',
  }, async () => {
    const { calls } = await request(`
      const { createHash } = await import('node:crypto');
      server.on('upgrade', ({ headers }, socket) => {
        const key = headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
        const accept = createHash('sha1').update(key).digest('base64');
        socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n' +
          'Sec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
      });
      const one = new WebSocket(address.replace('http', 'ws') + '/chat');
      await new Promise((done) => one.addEventListener('open', done));
      await new Promise((done) => setTimeout(done, 20));
      process.exit();`);
    assert.deepEqual(
      calls.map(({ name, args, end }) => [
        name,
        args['http.response.status_code'],
        end !== undefined,
      ]),
      [['GET /chat → localhost', 101, true]],
    );
  });

  test('whose answer nobody listens to is let go of as without', async () => {
    const { calls } = await request(`await once(http.get(address + '/dropped'), 'close');`);
    assert.deepEqual(
      calls.map(({ name, end }) => [name, end !== undefined]),
      [['GET /dropped → localhost', true]],
    );
  });

  test('over HTTP/2 is seen from both sides, the sending one from Node 22 on', async () => {
    const { all } = await request(`
      const second = http2.createServer((request, response) => response.end('x')).listen(0);
      await once(second, 'listening');
      const session = http2.connect('http://localhost:' + second.address().port);
      const stream = session.request({ ':path': '/things/7?key=secret' }).resume();
      await once(stream, 'close');
      session.close();
      second.close();`);
    const [major = 0] = process.versions.node.split('.').map(Number);
    const names = all
      .filter(({ cat }) => cat === 'http')
      .map(({ name, args }) => [name, args['http.response.status_code']]);
    const sent = ['GET /things/:id → localhost', 200];
    const received = ['GET /things/:id', 200];
    assert.deepEqual(names, major >= 22 ? [sent, received] : [received]);
  });

  test('over HTTP/2 shows its query and its headers where they are asked for, on both sides', async () => {
    const client = `
      const second = http2.createServer((request, response) => {
        response.writeHead(200, { 'x-answer': '1' }).end('x');
      }).listen(0);
      await once(second, 'listening');
      const session = http2.connect('http://localhost:' + second.address().port);
      const stream = session.request({ ':path': '/here?key=value', 'x-mine': '2' }).resume();
      await once(stream, 'close');
      session.close();
      second.close();`;
    const isSent = Number(process.versions.node.split('.')[0]) >= 22;
    const capture = async (what: string) => {
      const { all, run } = await request(client, ['--capture', what]);
      const seen = all.filter(({ cat }) => cat === 'http').map(({ args }) => args);
      assert.equal(seen.length, isSent ? 2 : 1);
      return { seen, run };
    };
    for (const args of (await capture('url-query')).seen) {
      assert.deepEqual([args['url.query'], args['http.request.headers']], ['key=value', undefined]);
    }
    const { seen, run } = await capture('headers');
    for (const args of seen) {
      const sent = args['http.request.headers'] as Record<string, unknown>;
      const received = args['http.response.headers'] as Record<string, unknown>;
      assert.deepEqual([sent['x-mine'], received['x-answer']], ['2', '1']);
    }
    assert.ok(!run.text.includes('key=value'));
  });
});
