import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTrace } from '../viewers/checker.js';
import { operationsIn, Project, processNames } from './run-traced.js';

const [NODE_MAJOR = 0] = process.versions.node.split('.').map(Number);
const PERMISSION = NODE_MAJOR >= 22 ? '--permission' : '--experimental-permission';

/** Programs whose output would show that something is different. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'looks at what is patched': `
    const { lookup } = require('node:dns');
    const { promisify } = require('node:util');
    const fs = require('node:fs');
    console.log(lookup.name, lookup.length, fs.readFileSync.name, fs.readFileSync.length);
    console.log(promisify(fs.exists) !== promisify(fs.stat), typeof fs.realpathSync.native);
    promisify(lookup)('127.0.0.1').then((found) => console.log(found));
    console.log(Object.keys(fs).length, Object.keys(require('node:net').Socket.prototype).join());`,
  'looks at which functions are async, and which have a prototype': `
    const { inspect, types } = require('node:util');
    const { promises } = require('node:fs');
    const dns = require('node:dns');
    for (const holder of [promises, dns, dns.promises, dns.Resolver.prototype, console]) {
      for (const [name, value] of Object.entries(holder)) {
        if (typeof value === 'function') console.log(name, inspect(value), types.isAsyncFunction(value), 'prototype' in value);
      }
    }`,
  'has no request listeners but its own': `
    const http = require('node:http');
    const server = http.createServer((request, response) => {
      console.log(request.listenerCount('error'), response.listenerCount('error'));
      response.end('x');
      server.close();
    }).listen(0, () => {
      const request = http.get({ port: server.address().port, agent: false });
      console.log(request.listenerCount('error'), request.listenerCount('response'));
      request.on('response', (response) => response.on('data', (data) => console.log(String(data))));
    });`,
  'looks at its requests, with bodies and over HTTP/2': `
    const http = require('node:http');
    const http2 = require('node:http2');
    const look = (emitter) => {
      const { emit } = emitter;
      const shown = Object.keys(emitter).filter((key) => key === 'emit').length;
      return [emit.name, emit.length, shown, emitter.listenerCount('data')].join();
    };
    const server = http.createServer((request, response) => {
      console.log(look(request), look(response), look(server));
      request.on('data', (data) => console.log(String(data)));
      request.on('end', () => response.end('x'));
    });
    const second = http2.createServer((request, response) => {
      console.log(look(request), look(request.stream));
      response.end(JSON.stringify(Object.keys(request.headers).filter((name) => name !== 'traceparent')));
    });
    server.listen(0, () => {
      const { port } = server.address();
      http.request({ port, method: 'POST', agent: false }, (answer) => answer.resume().on('end', () => {
        server.close();
      })).end('body');
    }).on('close', () => second.listen(0, () => {
      const session = http2.connect('http://localhost:' + second.address().port);
      console.log(http2.connect.name, http2.connect.length, session.request.name, session.request.length);
      const stream = session.request();
      console.log(look(stream), Object.keys(session).length);
      stream.on('data', (data) => console.log(String(data))).on('end', () => { session.close(); second.close(); });
    }));`,
  'ends by an error that nobody caught in a handler': `
    const http = require('node:http');
    const server = http.createServer(() => { throw Object.assign(new Error('x'), { stack: 'here' }); })
      .listen(0, () => http.get({ port: server.address().port }).on('error', () => {}));`,
  'leaves a rejection unhandled': `
    require('node:fs').promises.readFile('nothing').catch((error) => { throw new Error(error.code, { cause: 0 }); });
    process.on('unhandledRejection', (reason) => { console.log(reason.message); process.exitCode = 5; });
    require('node:dns').promises.lookup('a name with blanks');`,
  'exits from an exit handler': `
    process.on('exit', (code) => { console.log('exit', code); process.exit(9); });
    process.exitCode = 2;`,
  'gives functions what they do not take': `
    const childProcess = require('node:child_process');
    const dns = require('node:dns');
    const net = require('node:net');
    const text = { toString() { console.log('asked for its text'); throw new Error('has none'); } };
    const calls = [
      (value) => require(value),
      (value) => dns.lookup(value, () => {}),
      (value) => childProcess.execSync(value),
      (value) => childProcess.spawnSync(value),
      (value) => net.connect(value),
      (value) => net.connect({ port: value }),
    ];
    for (const value of [text, Object.create(null), Symbol('x'), 5n, () => {}, 'file:%2F']) {
      for (const call of calls) {
        try { call(value)?.on?.('error', ({ code }) => console.log(code)); } catch ({ code, message }) {
          console.log(code, message);
        }
      }
    }`,
  'has as many listeners as Node takes without a warning, and looks at how many there are': `
    const { spawn } = require('node:child_process');
    const http = require('node:http');
    const http2 = require('node:http2');
    const net = require('node:net');
    const EVENTS = ['spawn', 'exit', 'connect', 'close'];
    const fill = (name, emitter) => {
      const counts = EVENTS.map((event) => emitter.listenerCount(event));
      console.log(name, counts.join());
      counts.forEach((count, i) => {
        for (; count < 8; count++) emitter.on(EVENTS[i], () => {});
      });
      return emitter;
    };
    const end = (emitter, event = 'close') => new Promise((done) => emitter.once(event, () => done()));
    (async () => {
      await end(fill('child', spawn(process.execPath, ['-e', '0'], { env: {} })));
      await end(fill('no child', spawn('no-such-command').on('error', () => {})));
      const server = http.createServer((request, response) => {
        fill('connection', request.socket);
        response.end();
      }).on('upgrade', (request, socket) => fill('upgraded', socket).end()).listen(0, '127.0.0.1');
      await end(server, 'listening');
      const { port } = server.address();
      await end(fill('request', http.get({ port, agent: false }, (answer) => answer.resume())));
      const socket = fill('socket', net.connect(port, '127.0.0.1'));
      socket.end('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\n');
      await end(socket.resume());
      server.close();
      const second = http2.createServer().on('stream', (stream) => {
        fill('stream', stream).respond();
        stream.end();
      }).listen(0);
      await end(second, 'listening');
      const session = http2.connect('http://localhost:' + second.address().port);
      await end(fill('asked', session.request()).resume());
      session.close();
      second.close();
    })();`,
  'prints objects that change when they are printed': `
    const { inspect } = require('node:util');
    let count = 0;
    const counted = { [inspect.custom]: () => 'shown ' + ++count };
    console.log(counted, [counted]);
    console.error(new Proxy(counted, { get: (target, key) => { count += 10; return target[key]; } }));
    console.log('%o', counted);
    console.log(count);`,
  'listens to what Node tells of threads': `
    const { Worker } = require('node:worker_threads');
    const started = [];
    process.on('worker', (worker) => console.log(started.indexOf(worker)));
    for (let i = 0; i < 2; i++) started.push(new Worker('0', { eval: true }));`,
  'counts its listeners and its own properties': `
    console.log(process.listenerCount('exit'), process.listenerCount('warning'));
    console.log(Object.keys(globalThis).join(), require.main === module, module.id);`,
  'patches the same things, and takes its patches back': `
    const http = require('node:http');
    const net = require('node:net');
    const { connect } = net.Socket.prototype;
    const { addRequest } = http.Agent.prototype;
    let calls = 0;
    net.Socket.prototype.connect = function (...args) { calls++; return connect.apply(this, args); };
    http.Agent.prototype.addRequest = function (...args) { calls++; return addRequest.apply(this, args); };
    const server = http.createServer((request, response) => response.end('x')).listen(0, () => {
      http.get({ port: server.address().port }, (response) => {
        response.resume().on('end', () => { server.close(); console.log('end', calls); });
        net.Socket.prototype.connect = connect;
        http.Agent.prototype.addRequest = addRequest;
      });
    });`,
};

describe('a program that is traced with all sources', () => {
  for (const [says, program] of Object.entries(PROGRAMS)) {
    test(`does and says the same where it ${says}`, async () => {
      const project = new Project({ 'program.cjs': program });
      const plain = await project.node(['program.cjs']);
      const traced = await project.run(['--quiet', '--sources', 'all', 'program.cjs']);
      assert.deepEqual(
        [traced.code, traced.signal, traced.stdout, traced.stderr],
        [plain.code, plain.signal, plain.stdout, plain.stderr],
      );
      assert.deepEqual(checkTrace(traced.text), []);
      assert.deepEqual(processNames(traced.events), ['program.cjs']);
    });
  }

  const server = `
    const http = require('node:http');
    const server = http.createServer((request, response) => response.end('x')).listen(0, async () => {
      console.log(await (await fetch('http://localhost:' + server.address().port + '/here')).text());
      server.close();
      server.closeAllConnections();
    });`;

  test('writes by file descriptor into a pipe that nobody reads yet', async () => {
    const project = new Project({
      'program.cjs': `
        const fs = require('node:fs');
        const all = Buffer.alloc(300_000, 'x');
        for (let at = 0; at < all.length; ) at += fs.writeSync(1, all, at);`,
      // A pipe of the shell's: those that Node makes for a child are sockets.
      'pipe.sh': '{ "$@"; echo "code $?" >&2; } | { sleep 0.5; wc -c; }',
    });
    const run = await project.run([
      '--quiet',
      '--',
      'sh',
      'pipe.sh',
      process.execPath,
      'program.cjs',
    ]);
    assert.deepEqual([run.stdout.trim(), run.stderr], ['300000', 'code 0\n']);
  });

  for (const flag of ['--frozen-intrinsics', '--disallow-code-generation-from-strings']) {
    test(`is recorded under ${flag}`, async () => {
      const project = new Project({ 'server.cjs': server });
      const run = await project.run(['--quiet', '--', '--no-warnings', flag, 'server.cjs']);
      assert.deepEqual([run.code, run.stdout], [0, 'x\n']);
      assert.ok(operationsIn(run.events).some(({ name }) => name === 'GET /here'));
    });
  }

  test('is recorded under the permission model where that allows it, and else told why not', async () => {
    const project = new Project({ 'server.cjs': server });
    const read = `--allow-fs-read=${project.folder}`;
    const flags = ['--no-warnings', PERMISSION, read];
    if (NODE_MAJOR >= 25) flags.push('--allow-net');
    const allowed = [...flags, `--allow-fs-write=${project.folder}`, '--allow-worker'];
    const run = await project.run(['--quiet', '--', ...allowed, 'server.cjs']);
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'x\n', '']);
    assert.ok(operationsIn(run.events).some(({ name }) => name === 'GET /here'));
    const denied = await project.run(['--', ...flags.slice(1), 'server.cjs']);
    assert.deepEqual([denied.code, denied.stdout], [0, 'x\n']);
    assert.match(
      denied.stderr,
      /TRACELANE_CANNOT_OPEN.*--allow-fs-write.*This process records nothing/,
    );
    assert.match(denied.stderr, /tracelane: .* no processes/);
  });

  test('is recorded beside what another preload patches, before it and after', async () => {
    const project = new Project({
      'server.cjs': server,
      'patch.cjs': `
        const http = require('node:http');
        const { emit } = http.Server.prototype;
        http.Server.prototype.emit = function (event, ...args) {
          if (event === 'request') console.log('patched', args[0].url);
          return emit.call(this, event, ...args);
        };`,
    });
    for (const args of [['--', '--require', './patch.cjs', 'server.cjs'], ['server.cjs']]) {
      const env = args.length === 1 ? { NODE_OPTIONS: '--require ./patch.cjs' } : {};
      const run = await project.run(['--quiet', ...args], { env });
      assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'patched /here\nx\n', '']);
      assert.equal(operationsIn(run.events).filter(({ name }) => name === 'GET /here').length, 1);
    }
  });
});
