import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsOf, offline, rootOf, runTraced } from './client-program.js';

/** Clients of HTTP that are not part of Node. */

test('undici: what listens to a body belongs to who has asked, and not to who has opened the connection', {
  skip: offline,
}, async () => {
  const run = await runTraced(
    'cjs',
    `const { createServer } = require('node:http');
    const { Writable } = require('node:stream');
    const { Client } = require('undici');
    const server = createServer((request, response) => {
      response.write('one');
      setTimeout(() => response.end('two'), 10);
    });
    const path = '/', method = 'GET';
    server.listen(0, '127.0.0.1', async () => {
      const client = new Client('http://127.0.0.1:' + server.address().port);
      const asked = [
        async (told) => { for await (const part of (await client.request({ path, method })).body) told(); },
        (told, done) => client.request({ path, method }, (error, { body }) => {
          body.on('data', told).on('end', told).on('end', done);
        }),
        (told, done) => client.stream({ path, method }, () => {
          return new Writable({ write(part, encoding, then) { told(); then(); } });
        }, done),
      ];
      for (const [i, ask] of asked.entries()) {
        await tracer.trace('request ' + i, () => {
          const told = () => tracer.instant('answer ' + i);
          return ask.length === 1 ? ask(told) : new Promise((done) => ask(told, done));
        });
      }
      await client.close();
      server.close(() => console.log('closed'));
    });`,
    ['--sources', 'http'],
  );
  const answers = run.events.filter(({ name }) => name.startsWith('answer '));
  assert.ok(answers.length >= 6);
  for (const answer of answers) {
    assert.equal(rootOf(run, answer), answer.name.replace('answer', 'request'));
  }
});

// undici 5 tells no channel of them.
for (const undici of ['undici', 'undici-5']) {
  test(`${undici}: a tunnel and an upgrade end when the server has agreed to them`, {
    skip: offline,
  }, async () => {
    const run = await runTraced(
      'cjs',
      `const { createServer } = require('node:http');
    const { Client } = require('${undici}');
    const server = createServer();
    server.on('connect', (request, socket) => socket.write('HTTP/1.1 200 OK\\r\\n\\r\\n'));
    server.on('upgrade', (request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\n');
    });
    server.listen(0, '127.0.0.1', async () => {
      const client = () => new Client('http://127.0.0.1:' + server.address().port);
      await client().connect({ path: 'example:1' });
      await client().upgrade({ path: '/chat', protocol: 'x' });
      console.log('both');
      process.exit();
    });`,
      ['--sources', 'http'],
    );
    const calls = callsOf(run, 'http').filter(({ name }) => name.includes('→'));
    assert.deepEqual(
      calls.map(({ args, end }) => [
        args['http.request.method'],
        args['http.response.status_code'],
        end !== undefined,
      ]),
      [
        ['CONNECT', 200, true],
        ['GET', 101, true],
      ],
    );
  });
}

test('undici: a request that has waited for a connection of a pool belongs to who has asked', {
  skip: offline,
}, async () => {
  const run = await runTraced(
    'cjs',
    `const { createServer } = require('node:http');
    const { Pool } = require('undici');
    const server = createServer((request, response) => response.end('one'));
    server.listen(0, '127.0.0.1', async () => {
      const pool = new Pool('http://127.0.0.1:' + server.address().port, { connections: 1 });
      const requests = Array.from({ length: 20 }, (_, i) => {
        return tracer.trace('request ' + i, async () => {
          const { body } = await pool.request({ path: '/answer' + i, method: 'GET' });
          await body.text();
        });
      });
      await Promise.all(requests);
      await pool.close();
      server.close(() => console.log('closed'));
    });`,
    ['--sources', 'http'],
  );
  const sent = callsOf(run, 'http').filter(({ name }) => name.includes('→'));
  assert.equal(sent.length, 20);
  for (const call of sent) {
    assert.equal(rootOf(run, call), String(call.args['url.path']).replace('/answer', 'request '));
  }
  // They last from the call on.
  const firstEnd = Math.min(...sent.map(({ end }) => end ?? Number.POSITIVE_INFINITY));
  assert.ok(sent.every(({ start }) => start < firstEnd));
});

test('undici: a body that the connection reads belongs to who has asked, and is left as it was', {
  skip: offline,
}, async () => {
  const run = await runTraced(
    'cjs',
    `const { createServer } = require('node:http');
    const { Readable } = require('node:stream');
    const { setImmediate: later } = require('node:timers/promises');
    const { fetch, Pool } = require('undici');
    const server = createServer((request, response) => request.pipe(response));
    const bodies = {
      generator: (told) => (async function* () {
        for (const part of ['a', 'b']) { told(); await later(); told(); yield part; }
      })(),
      iterable: (told) => ({ *[Symbol.iterator]() { told(); yield 'a'; told(); yield Promise.resolve('b'); } }),
      stream: (told) => {
        const parts = ['a', 'b', null];
        return new Readable({ read() { told(); setImmediate(() => this.push(parts.shift())); } });
      },
      web: (told) => {
        const parts = ['a', 'b'];
        return new ReadableStream({
          async pull(controller) {
            told();
            await later();
            if (parts.length > 0) controller.enqueue(Buffer.from(parts.shift()));
            else controller.close();
          },
        });
      },
    };
    const method = 'POST';
    server.listen(0, '127.0.0.1', async () => {
      const origin = 'http://127.0.0.1:' + server.address().port;
      const pool = new Pool(origin, { connections: 1 });
      const asked = Object.entries(bodies).flatMap(([kind, make]) => [1, 2].map(async (i) => {
        const name = kind + i;
        return tracer.trace('request ' + name, async () => {
          const body = make(() => tracer.instant('read ' + name));
          const keys = Reflect.ownKeys(body).length;
          const answer = kind === 'web'
            ? (await fetch(origin, { method, body, duplex: 'half', dispatcher: pool })).text()
            : (await pool.request({ path: '/', method, body })).body.text();
          return name + (await answer) + (Reflect.ownKeys(body).length - keys);
        });
      }));
      console.log((await Promise.all(asked)).join());
      const parts = ['a', 'b'];
      const both = [1, 2].map(() => pool.request({ path: '/', method, body: parts }));
      console.log(Reflect.ownKeys(parts), Array.from(parts[Symbol.iterator]()));
      for (const one of both) console.log(await (await one).body.text());
      const failing = (async function* () { yield 'a'; throw new Error('no more'); })();
      await pool.request({ path: '/', method, body: failing }).catch(({ message }) => console.log(message));
      await pool.close();
      server.close(() => console.log('closed'));
    });`,
    ['--sources', 'http'],
  );
  const reads = run.events.filter(({ name }) => name.startsWith('read '));
  assert.ok(reads.length >= 24);
  for (const read of reads) assert.equal(rootOf(run, read), read.name.replace('read', 'request'));
});
