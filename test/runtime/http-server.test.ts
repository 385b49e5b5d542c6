import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestNames } from '#src/runtime/request-names.js';
import { ownArguments } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { isInside, type OperationSeen, operationsIn, Project, type Run } from './run-traced.js';

/** Runs a server with its clients in the program, which find `server` and `address` there. */
async function serve(handler: string, clients: string, args: readonly string[] = []): Promise<Run> {
  const program = `
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
const server = http.createServer(${handler});
await once(server.listen(0), 'listening');
const { port } = server.address();
const address = 'http://localhost:' + port;
${clients}
server.close();
server.closeAllConnections();`;
  const run = await new Project({ 'server.mjs': program }).run(['--quiet', ...args, 'server.mjs']);
  assert.deepEqual([run.code, run.stderr], [0, '']);
  assert.deepEqual(checkTrace(run.text), []);
  return run;
}

const byServer = (run: Run) =>
  operationsIn(run.events).filter(({ name, cat }) => cat === 'http' && !name.includes('→'));

describe('a request to a server', () => {
  test('is an operation with its path and its outcome, and no secrets', async () => {
    const run = await serve(
      `(request, response) => { response.statusCode = 404; response.end('nothing'); }`,
      `await fetch(address + '/users/17/posts/abc?token=secret', { headers: { authorization: 'secret' } });`,
    );
    const [request] = byServer(run);
    assert.equal(request?.name, 'GET /users/:id/posts/abc');
    const { 'http.response.size': size, ...args } = request.args;
    assert.ok(typeof size === 'number' && size > 7);
    assert.deepEqual(ownArguments(args), {
      'http.request.method': 'GET',
      'url.path': '/users/17/posts/abc',
      'http.response.status_code': 404,
    });
    assert.ok(!run.text.includes('secret'));
  });

  test('has no size where its connection does not count what it sends', async () => {
    const run = await serve(
      `(request, response) => response.end('x')`,
      `import { Duplex } from 'node:stream';
       const connection = new Duplex({ read() {}, write(chunk, encoding, done) { done(); }, final(done) { this.push(null); done(); } });
       server.emit('connection', connection);
       connection.push('GET /here HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n');
       await once(connection, 'close');`,
    );
    const [request] = byServer(run);
    assert.deepEqual(
      [request?.args['http.response.status_code'], request?.args['http.response.size']],
      [200, undefined],
    );
  });

  test('shows its query and its headers where they are asked for', async () => {
    const run = await serve(
      `(request, response) => response.setHeader('x-set', '1').writeHead(200, { 'X-Given': '2' }).end()`,
      `await fetch(address + '/a?key=value', { headers: { 'x-mine': 'here' } });`,
      ['--capture', 'url-query,headers'],
    );
    const [request] = byServer(run);
    assert.equal(request?.args['url.query'], 'key=value');
    const headers = request.args['http.request.headers'] as Record<string, unknown>;
    assert.equal(headers['x-mine'], 'here');
    const sent = request.args['http.response.headers'] as Record<string, unknown>;
    assert.deepEqual([sent['x-set'], sent['x-given']], ['1', '2']);
  });

  test('shows headers that were given to writeHead() alone', async () => {
    const run = await serve(
      `(request, response) => response.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Given': '3' }).end()`,
      `await fetch(address);`,
      ['--capture', 'headers'],
    );
    const [request] = byServer(run);
    const sent = request?.args['http.response.headers'] as Record<string, unknown>;
    assert.deepEqual([sent['set-cookie'], sent['x-given']], [['a=1', 'b=2'], '3']);
  });

  test('lasts until it is answered, aborted or not, on kept connections and new ones', async () => {
    const run = await serve(
      `async (request, response) => {
        if (request.url === '/never') return;
        if (request.url === '/streamed') {
          response.write('a');
          await sleep(30);
        }
        response.end('b');
      }`,
      `await (await fetch(address + '/streamed')).text();
       await (await fetch(address + '/kept')).text();
       const socket = net.connect(port).end('GET /pipelined/1 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET /pipelined/2 HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n');
       socket.resume();
       await once(socket, 'close');
       const never = net.connect(port);
       never.write('GET /never HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');
       const [, response] = await once(server, 'request');
       never.destroy();
       await once(response, 'close');
       await sleep(10);`,
    );
    const requests = byServer(run);
    assert.deepEqual(
      requests.map(({ name, args }) => [name, args['error.type']]),
      [
        ['GET /streamed', undefined],
        ['GET /kept', undefined],
        ['GET /pipelined/:id', undefined],
        ['GET /pipelined/:id', undefined],
        ['GET /never', 'aborted'],
      ],
    );
    assert.ok(requests.every(({ end }) => end !== undefined));
  });

  test('holds what its handler does, and nothing of requests beside it', async () => {
    const run = await serve(
      `async (request, response) => {
        const { pathname } = new URL(request.url, address);
        if (pathname.startsWith('/inner')) return response.end();
        await sleep(Math.random() * 10);
        await (await fetch(address + '/inner' + pathname)).text();
        await sleep(Math.random() * 10);
        await new Promise((done) => http.get(address + '/inner2' + pathname, (answer) => answer.resume().on('end', done)));
        response.end();
      }`,
      `const paths = Array.from({ length: 60 }, (_, i) => '/outer-' + i.toString(36) + 'x');
       await Promise.all(paths.map((path) => fetch(address + path).then((answer) => answer.text())));`,
    );
    const all = operationsIn(run.events);
    const outer = byServer(run).filter(({ name }) => name.startsWith('GET /outer'));
    assert.equal(outer.length, 60);
    for (const request of outer) {
      const path = String(request.args['url.path']);
      const calls = all.filter((one) => one.name.includes('→') && isInside(one, request));
      // Each call is on the request's track, and it is one of the request's own.
      assert.deepEqual(
        calls.map(({ args }) => args['url.path']),
        [`/inner${path}`, `/inner2${path}`],
      );
    }
  });

  test('is told to go on in itself, also where what came behind it on its connection writes', async () => {
    const run = await serve(
      `(request, response) => {
        if (request.url === '/second') return response.end();
        response.once('drain', () => { console.log('drain'); response.end(); });
        response.write(Buffer.alloc(10_000_000));
      }`,
      `const socket = net.connect(port);
       socket.write('GET /first HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET /second HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n');
       await once(socket.resume(), 'close');`,
      ['--sources', 'http,console'],
    );
    const [first] = byServer(run);
    const drain = run.events.find(({ args }) => args['message'] === 'drain');
    assert.equal(first?.name, 'GET /first');
    assert.equal(drain?.args['op.root'], first.args['op.id']);
  });

  test('that is upgraded lasts as long as its connection, with what is done for that', async () => {
    const run = await serve(
      `(request, response) => response.end()`,
      `server.on('upgrade', (request, socket) => {
        socket.on('data', () => fetch(address + '/inner').then(() => socket.end()));
        socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: WebSocket\\r\\n\\r\\n');
        console.log(Object.keys(socket).includes('emit'), socket.listenerCount('data'));
      });
      const upgrade = http.get(address + '/chat/7?key=secret', { headers: { connection: 'upgrade', upgrade: 'WebSocket' } });
      const [, socket] = await once(upgrade, 'upgrade');
      socket.write('x');
      await once(socket.resume(), 'close');
      server.removeAllListeners('upgrade').emit('upgrade', 'an event of its own');`,
    );
    assert.equal(run.stdout, 'false 1\n');
    const [request, ...others] = byServer(run);
    assert.equal(request?.name, 'GET /chat/:id');
    assert.deepEqual(ownArguments(request.args), {
      'http.request.method': 'GET',
      'url.path': '/chat/7',
      'network.protocol.name': 'websocket',
    });
    assert.deepEqual(
      others.map(({ name }) => name),
      ['GET /inner'],
    );
    const inner = operationsIn(run.events).find(({ name }) => name.startsWith('GET /inner →'));
    assert.ok(inner !== undefined && isInside(inner, request));
    assert.equal(inner.args['op.root'], request.args['op.id']);
  });

  test('is named by the route that the framework has found', async () => {
    const run = await serve(
      `(request, response) => {
        // As express leaves it.
        request.baseUrl = '/api';
        request.route = { path: '/users/:name' };
        response.end();
      }`,
      `await fetch(address + '/api/users/ann');
       await fetch(address + '/api/users/bob');`,
    );
    assert.deepEqual(
      byServer(run).map(({ name, args }) => [name, args['http.route']]),
      Array(2).fill(['GET /api/users/:name', '/api/users/:name']),
    );
  });

  test('is named by the route that fastify tells, also over HTTP/2', async () => {
    const run = await serve(
      `(request, response) => response.end()`,
      `import http2 from 'node:http2';
       import { channel } from 'node:diagnostics_channel';
       const second = http2.createServer((request, response) => {
         // As fastify tells it.
         channel('tracing:fastify.request.handler:start').publish({ route: { url: '/users/:name' } });
         response.end();
       }).listen(0);
       await once(second, 'listening');
       const session = http2.connect('http://localhost:' + second.address().port);
       await once(session.request({ ':path': '/users/bob' }).resume(), 'close');
       session.close();
       second.close();`,
    );
    assert.deepEqual(
      byServer(run).map(({ name, args }) => [name, args['http.route']]),
      [['GET /users/:name', '/users/:name']],
    );
  });

  test('is named by all of its route where that was mounted by id, and an error is answered further out', async () => {
    const run = await serve(
      `(request, response) => {
        // As express leaves it: what it says of the mount is gone outside of the router.
        request.originalUrl = request.url;
        request.baseUrl = request.url.startsWith('/failed') ? '' : '/shops/17';
        request.route = { path: '/users/:name' };
        response.end();
      }`,
      `await fetch(address + '/shops/17/users/ann');
       await fetch(address + '/failed/18/users/bob?x=/y');
       await fetch(address + '/failed/other/bob');`,
    );
    assert.deepEqual(
      byServer(run).map(({ name }) => name),
      ['GET /shops/:id/users/:name', 'GET /failed/:id/users/:name', 'GET /users/:name'],
    );
  });

  test('keeps its mount where an error is answered further out, by any kind of route', async () => {
    const run = await serve(
      `(request, response) => {
        request.originalUrl = request.url;
        request.baseUrl = '';
        request.route = { path: request.headers.route };
        if (request.headers.rewritten) request.url = request.headers.rewritten;
        response.end();
      }`,
      `for (const [path, route, rewritten = ''] of [
        ['/', '/'],
        ['/api', '/'],
        ['/api/?x=1', '/'],
        ['/api/f/a/b', '/f/*'],
        ['/api/f/a/b', '/f/*rest'],
        ['/f/f', '/f/*'],
        ['/api/a/b', '/*'],
        ['/api/users', '/users{/:id}'],
        ['/api/users/7', '/users/:id?'],
        ['/api/Users/7', '/users/:id'],
        ['/en', '/', '/'],
        ['/users/', '/users'],
      ]) await fetch(address + path, { headers: { route, rewritten } });`,
    );
    assert.deepEqual(
      byServer(run).map(({ args }) => args['http.route']),
      ['/', '/api/', '/api/', '/api/f/*', '/api/f/*rest', '/f/*', '/*', '/api/users{/:id}'].concat([
        '/api/users/:id?',
        '/api/users/:id',
        '/',
        '/users',
      ]),
    );
  });

  test('is the current span of its handler, which can add to it', async () => {
    const run = await new Project({
      'server.mjs': `
import http from 'node:http';
import { getGlobalTracer } from ${JSON.stringify(import.meta.resolve('tracelane'))};
const server = http.createServer(async (request, response) => {
  await new Promise(setImmediate);
  const tracer = getGlobalTracer();
  tracer.current().set({ user: 7 });
  await tracer.trace('render', async () => {});
  response.end();
}).listen(0, async () => {
  await fetch('http://localhost:' + server.address().port);
  server.close();
});`,
    }).run(['--quiet', 'server.mjs']);
    const [request] = byServer(run);
    assert.equal(request?.args['user'], 7);
    const render = operationsIn(run.events).find(({ name }) => name === 'render');
    assert.ok(isInside(render as OperationSeen, request));
  });
});

describe('names of requests', () => {
  const names = new RequestNames();
  const name = (target: string) => names.name('GET', names.of(target));

  for (const [target, expected] of [
    ['/', 'GET /'],
    ['/a/1/b/22?c=3', 'GET /a/:id/b/:id'],
    ['/u/0f8fad5b-d9cb-469f-a165-70867728950e', 'GET /u/:id'],
    ['/commit/9fceb02d0ae598e95dc970b74767f19372d61af8', 'GET /commit/:id'],
    ['/reset/eyJhbGciOiJIUzI1NiJ9_abc-DEF', 'GET /reset/:id'],
    ['/deadbeef/facade', 'GET /deadbeef/facade'],
    ['/v2/users', 'GET /v2/users'],
    ['http://user:password@example.com/a/1', 'GET /a/:id'],
    ['*', 'GET *'],
  ] as const) {
    test(`${target} is ${expected}`, () => assert.equal(name(target), expected));
  }
});
