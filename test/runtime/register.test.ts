import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { checkTrace } from '../viewers/checker.js';
import { operationsIn, Project, processNames, REGISTER } from './run-traced.js';

const WORKERS = `
const { Worker, isMainThread } = require('node:worker_threads');
const http = require('node:http');
const { once } = require('node:events');
const server = http.createServer((request, response) => response.end('x')).listen(0, async () => {
  const address = 'http://localhost:' + server.address().port;
  const code = (path) => 'fetch("' + address + path + '").then((answer) => answer.text())';
  const workers = [
    new Worker(code('/eval'), { eval: true }),
    new Worker('./worker.mjs', { workerData: address }),
  ];
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  server.close();
});`;

const WORKER = `
import { workerData } from 'node:worker_threads';
await (await fetch(workerData + '/file')).text();`;

describe('tracelane/register', () => {
  for (const [flag, location] of [
    ['--require', REGISTER],
    ['--import', pathToFileURL(REGISTER).href],
  ] as const) {
    test(`by ${flag} records the threads of a program into trace.json`, async () => {
      const project = new Project({ 'main.cjs': WORKERS, 'worker.mjs': WORKER });
      const env = { NODE_OPTIONS: `${flag} ${location}` };
      const run = await project.node(['main.cjs', 'x'], { env });
      assert.deepEqual([run.code, run.stdout, run.stderr], [0, '', '']);
      assert.deepEqual(checkTrace(run.text), []);
      assert.deepEqual(processNames(run.events), ['main.cjs x']);
      const requests = operationsIn(run.events).filter(({ name }) => name.startsWith('GET'));
      const names = requests.map(({ name }) => name).sort();
      const seen = ['GET /eval', 'GET /eval → localhost', 'GET /file', 'GET /file → localhost'];
      // Node 20 to 26 do not hand --import on to workers that are made of text.
      assert.deepEqual(
        names,
        flag === '--require' ? seen : seen.filter((name) => name !== seen[1]),
      );
      const tids = new Set(run.events.filter(({ ph }) => ph === 'b').map(({ tid }) => tid));
      assert.equal(tids.size, flag === '--require' ? 3 : 2);
    });
  }

  for (const [what, code, exit] of [
    ['calls process.exit()', 3, 'process.exit(3)'],
    ['throws', 1, "throw new Error('in exit')"],
  ] as const) {
    test(`has what child processes did where a listener of 'exit' ${what}`, async () => {
      const project = new Project({
        'main.cjs': `
require('node:child_process').execFileSync(process.execPath, ['child.cjs']);
process.on('exit', () => { ${exit}; });`,
        'child.cjs': '',
      });
      const env = { NODE_OPTIONS: `--require ${REGISTER}` };
      const run = await project.node(['main.cjs'], { env });
      assert.equal(run.code, code);
      assert.deepEqual(run.parts, []);
      assert.deepEqual(processNames(run.events), ['child.cjs', 'main.cjs']);
    });
  }

  for (const fd of [0, 1, 2]) {
    test(`lets a program go on that closes ${fd}, as one that runs in the background may`, async () => {
      const program = `
require('node:fs').closeSync(${fd});
setTimeout(() => { process.exitCode = 6; }, 600);`;
      const env = { NODE_OPTIONS: `--require ${REGISTER}`, TRACELANE_SOURCES: 'memory' };
      const run = await new Project({ 'main.cjs': program }).node(['main.cjs'], { env });
      assert.equal(run.code, 6, run.stderr);
      assert.deepEqual(checkTrace(run.text), []);
    });
  }

  test('takes its options from variables', async () => {
    const project = new Project({
      'main.cjs': `console.log('hello'); require('node:fs').readFileSync('main.cjs');`,
    });
    const env = {
      TRACELANE_OUTPUT: 'trace.json',
      TRACELANE_SOURCES: 'fs,console',
      TRACELANE_CATEGORIES: 'fs',
    };
    const run = await project.node(['--require', REGISTER, 'main.cjs'], { env });
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'hello\n', '']);
    const categories = new Set(run.events.filter(({ ph }) => ph !== 'M').map(({ cat }) => cat));
    assert.deepEqual([...categories], ['fs']);
  });

  test('has what child processes did, by fork, spawn and cluster, in the one file', async () => {
    const project = new Project({
      'main.cjs': `
        const cluster = require('node:cluster');
        const { fork, spawn } = require('node:child_process');
        if (cluster.isPrimary) {
          cluster.fork();
          fork('child.cjs', ['forked']);
          spawn(process.execPath, ['child.cjs', 'spawned'], { stdio: 'inherit' });
        } else process.exit();`,
      'child.cjs': `setTimeout(() => console.log('here'), 10)`,
    });
    const run = await project.node(['--require', REGISTER, 'main.cjs'], {
      env: { NODE_OPTIONS: `--require ${REGISTER}` },
    });
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'here\nhere\n', '']);
    assert.deepEqual(checkTrace(run.text), []);
    assert.deepEqual(processNames(run.events), [
      'child.cjs forked',
      'child.cjs spawned',
      'main.cjs',
      'main.cjs',
    ]);
    assert.deepEqual(run.parts, []);
  });

  for (const [says, env] of [
    ['an option is wrong', { TRACELANE_SOURCES: 'nothing' }],
    ['the file cannot be written', { TRACELANE_OUTPUT: '/proc/none/trace.json' }],
  ] as const) {
    test(`lets the program run and warns where ${says}`, async () => {
      const project = new Project({ 'main.cjs': `console.log('runs')` });
      const run = await project.node(['--require', REGISTER, 'main.cjs'], { env });
      assert.deepEqual([run.code, run.stdout], [0, 'runs\n']);
      const warnings = run.stderr.match(/\[TRACELANE_\w+\] .*This process records nothing/g);
      assert.equal(warnings?.length, 1, run.stderr);
    });
  }
});
