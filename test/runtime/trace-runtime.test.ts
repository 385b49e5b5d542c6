import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTrace } from '../viewers/checker.js';
import { operationsIn, Project, RUNTIME, TRACELANE } from './run-traced.js';

const IMPORTS = `
import { setGlobalTracer, Tracer } from ${JSON.stringify(TRACELANE)};
import { traceRuntime } from ${JSON.stringify(RUNTIME)};
`;

/** A server, `get(path)` to ask it, and a tracer; and how both end. */
const SERVE = `
import http from 'node:http';
import { once } from 'node:events';
const server = http.createServer((request, response) => response.end('x')).listen(0);
await once(server, 'listening');
const get = async (path) => (await fetch('http://localhost:' + server.address().port + path)).text();
const tracer = new Tracer('trace.json').start();`;
const CLOSE = `
server.close();
server.closeAllConnections();
await tracer.stop();`;

describe('traceRuntime()', () => {
  test('records into a tracer of the program, until it is disposed of', async () => {
    const program = `${IMPORTS}${SERVE}
await get('/before');
const runtime = traceRuntime(tracer, { sources: ['http'] });
await get('/recorded');
runtime[Symbol.dispose]();
await get('/after');${CLOSE}`;
    const run = await new Project({ 'program.mjs': program }).node(['program.mjs']);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.deepEqual(checkTrace(run.text), []);
    assert.deepEqual(
      operationsIn(run.events).map(({ name }) => name),
      ['GET /recorded → localhost', 'GET /recorded'],
    );
  });

  test('records everything once where it is called again, until the last call has ended', async () => {
    const program = `${IMPORTS}${SERVE}
const work = (until = performance.now() + 200) => { while (performance.now() < until); };
const first = traceRuntime(tracer, { sources: 'http,samples' });
const second = traceRuntime(tracer, { sources: 'http,samples' });
work();
await get('/both');
first[Symbol.dispose]();
first[Symbol.dispose]();
await get('/second');
second[Symbol.dispose]();
await get('/none');${CLOSE}`;
    const run = await new Project({ 'program.mjs': program }).node(['program.mjs']);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.deepEqual(checkTrace(run.text), []);
    const served = operationsIn(run.events).filter(({ name }) => !name.includes('→'));
    assert.deepEqual(
      served.map(({ name }) => name),
      ['GET /both', 'GET /second'],
    );
    assert.ok(run.events.some(({ name }) => name === 'work'));
  });

  for (const [where, end] of [
    ['the main thread', 'process.exit()'],
    ['the main thread', ''],
    ['a worker', ''],
    ['a worker', 'process.exit()'],
  ] as const) {
    const how = end === '' ? 'ends by itself' : `ends by ${end}`;
    test(`has the last window of samples of ${where} that ${how}, and is not disposed of`, async () => {
      const work = `
const until = performance.now() + 300;
(function last() { while (performance.now() < until); })();
${end};`;
      const program =
        where === 'a worker'
          ? `${IMPORTS}
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
const tracer = new Tracer('trace.json').start();
setGlobalTracer(tracer);
await once(new Worker('./worker.mjs'), 'exit');
await tracer.stop();`
          : `${IMPORTS}
const tracer = new Tracer('trace.json').start();
traceRuntime(tracer, { sources: 'samples' });
${work}`;
      const worker = `${IMPORTS}
import { getGlobalTracer } from ${JSON.stringify(TRACELANE)};
traceRuntime(getGlobalTracer(), { sources: 'samples' });
${work}`;
      const project = new Project({ 'program.mjs': program, 'worker.mjs': worker });
      const run = await project.node(['program.mjs']);
      assert.deepEqual([run.code, run.stderr], [0, '']);
      assert.ok(run.events.some(({ name }) => name === 'last'));
    });
  }

  test('leaves nothing patched where several end in any order', async () => {
    const program = `${IMPORTS}
import childProcess from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import Module from 'node:module';
import net from 'node:net';
const holders = [childProcess, dns, dns.promises, fs, fs.promises, http.Agent.prototype, Module,
  Module.prototype, net.Socket.prototype, net.Server.prototype, console];
const look = () => holders.map((holder) => Object.getOwnPropertyDescriptors(holder));
const tracer = new Tracer('trace.json').start();
const before = look();
for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
  const all = order.map(() => traceRuntime(tracer, { sources: 'all,-samples' }));
  for (const one of order) all[one][Symbol.dispose]();
  for (const [at, holder] of look().entries()) {
    for (const [name, { value }] of Object.entries(holder)) {
      if (value !== before[at][name]?.value) console.log(order.join(), name);
    }
  }
}
await tracer.stop();`;
    const run = await new Project({ 'program.mjs': program }).node(['program.mjs']);
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, '', '']);
  });

  test('leaves a program alone whose working directory is gone', async () => {
    const program = `${IMPORTS}
import { mkdtempSync, rmdirSync } from 'node:fs';
import { createRequire } from 'node:module';
const tracer = new Tracer('trace.json', { writer: 'inline' }).start();
const runtime = traceRuntime(tracer, { sources: 'modules' });
const gone = mkdtempSync('gone-');
process.chdir(gone);
rmdirSync('../' + gone);
const require = createRequire(import.meta.url);
console.log(require('./module.cjs'));
try { require('./none.cjs'); } catch ({ code }) { console.log(code); }
runtime[Symbol.dispose]();
await tracer.stop();`;
    const block = 'for (const end = performance.now() + 5; performance.now() < end; );';
    const module = `${block}; module.exports = 'loaded';`;
    const project = new Project({ 'program.mjs': program, 'module.cjs': module });
    const run = await project.node(['program.mjs']);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.equal(run.stdout, 'loaded\nMODULE_NOT_FOUND\n');
    assert.ok(run.events.some(({ name }) => name === 'require ./module.cjs'));
  });

  test('shows to its end a request that is under way when it is disposed of', async () => {
    const program = `${IMPORTS}
import http from 'node:http';
import { once } from 'node:events';
const tracer = new Tracer('trace.json').start();
const runtime = traceRuntime(tracer, { sources: ['http'] });
const server = http.createServer().listen(0);
await once(server, 'listening');
const answer = fetch('http://localhost:' + server.address().port + '/slow');
const [, response] = await once(server, 'request');
runtime[Symbol.dispose]();
response.statusCode = 202;
response.end('done');
await (await answer).text();
server.close();
server.closeAllConnections();
await tracer.stop();`;
    const run = await new Project({ 'program.mjs': program }).node(['program.mjs']);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    const requests = operationsIn(run.events).filter(({ name }) => name === 'GET /slow');
    assert.deepEqual(
      requests.map(({ end, args }) => [end !== undefined, args['http.response.status_code']]),
      [[true, 202]],
    );
  });

  test('leaves nothing patched, no subscriber and no timer behind', async () => {
    const program = `${IMPORTS}
import childProcess from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import dns from 'node:dns';
import fs, * as fsNames from 'node:fs';
import http from 'node:http';
import Module from 'node:module';
import net from 'node:net';
const holders = { childProcess, console, dns, modules: Module.prototype, promises: dns.promises, fs, fsPromises: fs.promises,
  agent: http.Agent.prototype, Module, socket: net.Socket.prototype, fsNames, process };
const look = () => Object.entries(holders).flatMap(([holder, object]) =>
  Object.keys(Object.getOwnPropertyDescriptors(object)).map((key) => {
    const { value } = Object.getOwnPropertyDescriptor(object, key);
    return [holder + '.' + key, typeof value === 'function' ? value : undefined];
  }));
const channels = ['http.server.request.start', 'http.client.request.start', 'undici:request:create',
  'child_process', 'tracing:module.import:start', 'my:channel', 'tracing:mysql2:query:asyncStart'];
const heard = () => channels.filter((name) => diagnostics.hasSubscribers(name)).join();
const tracer = new Tracer('trace.json').start();
const before = look();
const heardBefore = heard();
const runtime = traceRuntime(tracer, { sources: 'all', channels: 'my:channel' });
const during = look();
console.log(during.filter(([name, value], i) => value !== before[i][1]).length > 50, heard() !== heardBefore);
runtime[Symbol.dispose]();
const after = look();
console.log(after.length === before.length, after.filter(([, value], i) => value !== before[i][1]).map(([name]) => name).join());
console.log(heard() === heardBefore, process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);
await tracer.stop();`;
    const run = await new Project({ 'program.mjs': program }).node(['program.mjs']);
    assert.deepEqual([run.stdout, run.stderr], ['true true\ntrue \ntrue 0\n', '']);
  });

  test('leaves alone what a program has put around it, which goes on working', async () => {
    const program = `${IMPORTS}
import fs from 'node:fs';
const tracer = new Tracer('trace.json').start();
const runtime = traceRuntime(tracer, { sources: 'fs' });
const { statSync } = fs;
let calls = 0;
fs.statSync = (...args) => { calls++; return statSync(...args); };
fs.statSync('.');
runtime[Symbol.dispose]();
console.log(fs.statSync('.').isDirectory(), calls);
await tracer.stop();`;
    const run = await new Project({ 'program.mjs': program }).node(['program.mjs']);
    assert.deepEqual([run.stdout, run.stderr], ['true 2\n', '']);
  });

  test('refuses wrong options, and takes the global tracer where it is given none', async () => {
    const program = `${IMPORTS}
for (const options of [{ sources: 'x' }, { capture: ['x'] }, { channels: 1 }, { tickThreshold: 0 }, { propagate: 'x' }]) {
  try { traceRuntime(undefined, options); } catch ({ code }) { console.log(code); }
}
setGlobalTracer(new Tracer('trace.json').start());
const runtime = traceRuntime(undefined, { sources: 'memory' });
runtime[Symbol.dispose]();`;
    const run = await new Project({ 'program.mjs': program }).node(['program.mjs']);
    assert.equal(run.stdout, 'TRACELANE_BAD_OPTION\n'.repeat(5));
    assert.ok(run.events.some(({ name }) => name === 'memory'));
  });
});
