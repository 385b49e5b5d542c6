import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkTrace } from '../viewers/checker.js';
import { COMMAND, operationsIn, Project, processNames, TRACELANE } from './run-traced.js';

/** Requests of a program to itself: a trace of it holds one for each, from both sides. */
const SERVER = `
import http from 'node:http';
import { once } from 'node:events';
const server = http.createServer((request, response) => response.end('hello')).listen(0);
await once(server, 'listening');
const answer = await fetch('http://localhost:' + server.address().port + '/here');
console.log(await answer.text(), process.argv.slice(2).join());
server.close();
server.closeAllConnections();
`;

const isRequest = ({ name }: { name: string }) => name === 'GET /here';

describe('tracelane run', () => {
  test('records a script that knows nothing of it, and says where the trace is', async () => {
    const project = new Project({ 'server.mjs': SERVER });
    const run = await project.run(['server.mjs', '--port', '1', '-o', 'x']);
    assert.deepEqual([run.code, run.stdout], [0, 'hello --port,1,-o,x\n']);
    assert.match(run.stderr, /^tracelane: \d+ events of 1 process in .*trace\.json\. .*view .*\n$/);
    assert.deepEqual(checkTrace(run.text), []);
    assert.equal(operationsIn(run.events).filter(isRequest).length, 1);
    assert.deepEqual(processNames(run.events), ['server.mjs --port 1 -o x']);
    assert.deepEqual(run.parts, []);
  });

  test('records CommonJS, from a folder whose name has blanks and quotes in it', async () => {
    const project = new Project({ 'a "b" c.cjs': `setTimeout(() => console.log('done'), 10)` });
    const run = await project.run(['--quiet', './a "b" c.cjs']);
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'done\n', '']);
    assert.deepEqual(processNames(run.events), ['a "b" c.cjs']);
  });

  test('runs any command, and all Node processes below it are in one trace', async () => {
    const project = new Project({
      'package.json': '{ "scripts": { "both": "node one.mjs && node two.cjs" } }',
      'one.mjs': SERVER,
      'two.cjs': `require('node:child_process').fork('three.js')`,
      'three.js': `console.log('three')`,
    });
    const run = await project.run(['--quiet', '--', 'npm', 'run', '--silent', 'both']);
    assert.deepEqual([run.code, run.stdout], [0, 'hello \nthree\n']);
    assert.deepEqual(checkTrace(run.text), []);
    const names = processNames(run.events);
    assert.equal(names.length, 4);
    assert.deepEqual(names.slice(1), ['one.mjs', 'three.js', 'two.cjs']);
    assert.match(names[0] ?? '', /^npm.* run --silent both$/);
  });

  test('takes options of node in place of a script, and keeps NODE_OPTIONS', async () => {
    const project = new Project({
      'set.cjs': `globalThis.set = 1`,
      'program.cjs': `console.log(set, process.execArgv.join())`,
    });
    const env = { NODE_OPTIONS: '--require ./set.cjs' };
    const run = await project.run(['--quiet', '--', '--no-deprecation', 'program.cjs'], { env });
    assert.deepEqual([run.stdout, run.stderr], ['1 --no-deprecation\n', '']);
    assert.deepEqual(processNames(run.events), ['program.cjs']);
  });

  test('hands input on, and ends as the command does', async () => {
    const project = new Project({
      'cat.cjs': `process.stdin.pipe(process.stdout); process.stdin.on('end', () => process.exit(7))`,
      'throw.cjs': `throw new TypeError('not caught')`,
      'throw.mjs': `throw new TypeError('not caught')`,
    });
    const cat = await project.run(['--quiet', 'cat.cjs'], { input: 'some input' });
    assert.deepEqual([cat.code, cat.stdout, cat.stderr], [7, 'some input', '']);
    for (const script of ['throw.cjs', 'throw.mjs']) {
      const plain = await project.node([script]);
      const traced = await project.run(['--quiet', script]);
      assert.equal(traced.code, 1);
      // The function around Node's own that loads modules is in the stack, and Node's own queue.
      const more = /register\.cjs|node:internal\/process\/task_queues/;
      const lines = traced.stderr.split('\n').filter((line) => !more.test(line));
      assert.equal(lines.join('\n'), plain.stderr);
      const [operation] = operationsIn(traced.events).filter(({ name }) => name === script);
      assert.equal(operation?.args['process.exit.code'], 1);
    }
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`ends by ${signal} where the command does, once it has got that`, async () => {
      const project = new Project({
        'wait.cjs': `console.log('ready'); setInterval(() => {}, 1000)`,
      });
      const run = await project.run(['--quiet', 'wait.cjs'], {
        onOutput: (_, kill) => kill(signal),
      });
      assert.deepEqual([run.code, run.signal], [null, signal]);
      assert.deepEqual(processNames(run.events), ['wait.cjs']);
      assert.deepEqual(checkTrace(run.text), []);
    });
  }

  test('has the last samples of a command that cleans up and sends itself the signal again', async () => {
    const project = new Project({
      'end.cjs': `
        const busy = () => { for (const end = Date.now() + 200; Date.now() < end; ); };
        process.on('SIGTERM', function clean() {
          process.removeListener('SIGTERM', clean);
          process.nextTick(() => process.kill(process.pid, 'SIGTERM'));
        });
        setTimeout(() => { busy(); console.log('ready'); }, 1);
        setInterval(() => {}, 1000);`,
    });
    const run = await project.run(['--quiet', 'end.cjs'], {
      onOutput: (_, kill) => kill('SIGTERM'),
    });
    assert.deepEqual([run.code, run.signal, run.stdout], [null, 'SIGTERM', 'ready\n']);
    assert.ok(run.events.some(({ name }) => name === 'busy'));
    assert.deepEqual(checkTrace(run.text), []);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGUSR2'] as const) {
    test(`leaves to the command what it does on ${signal}`, async () => {
      const project = new Project({
        'end.cjs': `
          process.on('${signal}', () => { console.log('got it'); setTimeout(() => process.exit(3), 50); });
          console.log('ready'); setInterval(() => {}, 1000)`,
      });
      const run = await project.run(['--quiet', 'end.cjs'], {
        onOutput: (output, kill) => {
          if (!output.includes('got')) kill(signal);
        },
      });
      assert.deepEqual([run.code, run.signal, run.stdout], [3, null, 'ready\ngot it\n']);
    });
  }

  for (const signal of ['SIGPIPE', 'SIGXFSZ', 'SIGUSR1', 'SIGABRT']) {
    test(`ends by ${signal} where that has ended the command, though Node may not end by it`, async () => {
      const project = new Project({ 'end.sh': `kill -s ${signal.slice(3)} $$` });
      const run = await project.run(['--quiet', '--', 'sh', 'end.sh']);
      assert.deepEqual([run.code, run.signal, run.stderr], [null, signal, '']);
    });
  }

  test('has the trace of a program that is killed, up to its last flush', async () => {
    const project = new Project({
      'server.mjs': `import { getGlobalTracer } from ${JSON.stringify(TRACELANE)};
        ${SERVER}
        await getGlobalTracer().flush();
        process.kill(process.pid, 'SIGKILL');`,
    });
    const run = await project.run(['--quiet', 'server.mjs']);
    assert.deepEqual([run.code, run.signal], [null, 'SIGKILL']);
    assert.deepEqual(checkTrace(run.text), []);
    assert.equal(operationsIn(run.events).filter(isRequest).length, 1);
  });

  test('has all threads and processes of a program that has a tracer of its own, which has its spans', async () => {
    const project = new Project({
      'main.mjs': `
        import { once } from 'node:events';
        import { fork } from 'node:child_process';
        import { Worker } from 'node:worker_threads';
        import { setGlobalTracer, Tracer } from ${JSON.stringify(TRACELANE)};
        const all = (name) => Promise.all([
          once(new Worker('./part.mjs', { argv: [name + ' worker'] }), 'exit'),
          once(fork('./part.mjs', [name + ' child']), 'exit'),
        ]);
        const tracer = new Tracer('own.json').start();
        setGlobalTracer(tracer);
        await all('during');
        await tracer.stop();
        await all('after');
        setGlobalTracer(undefined);
        await all('without');`,
      'part.mjs': `
        import { readFileSync } from 'node:fs';
        import { getGlobalTracer } from ${JSON.stringify(TRACELANE)};
        const [, , name] = process.argv;
        readFileSync('part.mjs');
        getGlobalTracer().span(name).end();`,
    });
    const run = await project.run(['--quiet', '--sources', 'default,fs', 'main.mjs']);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.deepEqual(checkTrace(run.text), []);
    const kinds = ['worker', 'child'];
    const begun = (name: string) => run.events.filter((event) => event.name === name);
    assert.equal(
      begun('fs.readFileSync').filter(({ args }) => args['file.path'] === 'part.mjs').length,
      6,
    );
    const spans = (events: readonly { name: string }[]) =>
      events
        .map(({ name }) => name)
        .filter((name) => /^(?:during|after|without) /.test(name))
        .sort();
    assert.deepEqual(
      spans(run.events),
      ['after', 'without'].flatMap((name) => kinds.map((kind) => `${name} ${kind}`)).sort(),
    );
    const own = JSON.parse(readFileSync(join(project.folder, 'own.json'), 'utf8'));
    assert.deepEqual(spans(own), ['during child', 'during worker']);
    assert.deepEqual(run.parts, []);
  });

  test('leaves the part of a process that outlives the command, and says so', async () => {
    const project = new Project({
      'start.cjs': `
        const { spawn } = require('node:child_process');
        const stdio = ['ignore', 'ignore', 'ignore', 'ipc'];
        const child = spawn(process.execPath, ['stay.cjs'], { detached: true, stdio });
        child.once('message', () => { child.disconnect(); child.unref(); console.log(child.pid); });`,
      'stay.cjs': `
        process.send('up');
        setTimeout(() => {}, 60_000);`,
    });
    const run = await project.run(['start.cjs']);
    process.kill(Number(run.stdout));
    assert.equal(run.code, 0);
    assert.match(run.stderr, /1 part\(s\) of child processes were not joined/);
    assert.equal(run.parts.length, 1);
    assert.deepEqual(processNames(run.events), ['start.cjs']);
  });

  for (const [what, then] of [
    ['removed', 'rmSync(folder, { recursive: true })'],
    ['moved', `renameSync(folder, 'elsewhere')`],
    ['replaced', `rmSync(folder + '/t.json'); writeFileSync(folder + '/t.json', '[]')`],
  ] as const) {
    test(`says that there is no trace where the command has ${what} it`, async () => {
      const project = new Project({
        'program.mjs': `
          import { renameSync, rmSync, writeFileSync } from 'node:fs';
          const folder = 'traces';
          ${then};`,
      });
      const run = await project.run(['-o', 'traces/t.json', '--report', 'r.html', 'program.mjs']);
      assert.equal(run.code, 0);
      assert.match(
        run.stderr,
        /^tracelane: no trace: traces.t\.json was removed, moved or replaced/m,
      );
      assert.doesNotMatch(run.stderr, /npx tracelane view|report/);
    });
  }

  test('ends as the command does where the working directory is gone', async () => {
    const project = new Project({
      'program.mjs': `
        import { spawnSync } from 'node:child_process';
        const [cli] = process.argv.slice(2);
        const command = [cli, 'run', '-o', process.cwd() + '/trace.json', '--', process.execPath, '-e', '0'];
        const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"';
        const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, ...command]);
        console.log(status, String(stderr));`,
    });
    const run = await project.node(['program.mjs', COMMAND]);
    assert.match(run.stdout, /^0 /);
    assert.match(run.stdout, /^tracelane: \d+ events of 1 process in \/.*trace\.json\./m);
  });

  test('shows the path of the trace as a shell takes it', async () => {
    const project = new Project({ 'a.cjs': '' });
    const run = await project.node([COMMAND, 'run', '-o', "it's.json", 'a.cjs']);
    assert.match(run.stderr, / view 'it'\\''s\.json'\n$/);
  });

  test('ends as the command does where standard error has nobody who reads it', async () => {
    const project = new Project({
      'program.mjs': `
        import { spawn } from 'node:child_process';
        import { once } from 'node:events';
        const [cli] = process.argv.slice(2);
        const options = { stdio: ['pipe', 'ignore', 'pipe'] };
        const run = spawn(process.execPath, [cli, 'run', '-', '-o', 'trace.json'], options);
        run.stderr.destroy();
        await once(run.stderr, 'close');
        run.stdin.end('process.exitCode = 5');
        console.log(await once(run, 'close'));`,
    });
    const run = await project.node(['program.mjs', COMMAND]);
    assert.equal(run.stdout, '[ 5, null ]\n');
  });

  test('says in one line why a command cannot be run', async () => {
    const project = new Project({ 'a.js': '' });
    for (const [args, message] of [
      [
        ['no-such-command'],
        /^tracelane: 'no-such-command' cannot be started: .*Give a command.*\n$/,
      ],
      [['--sources', 'nothing', 'a.js'], /^tracelane: There is no source 'nothing'.*\n$/],
      [['--capture', 'bodies', 'a.js'], /^tracelane: There is nothing called 'bodies'.*\n$/],
      [['--tick-threshold', 'x', 'a.js'], /^tracelane: --tick-threshold must be a number.*\n$/],
      [
        ['-o', '/proc/x/y.json', 'a.js'],
        /^tracelane: The trace file \/proc\/x\/y.json cannot.*\n$/,
      ],
    ] as const) {
      const run = await project.run(args);
      assert.deepEqual([run.code, run.stdout], [2, '']);
      assert.match(run.stderr, message);
    }
  });
});
