/** Numbers that are the same for the same seed. */
const RANDOM = `
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  const below = (end) => Math.floor(next() * end);
  return { below, pick: (list) => list[below(list.length)] };
}`;

/**
 * A server that does what it likes for each request, and writes into a file what that was: a line for each
 * mark that it has left in the trace, with the request and the step that it was left for.
 */
const SERVER = `
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { stat, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import Module from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { getGlobalTracer } from TRACELANE;
import { randomOf } from './random.mjs';

const [seed, requests] = process.argv.slice(2).map(Number);
const tracer = getGlobalTracer();
const record = [];
/** Leaves a mark in the trace for a request, inside a step of it or right in it. */
const mark = (request, what, step) => {
  record.push(JSON.stringify({ request, what, step }));
  tracer.instant('mark', undefined, { request, what });
};

const worker = new Worker(new URL('./worker.mjs', import.meta.url));
const jobs = new Map();
worker.on('message', (job) => jobs.get(job)());
const inWorker = (job) => new Promise((done) => {
  jobs.set(job, done);
  worker.postMessage(job);
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
let ports;
let session;
/** Each asks for a page for this request, which says so in its address. */
const ASK = {
  async fetch(path) {
    return (await fetch('http://127.0.0.1:' + ports.http + path)).text();
  },
  http(path, noted) {
    return new Promise((done) => {
      const request = http.get({ port: ports.http, host: '127.0.0.1', path, agent }, (answer) => {
        noted('response');
        answer.on('data', () => noted('answer data'));
        answer.on('end', () => { noted('answer end'); done(); });
      });
      request.on('close', () => noted('client close'));
    });
  },
  http2(path, noted) {
    // One for all, made by whoever comes first.
    session ??= http2.connect('http://127.0.0.1:' + ports.http2);
    return new Promise((done) => {
      const stream = session.request({ ':path': path });
      stream.on('response', () => noted('response'));
      stream.on('data', () => noted('answer data'));
      stream.on('end', () => noted('answer end'));
      stream.on('close', () => { noted('client close'); done(); });
    });
  },
};
// Before Node tells of its own modules, answers over HTTP/2 end where the connection was made.
if (!('registerHooks' in Module)) delete ASK.http2;

const WAYS = {
  sleep: (random) => sleep(random.below(8)),
  immediate: () => new Promise(setImmediate),
  tick: () => new Promise((done) => process.nextTick(done)),
  microtask: () => new Promise(queueMicrotask),
  timers: (random, noted) => new Promise((done) => setTimeout(() => {
    noted('timer');
    setTimeout(done, random.below(3));
  }, random.below(5))),
  callback: (_, noted) => new Promise((done) => stat('.', () => { noted('stat'); done(); })),
  pool: (_, noted) => new Promise((done) => randomBytes(64, () => { noted('random bytes'); done(); })),
  file: () => readFile('random.mjs'),
  emitter: async (_, noted) => {
    const emitter = new EventEmitter();
    emitter.on('it', () => noted('it'));
    setImmediate(() => emitter.emit('it'));
    await once(emitter, 'it');
  },
  worker: (_, __, name) => inWorker(name),
  outlive: (random, noted) => { setTimeout(() => noted('late'), random.below(60)); },
};

let asked = 0;
/** What is done for a request, in steps that may have others beside them and inside. */
async function work(request, random, depth = 0, step) {
  const noted = (what) => mark(request, what, step);
  for (let left = 1 + random.below(4 - depth); left > 0; left--) {
    const way = random.pick([...Object.keys(WAYS), 'step', 'step', 'ask', 'ask', 'both']);
    if (way === 'step') {
      const inner = request + ':' + asked++;
      await tracer.trace('step', () => work(request, random, Math.min(depth + 1, 3), inner), undefined, { step: inner, of: request, inside: step });
    } else if (way === 'both') {
      await Promise.all([work(request, random, 3, step), work(request, random, 3, step)]);
    } else if (way === 'ask') {
      const by = random.pick(Object.keys(ASK));
      const path = '/asked/' + request + '/' + asked++;
      record.push(JSON.stringify({ request, what: 'ask', step, path }));
      await ASK[by](path, noted);
    } else {
      await WAYS[way](random, noted, request + ':' + asked++);
    }
    noted('after ' + way);
  }
}

const listenTo = (request, emitter, who, events) => {
  for (const event of events) emitter.on(event, () => mark(request, who + ' ' + event));
};
let active = 0;
/** Whether somebody listens or not, it is done. */
const doWork = async (request, random, depth) => {
  active++;
  await work(request, random, depth);
  active--;
};

function answer(request, response) {
  const [, kind, id] = request.url.split('/');
  const name = kind === 'asked' ? request.url.slice(1) : id;
  const random = randomOf(seed * 100_003 + Number(id));
  record.push(JSON.stringify({ request: name, what: 'begin', path: request.url }));
  listenTo(name, request, 'request', ['data', 'end', 'close', 'aborted', 'error']);
  listenTo(name, response, 'response', ['finish', 'close', 'drain', 'error']);
  if (kind === 'asked') {
    setTimeout(() => response.end(mark(name, 'answered')), random.below(4));
    return;
  }
  if (kind === 'never') return;
  request.on('end', async () => {
    if (kind === 'streamed') response.write('x'.repeat(100 + random.below(200_000)));
    await doWork(name, random);
    // Node 26 calls it for those that had to wait in what is done for the one before.
    response.end('y', kind === 'pipelined' ? undefined : () => mark(name, 'end'));
  });
}

const server = http.createServer(answer);
server.on('upgrade', (request, socket) => {
  const name = request.url.split('/')[2];
  const random = randomOf(seed * 100_003 + Number(name));
  record.push(JSON.stringify({ request: name, what: 'begin', path: request.url }));
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: x\\r\\n\\r\\n');
  socket.on('data', async () => {
    mark(name, 'socket data');
    await doWork(name, random, 3);
    socket.end('z', () => mark(name, 'socket end'));
  });
  socket.on('error', () => {});
  socket.on('close', () => mark(name, 'socket close'));
});
const server2 = http2.createServer(answer);
await Promise.all([server, server2].map((one) => once(one.listen(0, '127.0.0.1'), 'listening')));
ports = { http: server.address().port, http2: server2.address().port };

// It is not recorded.
const load = fork('./load.mjs', [JSON.stringify({ seed, requests, ports })], { env: {}, execArgv: [] });
const [code] = await once(load, 'exit');
if (code !== 0) throw new Error('The load has failed.');
// Also for those that have gone.
while (active > 0) await sleep(20);
process.on('exit', () => writeFileSync('record.txt', record.join('\\n')));
await worker.terminate();
session?.close();
agent.destroy();
for (const one of [server, server2]) one.close();
server.closeAllConnections();`;

const WORKER = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', (job) => setTimeout(() => parentPort.postMessage(job), 1));`;

/** Sends the requests, each in a way of its own, some hundred at a time. */
const LOAD = `
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from './random.mjs';

const { seed, requests, ports } = JSON.parse(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const sessions = [1, 2].map(() => http2.connect('http://127.0.0.1:' + ports.http2));
for (const session of sessions) session.on('error', () => {});

const closed = (emitter) => new Promise((done) => emitter.on('close', done).on('error', () => {}));
const open = async () => {
  const socket = net.connect(ports.http, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
};
const head = (method, path, more = '') => method + ' ' + path + ' HTTP/1.1\\r\\nHost: x\\r\\n' + more + '\\r\\n';

async function pieces(stream, random) {
  for (let left = random.below(4); left > 0; left--) {
    stream.write('piece');
    await sleep(random.below(4));
  }
  stream.end();
}

function send(path, random, method) {
  const request = http.request({ port: ports.http, host: '127.0.0.1', agent, path, method });
  request.on('response', (answer) => answer.resume());
  if (method === 'GET') request.end();
  else pieces(request, random);
  return request;
}

const KINDS = {
  plain: (path, random) => closed(send(path, random, 'GET')),
  posted: (path, random) => closed(send(path, random, 'POST')),
  streamed: (path, random) => closed(send(path, random, 'GET')),
  async never(path, random) {
    const request = send(path, random, random.pick(['GET', 'POST']));
    const end = closed(request);
    await sleep(30 + random.below(20));
    request.destroy();
    await end;
  },
  async gone(path, random) {
    const request = send(path, random, 'GET');
    const end = closed(request);
    await sleep(10 + random.below(10));
    request.destroy();
    await end;
  },
  async pipelined(path, random) {
    const socket = await open();
    socket.resume();
    const texts = [0, 1, 2].map((at) => head('POST', path + '.' + at, 'Content-Length: 3\\r\\n') + 'abc');
    socket.write(texts[0] + texts[1]);
    await sleep(random.below(10));
    socket.write(texts[2]);
    await sleep(20 + random.below(200));
    const end = closed(socket);
    socket.destroy();
    await end;
  },
  async upgraded(path, random) {
    const socket = await open();
    socket.write(head('GET', path, 'Connection: Upgrade\\r\\nUpgrade: x\\r\\n'));
    socket.once('data', () => socket.write('message'));
    socket.resume();
    await closed(socket);
  },
  async second(path, random) {
    const stream = random.pick(sessions).request({ ':path': path, ':method': 'POST' });
    stream.resume();
    const end = closed(stream);
    await pieces(stream, random);
    await end;
  },
  async reset(path, random) {
    const stream = random.pick(sessions).request({ ':path': '/never' + path.slice(6), ':method': 'POST' });
    const end = closed(stream.resume());
    stream.write('piece');
    await sleep(30 + random.below(20));
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await end;
  },
};

let next = 0;
async function sendSome() {
  while (next < requests) {
    const number = next++;
    const random = randomOf(seed + 7919 * number);
    const kind = random.pick(Object.keys(KINDS));
    await KINDS[kind]('/' + kind + '/' + number, random);
  }
}
await Promise.all(Array.from({ length: 150 }, sendSome));
agent.destroy();
for (const session of sessions) session.close();
await sleep(50);
process.disconnect();`;

/** The files of the server that is recorded, by their names. */
export function filesOf(tracelane: string): Record<string, string> {
  return {
    'server.mjs': SERVER.replace('TRACELANE', JSON.stringify(tracelane)),
    'worker.mjs': WORKER,
    'load.mjs': LOAD,
    'random.mjs': RANDOM,
  };
}
