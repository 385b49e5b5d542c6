import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../../package/npm.js';
import { checkTrace } from '../../viewers/checker.js';
import { operationsIn, Project, type Run, type RunSettings } from '../run-traced.js';

/** OpenTelemetry is a peer of the benchmark, which installs it. */
const PACKAGES = join(ROOT, 'bench', 'node_modules');
const missing =
  !existsSync(join(PACKAGES, '@opentelemetry', 'auto-instrumentations-node')) &&
  'OpenTelemetry is not installed: npm run bench -- --quick';
if (missing) console.log(`# Tests with OpenTelemetry are SKIPPED: ${missing}`);

/**
 * Records as its README tells, and writes at the end what it has recorded: each span with the one around
 * it.
 */
const TELEMETRY = `
const { writeFileSync } = require('node:fs');
const { NodeSDK, tracing } = require('@opentelemetry/sdk-node');
const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');
const traceExporter = new tracing.InMemorySpanExporter();
new NodeSDK({
  spanProcessors: [new tracing.SimpleSpanProcessor(traceExporter)],
  instrumentations: [getNodeAutoInstrumentations()],
}).start();
process.on('exit', () => {
  // The command line that runs the program, too.
  if (!process.argv[1].endsWith('program.cjs')) return;
  // OpenTelemetry sees look-ups once somebody has loaded node:dns, which tracelane does.
  const spans = traceExporter.getFinishedSpans().filter(({ name }) => name !== 'dns.lookup');
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const lines = spans.map(({ name, parentSpanContext }) => name + ' in ' + names.get(parentSpanContext?.spanId));
  writeFileSync('spans.txt', lines.sort().join('\\n'));
});`;

const PROGRAM = `
const http = require('node:http');
const express = require('express');
const app = express();
app.get('/users/:name', async (request, response) => {
  const inner = await fetch('http://127.0.0.1:' + request.socket.localPort + '/inner');
  response.json({ name: request.params.name, inner: await inner.text() });
});
app.get('/inner', (request, response) => response.end(typeof request.headers.traceparent));
const server = http.createServer(app).listen(0, '127.0.0.1', async () => {
  const get = (path) => new Promise((done) => {
    http.get({ port: server.address().port, host: '127.0.0.1', path }, async (answer) => {
      let text = '';
      for await (const piece of answer) text += piece;
      done(text);
    });
  });
  console.log(...await Promise.all(['/users/ann', '/users/bob', '/inner'].map(get)));
  process.exitCode = 3;
  server.close();
  server.closeAllConnections();
});`;

describe('OpenTelemetry beside tracelane', { skip: missing }, () => {
  const project = new Project({ 'program.cjs': PROGRAM, 'telemetry.cjs': TELEMETRY });
  if (!missing) symlinkSync(PACKAGES, join(project.folder, 'node_modules'));
  const before = { env: { NODE_OPTIONS: '--require ./telemetry.cjs' } };

  for (const [order, args, settings] of [
    ['after it', ['--', '--require', './telemetry.cjs', 'program.cjs'], {}],
    ['before it', ['program.cjs'], before],
  ] as const satisfies readonly (readonly [string, readonly string[], RunSettings])[]) {
    test(`preloaded ${order}: both record, and the program does and says the same`, async () => {
      const spans = () => readFileSync(join(project.folder, 'spans.txt'), 'utf8');
      const said = ({ code, signal, stdout, stderr }: Run) => ({ code, signal, stdout, stderr });
      const alone = await project.node(['--require', './telemetry.cjs', 'program.cjs']);
      const spansAlone = spans();
      const run = await project.run(['--quiet', '--sources', 'all,-console', ...args], settings);
      assert.deepEqual(said(run), said(alone));
      assert.equal(run.code, 3);
      assert.equal(spans(), spansAlone);
      assert.match(spansAlone, /^GET \/users\/:name in GET$/m);
      assert.deepEqual(checkTrace(run.text), []);

      const requests = operationsIn(run.events).filter(({ cat }) => cat === 'http');
      const ids = new Map(requests.map(({ args, name }) => [args['op.id'], name]));
      const seen = requests.map(({ name, args }) => `${name} in ${ids.get(args['op.root'])}`);
      assert.deepEqual(seen.sort(), [
        'GET /inner in undefined',
        'GET /inner in undefined',
        'GET /inner in undefined',
        'GET /inner → 127.0.0.1 in GET /users/:name',
        'GET /inner → 127.0.0.1 in GET /users/:name',
        'GET /inner → 127.0.0.1 in undefined',
        'GET /users/:name in undefined',
        'GET /users/:name in undefined',
        'GET /users/ann → 127.0.0.1 in undefined',
        'GET /users/bob → 127.0.0.1 in undefined',
      ]);
    });
  }
});
