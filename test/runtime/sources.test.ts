import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SOURCE_NAMES } from '#src/runtime/sources.js';
import type { RecordedEvent } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import { operationsIn, Project, type Run } from './run-traced.js';

const [NODE_MAJOR = 0] = process.versions.node.split('.').map(Number);

async function trace(
  sources: string,
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Run> {
  const [main = ''] = Object.keys(files);
  const project = new Project(files);
  const run = await project.run(['--quiet', '--sources', sources, ...args, main]);
  assert.deepEqual([run.code, run.stderr], [0, '']);
  assert.deepEqual(checkTrace(run.text), []);
  return run;
}

const slices = (run: Run) => run.events.filter(({ ph }) => ph === 'X');
const named = (run: Run, name: string) => run.events.filter((event) => event.name === name);

describe('the source', () => {
  test('gc shows each collection on the track of its thread, inside of what it interrupted', async () => {
    const run = await trace('gc', {
      'main.mjs': `
        import { getGlobalTracer } from ${JSON.stringify(import.meta.resolve('tracelane'))};
        import { Worker, isMainThread } from 'node:worker_threads';
        const span = getGlobalTracer().span('work');
        for (let i = 0; i < 3_000_000; i++) globalThis.kept = { i, next: [i] };
        span.end();
        if (isMainThread) new Worker(new URL(import.meta.url));`,
    });
    const work = named(run, 'work');
    assert.equal(work.length, 2);
    for (const { ts, dur = 0, tid } of work) {
      const inside = slices(run).filter(
        (slice) => slice.cat === 'gc' && slice.tid === tid && slice.ts > ts && slice.ts < ts + dur,
      );
      assert.ok(inside.length > 0);
      assert.ok(inside.every((slice) => slice.ts + (slice.dur ?? 0) <= ts + dur));
    }
  });

  test('loop shows a tick that takes long, with what it was for, also the last one', async () => {
    const run = await trace('loop,http', {
      'main.cjs': `
        const http = require('node:http');
        const block = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
        const server = http.createServer((request, response) => {
          if (request.url === '/slow') block(120);
          response.end();
        }).listen(0, async () => {
          const address = 'http://localhost:' + server.address().port;
          await (await fetch(address + '/fast')).text();
          await new Promise((done) => setTimeout(done, 100));
          await (await fetch(address + '/slow')).text();
          await new Promise((done) => setTimeout(done, 300));
          server.close();
          server.closeAllConnections();
          block(130);
        });`,
    });
    const ticks = named(run, 'long tick');
    const [slow] = operationsIn(run.events).filter(({ name }) => name === 'GET /slow');
    const covers = ({ ts, dur = 0 }: (typeof ticks)[number], from: number, ms: number) =>
      ts <= from + 1000 && ts + dur >= from + ms * 1000;
    const tick = ticks.find((one) => covers(one, slow?.start ?? 0, 110));
    assert.equal(tick?.args['operation'], 'GET /slow');
    const later = ticks.filter(({ ts }) => ts > (tick?.ts ?? 0));
    assert.ok(later.some(({ dur = 0 }) => dur >= 120_000));
    const names = new Set(run.events.filter(({ ph }) => ph === 'C').map(({ name }) => name));
    assert.deepEqual([...names].sort(), ['event loop delay (ms)', 'event loop utilization (%)']);
  });

  test('loop blames no request that came when the tick was over, and joins no ticks', async () => {
    const run = await trace('loop,http', {
      'main.cjs': `
        const http = require('node:http');
        const { setTimeout: wait } = require('node:timers/promises');
        const block = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
        const server = http.createServer(async (request, response) => {
          if (request.url === '/waits') {
            await wait(30);
            block(120);
          }
          response.end();
        }).listen(0, async () => {
          const port = server.address().port;
          // Another process, that asks while this one is busy.
          const ask = "const get = (path) => require('node:http').get({ port: " + port + ", path }, (r) => r.resume());" +
            "get('/waits'); setTimeout(get, 90, '/innocent')";
          const env = { ...process.env, NODE_OPTIONS: '' };
          const child = require('node:child_process').spawn(process.execPath, ['-e', ask], { env });
          await new Promise((done) => child.on('exit', done));
          for (let i = 0; i < 8; i++) {
            block(8);
            await wait(9);
            block(43);
            await wait(20 + i);
          }
          server.close();
        });`,
    });
    const ticks = named(run, 'long tick');
    const [long] = ticks.filter(({ dur = 0 }) => dur >= 100_000);
    assert.ok(long);
    assert.notEqual(long.args['operation'], 'GET /innocent');
    // On a busy machine, some of the others may have taken longer than they were to.
    assert.ok(ticks.length < 5);
  });

  test('memory counts the heap of each thread, and the process once', async () => {
    const run = await trace('memory', {
      'main.cjs': `
        const { Worker } = require('node:worker_threads');
        new Worker('setTimeout(() => {}, 50)', { eval: true });`,
    });
    const series = new Map(
      run.events.filter(({ ph }) => ph === 'C').map(({ name, args }) => [name, Object.keys(args)]),
    );
    assert.equal(series.size, 3);
    assert.deepEqual(series.get('memory'), ['heap', 'external']);
    assert.equal(series.get('resident memory')?.length, 1);
    assert.ok([...series.keys()].some((name) => /^memory, worker \d+$/.test(name)));
  });

  test('memory leaves out what the system cannot be asked for, as no file can be opened', {
    skip: process.platform !== 'linux' && 'there is no such limit',
  }, async () => {
    const project = new Project({
      'main.cjs': `
        const fs = require('node:fs');
        const files = [];
        try { for (;;) files.push(fs.openSync('main.cjs')); } catch ({ code }) { console.log(code); }
        setTimeout(() => { for (const file of files) fs.closeSync(file); console.log('done'); }, 600);`,
      'limited.cjs': `
        const { spawnSync } = require('node:child_process');
        const command = 'ulimit -n 200 && exec "$0" "$@"';
        const args = ['-c', command, process.execPath, 'main.cjs'];
        process.exit(spawnSync('sh', args, { stdio: 'inherit' }).status);`,
    });
    const run = await project.run(['--quiet', 'limited.cjs']);
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'EMFILE\ndone\n', '']);
  });

  test('modules shows what is required, nested, and imported, up to the first request', async () => {
    const block = 'for (const end = performance.now() + 5; performance.now() < end; );';
    const run = await trace('modules,http', {
      'main.cjs': `
        const http = require('node:http');
        require('./outer.cjs');
        import('./imported.mjs').then(() => {
          const server = http.createServer((request, response) => {
            require('./late.cjs');
            response.end();
            server.close();
          }).listen(0, () => fetch('http://localhost:' + server.address().port, { headers: { connection: 'close' } }));
        });`,
      'outer.cjs': `for (let i = 0; i < 50; i++) require('./inner.cjs'); ${block}`,
      'inner.cjs': block,
      'late.cjs': block,
      'imported.mjs': block,
    });
    const [outer, ...others] = named(run, 'require ./outer.cjs');
    const [inner, ...again] = named(run, 'require ./inner.cjs');
    assert.ok(outer && inner && others.length === 0);
    // What was loaded before is known by the little time it takes, which a busy machine may stretch.
    assert.ok(again.length < 25, `${again.length} of 49 that were loaded before`);
    assert.ok(inner.ts > outer.ts && inner.ts + (inner.dur ?? 0) < outer.ts + (outer.dur ?? 0));
    assert.equal(named(run, 'require ./late.cjs').length, 0);
    const imported = operationsIn(run.events).filter(
      ({ name }) => name === 'import ./imported.mjs',
    );
    assert.equal(imported.length, NODE_MAJOR >= 22 ? 1 : 0);
  });

  test('child shows processes from start to exit, without their arguments', async () => {
    const run = await trace('child', {
      'main.cjs': `
        const { exec, execSync, spawn, spawnSync } = require('node:child_process');
        spawn('sh', ['-c', 'exit 3', 'secret']);
        spawn('no-such-program').on('error', () => {});
        spawnSync('true', ['secret']);
        execSync('SECRET=secret exit 0');
        exec('echo secret');`,
    });
    assert.ok(!run.text.includes('secret'));
    const children = operationsIn(run.events).filter(({ name }) => name !== 'main.cjs');
    const outcomes = children.map(({ args }) => args['process.exit.code'] ?? args['error.type']);
    assert.deepEqual(outcomes, [3, 'not started', 0]);
    assert.deepEqual(
      slices(run).map(({ name }) => name),
      ['true', 'sh'],
    );
  });

  test('child shows how processes have ended that the thread has waited for', async () => {
    const run = await trace('child', {
      'main.cjs': `
        const { execFileSync, execSync, spawnSync } = require('node:child_process');
        const fails = (run) => { try { run(); } catch {} };
        spawnSync('sh', ['-c', 'exit 3']);
        spawnSync('no-such-program');
        spawnSync('sh', ['-c', 'kill -9 $$']);
        execSync('true');
        fails(() => execSync('exit 4', { stdio: 'ignore' }));
        fails(() => execFileSync('no-such-program'));`,
    });
    const outcomes = slices(run).map(
      ({ args }) => args['process.exit.code'] ?? args['signal'] ?? args['error.type'],
    );
    assert.deepEqual(outcomes, [3, 'ENOENT', 'SIGKILL', 0, 4, 'ENOENT']);
  });

  test('child shows the whole path of a program, and of a command line no more than its command', async () => {
    const run = await trace('child', {
      'main.cjs': `
        const { execFileSync, execSync, spawnSync } = require('node:child_process');
        spawnSync('my folder/program', ['a'], { cwd: '.' });
        try { execFileSync('my folder/program', { timeout: 1000 }); } catch {}
        spawnSync('true secret', { shell: true });
        execSync('true&&test -z "secret"||true');
        execSync('true;SECRET=secret');
        execSync('$(echo true)');`,
    });
    assert.deepEqual(
      slices(run).map(({ args }) => args['process.executable.path']),
      ['my folder/program', 'my folder/program', 'true', 'true', 'true', 'sh'],
    );
    assert.ok(!run.text.includes('secret'));
  });

  test('child shows the end of a process that nobody listens to any more', async () => {
    const run = await trace('child', {
      'main.cjs': `
        const { spawn } = require('node:child_process');
        spawn(process.execPath, ['-e', 'process.exit(3)']).removeAllListeners();`,
    });
    const [child] = operationsIn(run.events).filter(
      ({ args }) => args['process.pid'] !== undefined,
    );
    assert.equal(child?.args['process.exit.code'], 3);
    assert.equal(child.args['error.type'], undefined);
  });

  test('net shows each connection of a socket that is connected again and again', async () => {
    const run = await trace('net', {
      'main.mjs': `
        import { once } from 'node:events';
        import net from 'node:net';
        const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const socket = new net.Socket();
        for (let i = 0; i < 30; i++) {
          socket.connect(server.address().port, '127.0.0.1').resume();
          await once(socket, 'close');
        }
        server.close();`,
    });
    const connections = operationsIn(run.events).filter(({ cat }) => cat === 'net');
    assert.equal(connections.length, 30);
    assert.ok(connections.every(({ end, args }) => end !== undefined && !args['error.type']));
  });

  test('child shows arguments where they are asked for', async () => {
    const files = {
      'main.cjs': `
        const { spawn, spawnSync } = require('node:child_process');
        spawn('echo', ['shown']);
        spawnSync('true', ['shown']);
        spawnSync('true', { env: { hidden: 'secret' } });`,
    };
    const run = await trace('child', files, ['--capture', 'arguments']);
    const [child] = operationsIn(run.events).filter(({ name }) => name === 'echo');
    assert.deepEqual(child?.args['process.command_args'], ['echo', 'shown']);
    assert.deepEqual(
      slices(run).map(({ args }) => args['process.command_args']),
      [['true', 'shown'], ['true']],
    );
  });

  test('worker shows threads of the program from start to exit, and none of tracelane', async () => {
    const run = await trace('worker', {
      'main.cjs': `
        const { Worker } = require('node:worker_threads');
        new Worker('process.exit(4)', { eval: true });`,
    });
    const workers = operationsIn(run.events).filter(({ cat }) => cat === 'worker');
    assert.deepEqual(
      workers.map(({ args }) => args['exit.code']),
      [4],
    );
  });

  test('net and dns show connections and look-ups that fail, too', async () => {
    const run = await trace('net,dns', {
      'main.mjs': `
        import dns, { lookup } from 'node:dns';
        import net from 'node:net';
        net.connect(1, '127.0.0.1').on('error', () => {});
        net.connect('/no/such/socket').on('error', () => {});
        try { net.connect({ port: '2x' }); } catch {}
        lookup('localhost', () => {});
        await dns.promises.lookup('localhost');`,
    });
    const seen = operationsIn(run.events)
      .filter(({ cat }) => cat === 'net' || cat === 'dns')
      .map(({ name, args }) => `${name} ${args['error.type'] ?? ''}`);
    assert.deepEqual(seen, [
      'connect 127.0.0.1:1 failed',
      'connect /no/such/socket failed',
      'connect localhost:2x failed',
      'lookup localhost ',
      'lookup localhost ',
    ]);
  });

  test('dns shows what resolvers are asked, and what is asked after dns.setServers()', async () => {
    const run = await trace('dns', {
      'main.mjs': `
        import dgram from 'node:dgram';
        import dns from 'node:dns';
        import { once } from 'node:events';
        // Answers each question by saying that there is no such name.
        const server = dgram.createSocket('udp4').on('message', (message, { port, address }) => {
          message[2] |= 0x80;
          message[3] = 3;
          server.send(message, port, address);
        });
        await once(server.bind(0, '127.0.0.1'), 'listening');
        const servers = ['127.0.0.1:' + server.address().port];
        const one = new dns.Resolver();
        one.setServers(servers);
        await new Promise((done) => one.resolve4('one.test', done));
        const two = new dns.promises.Resolver();
        two.setServers(servers);
        await two.resolve('two.test', 'MX').catch(() => {});
        dns.setServers(servers);
        await new Promise((done) => dns.resolveTxt('three.test', done));
        await dns.promises.reverse('127.0.0.4').catch(() => {});
        server.close();`,
    });
    const seen = operationsIn(run.events)
      .filter(({ cat, name }) => cat === 'dns' && !name.startsWith('lookup '))
      .map(({ name, args }) => [name, args['error.type']]);
    assert.deepEqual(seen, [
      ['resolve4 one.test', 'ENOTFOUND'],
      ['resolve two.test', 'ENOTFOUND'],
      ['resolveTxt three.test', 'ENOTFOUND'],
      ['reverse 127.0.0.4', 'ENOTFOUND'],
    ]);
  });

  test('net shows TLS that begins on a connection that is there already', async () => {
    const run = await trace('net', {
      'main.cjs': `
        const net = require('node:net');
        const { connect } = require('node:tls');
        const server = net.createServer((socket) => socket.once('data', () => socket.end())).listen(0, () => {
          const socket = net.connect(server.address().port, () => {
            connect({ socket }).on('error', () => {}).on('close', () => server.close());
          });
        });`,
    });
    const seen = operationsIn(run.events).filter(({ cat }) => cat === 'net');
    assert.deepEqual(
      seen.map(({ name, args }) => [name.replace(/\d+$/, 'N'), args['error.type']]),
      [
        ['connect localhost:N', undefined],
        ['TLS handshake', 'failed'],
      ],
    );
  });

  test('fs shows calls of all kinds by name and path', async () => {
    const run = await trace('fs', {
      'main.mjs': `
        import fs, { readFileSync } from 'node:fs';
        import { readFile } from 'node:fs/promises';
        readFileSync('main.mjs');
        fs.stat('main.mjs', () => {});
        fs.existsSync(Buffer.from('main.mjs'));
        fs.opendirSync('.').closeSync();
        fs.realpath.native('main.mjs', () => {});
        fs.realpathSync.native('main.mjs');
        await readFile('main.mjs');
        await readFile('nothing').catch(({ code }) => console.log(code));
        try { readFileSync('nothing'); } catch ({ code }) { console.log(code); }`,
    });
    assert.equal(run.stdout, 'ENOENT\nENOENT\n');
    const calls = [...slices(run), ...operationsIn(run.events)];
    // On Node 20, reading synchronously opens by the function that others call, too.
    const direct = calls.filter(({ name }) => name !== 'fs.openSync');
    const of = (path: string) =>
      direct
        .filter(({ args }) => args['file.path'] === path)
        .map(({ name }) => name)
        .sort();
    assert.deepEqual(of('main.mjs'), [
      ...['fs.existsSync', 'fs.promises.readFile', 'fs.readFileSync'],
      ...['fs.realpath.native', 'fs.realpathSync.native', 'fs.stat'],
    ]);
    assert.deepEqual(of('.'), ['fs.opendirSync']);
    assert.deepEqual(of('nothing'), ['fs.promises.readFile', 'fs.readFileSync']);
    const failed = calls.filter(({ args }) => args['error.type'] === 'ENOENT');
    assert.ok(
      ['fs.promises.readFile', 'fs.readFileSync'].every((name) =>
        failed.some((call) => call.name === name),
      ),
    );
  });

  test('fs shows what each thread of the program does, and nothing of what tracelane does', async () => {
    const project = new Project({
      'main.cjs': `
        const { Worker, isMainThread } = require('node:worker_threads');
        if (isMainThread) new Worker(__filename);
        else require('node:fs').readFileSync('main.cjs');
        setTimeout(() => {}, 300);`,
    });
    for (const sources of ['fs', 'fs,memory']) {
      const run = await project.run(['--quiet', '--sources', sources, 'main.cjs']);
      assert.deepEqual([run.code, run.stderr], [0, '']);
      const calls = run.events.filter(({ cat }) => cat === 'fs');
      const isRead = ({ name, args }: RecordedEvent) =>
        name === 'fs.readFileSync' && args['file.path'] === 'main.cjs';
      assert.deepEqual(
        calls.filter(isRead).map(({ tid, pid }) => tid === pid),
        [false],
      );
      const ofTracelane = /^\/proc|^\/dev/;
      const others = calls.filter(
        ({ name, args }) => name === 'fs.fstatSync' || ofTracelane.test(String(args['file.path'])),
      );
      assert.deepEqual(others, []);
    }
  });

  test('console shows what is said, which is said all the same', async () => {
    const run = await trace('console', {
      'main.cjs': `console.log('a %s', 'b', { c: 1 }); console.log(Symbol('d'));
        console.log({ p: '100%s' }, 'x'); console.log(); console.dir({ e: 1 }, { depth: 0 });`,
    });
    assert.equal(run.stdout, "a b { c: 1 }\nSymbol(d)\n{ p: '100%s' } x\n\n{ e: 1 }\n");
    assert.equal(named(run, 'console.dir')[0]?.args['message'], '{ e: 1 }');
    assert.deepEqual(
      named(run, 'console.log').map(({ args }) => args['message']),
      ['a b { c: 1 }', 'Symbol(d)', "{ p: '100%s' } x", ''],
    );
  });

  test('diagnostics shows the channels that are named', async () => {
    const files = {
      'main.cjs': `
        const { channel } = require('node:diagnostics_channel');
        channel('my:thing').publish({ count: 1, name: 'x', large: { deep: {} }, get bad() { throw 1; } });
        channel('my:other').publish({});`,
    };
    const run = await trace('default', files, ['--channel', 'my:thing']);
    assert.deepEqual(named(run, 'my:thing')[0]?.args, { count: 1, name: 'x' });
    assert.equal(named(run, 'my:other').length, 0);
  });
});

test('every source has its line in the documentation', async () => {
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(new URL('../../../docs/run.md', import.meta.url), 'utf8');
  for (const name of SOURCE_NAMES) assert.match(text, new RegExp(`^\\| \`${name}\` `, 'm'));
});
