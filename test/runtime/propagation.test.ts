import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readHeader } from '#src/runtime/traceparent.js';
import type { RecordedEvent } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { importIntoDevTools } from '../viewers/devtools.js';
import { COMMAND, type OperationSeen, operationsIn, Project, type Run } from './run-traced.js';

const REQUESTS = 25;

/** Answers after a while, and ends when it is told to. */
const BACK = `
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
const server = http.createServer(async (request, response) => {
  await sleep(Math.random() * 10);
  response.end(request.url);
  if (request.url === '/stop') server.close(), server.closeAllConnections();
}).listen(0, '127.0.0.1', () => {
  process.send?.(server.address().port);
  console.log('port', server.address().port);
});`;

/**
 * Each of its requests asks the other server twice, by different ways, and says in the address what for.
 * It sends them itself, all at once.
 */
const FRONT = `
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
let port = process.argv[2];
if (port === undefined) {
  [port] = await once(fork('./back.mjs', { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }), 'message');
}
const back = 'http://127.0.0.1:' + port;
const server = http.createServer(async (request, response) => {
  await sleep(Math.random() * 10);
  const asked = fetch(back + '/for' + request.url + '/a').then((answer) => answer.text());
  await sleep(Math.random() * 5);
  const [answer] = await once(http.get(back + '/for' + request.url + '/b'), 'response');
  await once(answer.resume(), 'end');
  response.end(await asked);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const send = async (number) => {
  await sleep(Math.random() * 10);
  return (await fetch('http://127.0.0.1:' + server.address().port + '/' + number)).text();
};
await Promise.all(Array.from({ length: ${REQUESTS} }, (_, number) => send(number)));
await (await fetch(back + '/stop')).text();
server.close();
server.closeAllConnections();
if (process.connected) process.disconnect();`;

/** A request as both sides saw it, and which one the other belongs to. */
interface Sent {
  readonly path: string;
  readonly sent: OperationSeen;
  readonly received: OperationSeen;
}

/** The requests of a trace, put together by what they have carried. */
function requestsIn(events: readonly RecordedEvent[]): Sent[] {
  const requests = operationsIn(events).filter(({ cat }) => cat === 'http');
  const bySpan = new Map(requests.map((request) => [request.args['trace.span'], request]));
  return requests
    .filter(({ args }) => args['trace.parent'] !== undefined)
    .map((received) => {
      const sent = bySpan.get(received.args['trace.parent']);
      assert.ok(sent, `${received.name} has been sent by somebody`);
      return { path: String(received.args['url.path']), sent, received };
    });
}

/** What the program says itself: each request to the other server belongs to the one in its address. */
function assertBelongs(events: readonly RecordedEvent[]): void {
  const requests = requestsIn(events);
  const front = new Map(requests.map((request) => [request.path, request]));
  const traces = new Set<unknown>();
  for (let number = 0; number < REQUESTS; number++) {
    const around = front.get(`/${number}`);
    assert.ok(around);
    traces.add(around.sent.args['trace.id']);
    for (const way of ['a', 'b']) {
      const below = front.get(`/for/${number}/${way}`);
      assert.ok(below);
      assert.equal(below.sent.args['url.path'], below.path);
      assert.equal(below.sent.args['op.root'], around.received.args['op.id']);
      assert.notEqual(below.received.pid, below.sent.pid);
      for (const { args } of [around.received, below.sent, below.received]) {
        assert.equal(args['trace.id'], around.sent.args['trace.id']);
      }
    }
  }
  assert.equal(traces.size, REQUESTS);
  assert.equal(requests.length, 3 * REQUESTS + 1);
  assertArrows(events, requests);
}

/** One arrow for each request, from the process that has sent it to the one that it came to. */
function assertArrows(events: readonly RecordedEvent[], requests: readonly Sent[]): void {
  const points = events.filter(
    ({ name, ph }) => name === 'traceparent' && (ph === 's' || ph === 'f'),
  );
  assert.equal(points.length, 2 * requests.length);
  const processes = (phase: string) =>
    new Map(points.filter(({ ph }) => ph === phase).map(({ id, pid }) => [id, pid]));
  const [starts, ends] = [processes('s'), processes('f')];
  for (const { sent, received } of requests) {
    const id = `0x${String(sent.args['trace.span'])}`;
    assert.deepEqual([starts.get(id), ends.get(id)], [sent.pid, received.pid]);
  }
}

/** Runs a server with a client in it, which finds the server's address and prints what it likes. */
async function runClient(client: string, args: readonly string[] = []): Promise<Run> {
  const program = `
import diagnostics from 'node:diagnostics_channel';
import dns from 'node:dns';
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
const own = '00-${'1'.repeat(32)}-${'2'.repeat(16)}-01';
const server = http.createServer(async (request, response) => {
  if (request.url === '/inside') await inside?.();
  response.end(request.headers.traceparent ?? 'none');
}).listen(0);
let inside;
await once(server, 'listening');
const { port } = server.address();
const address = 'http://localhost:' + port;
const { lookup } = dns;
dns.lookup = (name, ...args) => lookup('127.0.0.1', ...args);
const get = (url, options = {}) => new Promise((done, failed) => {
  http.get(url, options, async (answer) => {
    let text = '';
    for await (const piece of answer) text += piece;
    done(text);
  }).on('error', failed);
});
const getBoth = async (url) => [await get(url), await (await fetch(url)).text()];
const say = (text) => console.log(text === own ? 'own' : text === 'none' ? text : 'carried');
${client}
server.close();
server.closeAllConnections();`;
  const run = await new Project({ 'client.mjs': program }).run([
    '--quiet',
    '--no-samples',
    ...args,
    'client.mjs',
  ]);
  assert.deepEqual([run.code, run.stderr], [0, '']);
  assert.deepEqual(checkTrace(run.text), []);
  return run;
}

describe('requests between recorded processes', () => {
  test('belong to what has sent them, in the trace of a program and its child', async () => {
    const project = new Project({ 'back.mjs': BACK, 'front.mjs': FRONT });
    const run = await project.run(['--quiet', '--no-samples', 'front.mjs']);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.deepEqual(checkTrace(run.text), []);
    assertBelongs(run.events);
  });

  test('belong to what has sent them, in merged traces of two programs', async () => {
    const back = new Project({ 'back.mjs': BACK });
    const front = new Project({ 'front.mjs': FRONT });
    let fronts: Promise<Run> | undefined;
    const onOutput = (output: string) => {
      const port = /^port (\d+)/.exec(output)?.[1];
      if (port !== undefined) fronts ??= front.run(['--quiet', '--no-samples', 'front.mjs', port]);
    };
    const runs = [
      await back.run(['--quiet', '--no-samples', 'back.mjs'], { onOutput }),
      await fronts,
    ];
    const files = runs.map((run, i) => {
      assert.deepEqual([run?.code, run?.stderr], [0, '']);
      // Each has one side of the arrows, and is sound alone.
      assert.deepEqual(checkTrace(run?.text ?? ''), []);
      const file = join(front.folder, `${i}.json`);
      writeFileSync(file, run?.text ?? '');
      return file;
    });
    const merged = join(front.folder, 'merged.json');
    const merge = await front.node([COMMAND, 'merge', ...files, '--output', merged]);
    assert.equal(merge.code, 0);
    const text = readFileSync(merged, 'utf8');
    assert.deepEqual(checkTrace(text), []);
    const events: RecordedEvent[] = JSON.parse(text);
    assertBelongs(events.sort((a, b) => a.ts - b.ts));
    // An arrow is drawn between slices: each of its ends has one, of its own where there was none.
    const { threads } = await importIntoDevTools(text);
    const drawn = threads.flatMap(({ slices }) =>
      slices.filter(({ name }) => name === 'traceparent'),
    );
    assert.equal(drawn.length, 2 * (3 * REQUESTS + 1));

    const first = requestsIn(events).find(({ path }) => path === '/7');
    const id = String(first?.sent.args['op.id']);
    const summary = await front.node([COMMAND, 'summary', merged, '--request', id, '--json']);
    const requests = pathsOf(JSON.parse(summary.stdout).root);
    assert.deepEqual(requests.sort(), [
      'GET /:id → 127.0.0.1',
      'GET /:id → 127.0.0.1 > GET /:id',
      'GET /:id → 127.0.0.1 > GET /:id > GET /for/:id/a → 127.0.0.1',
      'GET /:id → 127.0.0.1 > GET /:id > GET /for/:id/a → 127.0.0.1 > GET /for/:id/a',
      'GET /:id → 127.0.0.1 > GET /:id > GET /for/:id/b → 127.0.0.1',
      'GET /:id → 127.0.0.1 > GET /:id > GET /for/:id/b → 127.0.0.1 > GET /for/:id/b',
    ]);
  });

  test('keep a header of their own, whoever has set it', async () => {
    const { stdout } = await runClient(`
      const headers = { TraceParent: own };
      say(await (await fetch(address, { headers })).text());
      say(await get(address, { headers }));
      say(await get(address, { headers: ['host', 'x', 'TraceParent', own] }));
      diagnostics.subscribe('undici:request:create', ({ request }) => request.addHeader('traceparent', own));
      say(await (await fetch(address)).text());`);
    assert.equal(stdout, 'own\n'.repeat(4));
  });

  test('carry the header to loopback addresses by default, and nowhere else', async () => {
    const { stdout } = await runClient(`
      for (const host of ['localhost', '127.0.0.1', 'a.localhost', 'shop.example', '127.0.0.1.example'])
        (await getBoth('http://' + host + ':' + port)).forEach(say);`);
    assert.equal(stdout, 'carried\n'.repeat(6) + 'none\n'.repeat(4));
  });

  const asked = `
    inside = async () => {
      for (const url of ['http://shop.example:' + port, 'http://other.example:' + port, address])
        (await getBoth(url)).forEach(say);
    };
    await get('http://shop.example:' + port + '/inside');`;
  for (const [propagate, expected] of [
    ['same-origin', ['carried', 'none', 'carried']],
    ['all', ['carried', 'carried', 'carried']],
    ['none', ['none', 'none', 'none']],
  ] as const) {
    test(`carry it as --propagate ${propagate} says`, async () => {
      const { stdout } = await runClient(asked, ['--propagate', propagate]);
      const twice = expected.flatMap((says) => [says, says]);
      assert.deepEqual(stdout.trimEnd().split('\n'), twice);
    });
  }

  test('carry none where they are not recorded', async () => {
    const { stdout } = await runClient(`say(await get(address));`, ['--categories', '*,-http']);
    assert.equal(stdout, 'none\n');
  });

  const overHttp2 = (requests: string) => `
    const http2 = await import('node:http2');
    const second = http2.createServer((request, response) => response.end(request.headers.traceparent ?? 'none'));
    await once(second.listen(0), 'listening');
    const ask = async (host, headers) => {
      const options = { createConnection: () => net.connect(second.address().port, '127.0.0.1') };
      const session = http2.connect('http://' + host + ':' + second.address().port, options);
      await once(session, 'connect');
      try {
        let text = '';
        for await (const piece of session.request(headers)) text += piece;
        return text;
      } finally {
        session.close();
      }
    };
    ${requests}
    second.close();`;

  test('over HTTP/2 belong to what has sent them', async () => {
    const { events, stdout } = await runClient(
      overHttp2(`
        const headers = { ':path': '/second', traceparent: own };
        say(await ask('localhost', headers));
        console.log(Object.keys(headers).length);`),
    );
    assert.equal(stdout, 'own\n2\n');
    const received = operationsIn(events).filter(({ name }) => name === 'GET /second');
    assert.deepEqual(
      received.map(({ args }) => [args['trace.id'], args['trace.parent']]),
      [['1'.repeat(32), '2'.repeat(16)]],
    );
  });

  test('over HTTP/2 carry the header where others do, from Node 22.15 on', {
    skip: !('registerHooks' in Module) && 'this Node does not tell of its own modules',
  }, async () => {
    const { events, stdout } = await runClient(
      overHttp2(`
        say(await ask('localhost', { ':path': '/second' }));
        say(await ask('127.0.0.1'));
        say(await ask('shop.example', { ':path': '/second' }));
        try { await ask('localhost', 'wrong'); } catch ({ code }) { console.log(code); }`),
    );
    assert.equal(stdout, 'carried\ncarried\nnone\nERR_INVALID_ARG_TYPE\n');
    const requests = requestsIn(events).filter(({ path }) => path === '/second');
    assert.deepEqual(
      requests.map(({ sent }) => sent.name),
      ['GET /second → localhost'],
    );
  });
});

/** The operations of HTTP in a tree, each with those around it. */
function pathsOf(
  part: { name: string; category: string; children: [] },
  around: readonly string[] = [],
): string[] {
  const path = part.category === 'http' ? [...around, part.name] : around;
  const own = part.category === 'http' ? [path.join(' > ')] : [];
  return [...own, ...part.children.flatMap((child) => pathsOf(child, path))];
}

describe('a header of trace context', () => {
  const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  for (const [text, why] of [
    [`00-${trace}-${span}-01`, 'of today'],
    [`00-${trace}-${span}-00`, 'that is not sampled'],
    [`01-${trace}-${span}-01-more`, 'of a version to come'],
  ] as const) {
    test(`${why} is read`, () => {
      assert.deepEqual(readHeader(text), { traceId: trace, spanId: span });
    });
  }

  for (const [text, why] of [
    [`00-${trace}-${span}-01-more`, 'with more than its version has'],
    [`ff-${trace}-${span}-01`, 'of the version that is none'],
    [`00-${'0'.repeat(32)}-${span}-01`, 'without a trace'],
    [`00-${trace}-${'0'.repeat(16)}-01`, 'without a span'],
    [`00-${trace.toUpperCase()}-${span}-01`, 'in capital letters'],
    [`00-${trace}-${span}`, 'without flags'],
    [`00-${trace}-${span}-01, 00-${trace}-${span}-01`, 'that came twice'],
    ['', 'that is empty'],
  ] as const) {
    test(`${why} is passed over`, () => assert.equal(readHeader(text), undefined));
  }
});
