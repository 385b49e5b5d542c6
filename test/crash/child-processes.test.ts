import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordedEvent } from '../record-trace.js';
import { countEvents, problems, runProgram } from '../run-program.js';

const eventsIn = (text: string) => JSON.parse(text) as RecordedEvent[];

/** Runs `root` in a first process, and `child` in those that it starts of the same file. */
const family = (root: string, child: string, options: Parameters<typeof runProgram>[1] = {}) =>
  runProgram(
    `
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
const level = Number(process.env.LEVEL ?? 0);
const start = (how = fork) => {
  const env = { ...process.env, LEVEL: level + 1 };
  const options = { env, stdio: ['ignore', 'inherit', 'inherit', ...(how === fork ? ['ipc'] : [])] };
  return how === fork ? fork(self, { ...options }) : spawn(process.execPath, [fileURLToPath(self)], options);
};
const ended = (process) => once(process, 'exit');
if (level === 0) {
  const tracer = new Tracer('trace.json', globalThis.options).start();
  setGlobalTracer(tracer);
  ${root}
} else {
  const tracer = getGlobalTracer();
  ${child}
}`,
    options,
  );

describe('stop() in the root', () => {
  test('says how many parts there are, and warns once of those that are not joined', async () => {
    const run = await family(
      `const lasting = start();
       await once(lasting, 'message');
       await ended(start());
       const { joined, parts, unjoined } = await tracer.stop();
       const whole = unjoined.map((path) => fs.existsSync(path));
       console.log(JSON.stringify({ joined, parts, whole, again: (await tracer.stop()).parts }));
       lasting.kill('SIGKILL');`,
      `tracer.instant('here');
       if (process.send !== undefined) {
         await tracer.flush();
         process.send('recorded');
         if (!fs.existsSync('first')) {
           fs.writeFileSync('first', '');
           setInterval(() => {}, 1000);
         } else process.disconnect();
       }`,
    );
    assert.deepEqual(JSON.parse(run.stdout), { joined: 1, parts: 2, whole: [true], again: 2 });
    const warnings = run.stderr.match(/TRACELANE_PARTS_NOT_JOINED/g) ?? [];
    assert.equal(warnings.length, 1, run.stderr);
    assert.match(run.stderr, /1 part\(s\) of child processes were not joined.*tracelane merge/);
  });

  test('says nothing where there are none', async () => {
    const run = await family(
      'const { parts, unjoined } = await tracer.stop(); console.log(parts, unjoined.length);',
      '',
    );
    assert.deepEqual([run.stdout, run.stderr], ['0 0\n', '']);
  });
});

describe('a child process with an environment of its own', () => {
  test('records into a part where that holds childEnv(), and so does its child', async () => {
    const run = await family(
      `const env = { LEVEL: 1, ...tracer.childEnv() };
       await ended(spawn(process.execPath, [fileURLToPath(self)], { env, stdio: 'inherit' }));
       await ended(spawn(process.execPath, [fileURLToPath(self)], { env: { LEVEL: 5 } }));
       console.log((await tracer.stop()).joined, JSON.stringify(tracer.childEnv()));`,
      `tracer.instant('level ' + level);
       const env = { LEVEL: level + 1, ...tracer.childEnv() };
       if (level < 2) await ended(spawn(process.execPath, [fileURLToPath(self)], { env }));`,
    );
    assert.equal(run.stdout, '2 {}\n');
    assert.deepEqual(countEvents(run.text), { 'i level 1': 1, 'i level 2': 1 });
  });
});

describe('a child process that uses the global tracer', () => {
  test('is in the file of its root, three levels deep, however it was started', async () => {
    const run = await family(
      `await Promise.all([ended(start(fork)), ended(start(spawn))]);
       const { joined } = await tracer.stop();
       console.log(joined);`,
      `tracer.trace('level ' + level, () => tracer.flowEnd(tracer.flowStart('flow')));
       tracer.asyncEnd(tracer.asyncBegin('operation', 7));
       if (level < 3) await Promise.all([ended(start(fork)), ended(start(spawn))]);`,
    );
    assert.equal(run.stdout, '14\n');
    assert.deepEqual(problems(run.text), []);
    assert.deepEqual(countEvents(run.text), {
      'X level 1': 2,
      'X level 2': 4,
      'X level 3': 8,
      's flow': 14,
      'f flow': 14,
      'b operation': 14,
      'e operation': 14,
    });
    assert.deepEqual([...run.parts.keys()], []);
    const events = eventsIn(run.text);
    const processes = new Set(events.map(({ pid }) => pid));
    assert.equal(processes.size, 15);
    const named = events.filter(({ name }) => name === 'process_name').map(({ pid }) => pid);
    assert.deepEqual(new Set(named), processes);
    // An id stands for one thing of one process.
    for (const phase of ['s', 'b']) {
      const ids = events.filter(({ ph }) => ph === phase).map(({ id }) => id);
      assert.equal(new Set(ids).size, 14);
    }
  });

  test('is in it as a worker of a cluster, with the threads of its own', async () => {
    const run = await runProgram(`
import cluster from 'node:cluster';
import { once } from 'node:events';
if (!isMainThread) getGlobalTracer().instant('thread');
else if (cluster.isPrimary) {
  const tracer = new Tracer('trace.json').start();
  setGlobalTracer(tracer);
  const workers = [cluster.fork(), cluster.fork()];
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  await tracer.stop();
} else {
  getGlobalTracer().instant('worker');
  await once(new Worker(self), 'exit');
  process.exit();
}`);
    assert.deepEqual(problems(run.text), []);
    assert.deepEqual(countEvents(run.text), { 'i worker': 2, 'i thread': 2 });
  });

  test('has its events between those around it, on one clock', async () => {
    for (const clock of ['relative', 'epoch']) {
      const run = await family(
        `tracer.instant('before');
         await ended(start());
         tracer.instant('after');
         await tracer.stop();`,
        `tracer.instant('within');`,
        { nodeArgs: ['--import', `data:text/javascript,globalThis.options={clock:'${clock}'}`] },
      );
      const timed = eventsIn(run.text).filter(({ ph }) => ph === 'i');
      timed.sort((a, b) => a.ts - b.ts);
      assert.deepEqual(
        timed.map(({ name }) => name),
        ['before', 'within', 'after'],
      );
    }
  });

  test('takes over what the root records: its categories and its buffer', async () => {
    // Of the memory that threads share.
    const size = 'console.log(tracer.handle().memory.byteLength);';
    const run = await family(
      `${size} await ended(start()); await tracer.stop();`,
      `${size} tracer.instant('kept', 'db'); tracer.instant('filtered', 'verbose');`,
      {
        nodeArgs: [
          '--import',
          `data:text/javascript,globalThis.options={categories:'db',bufferSize:131072}`,
        ],
      },
    );
    assert.deepEqual(countEvents(run.text), { 'i kept': 1 });
    const [inRoot, inChild] = run.stdout.split('\n').map(Number);
    assert.equal(inChild, inRoot);
    assert.ok(Number(inRoot) >= 131_072 && Number(inRoot) < 2 * 131_072, `${inRoot} bytes`);
  });

  for (const [how, end] of [
    ['process.exit()', 'process.exit(3);'],
    ['an uncaught error', `process.stderr.write = () => true; throw new Error('x');`],
    ['a signal', `process.kill(process.pid, 'SIGTERM'); await new Promise(() => {});`],
  ] as const) {
    test(`is complete when it ends by ${how}`, async () => {
      const run = await family(
        'await ended(start()); await tracer.stop();',
        `for (let i = 0; i < 1000; i++) tracer.instant('x');
         tracer.beginSpan('open');
         setInterval(() => {}, 1000);
         ${end}`,
      );
      assert.deepEqual(problems(run.text), []);
      assert.deepEqual(countEvents(run.text), { 'i x': 1000, 'B open': 1 });
    });
  }

  test('is there up to its last flush when it is killed', async () => {
    const run = await family(
      `const child = start();
       await once(child, 'message');
       child.kill('SIGKILL');
       await ended(child);
       await tracer.stop();`,
      `for (let i = 0; i < 1000; i++) tracer.instant('x');
       tracer.beginSpan('open');
       await tracer.flush();
       process.send('flushed');
       setInterval(() => tracer.instant('later'), 1);`,
    );
    assert.deepEqual(problems(run.text), []);
    const { 'i x': x, 'B open': open } = countEvents(run.text);
    assert.deepEqual([x, open], [1000, 1]);
  });

  test('stays a file of its own while it runs, which it finishes alone', async () => {
    const run = await family(
      `const child = start();
       await once(child, 'message');
       const { joined } = await tracer.stop();
       console.log(joined);
       child.send('root has stopped');
       await ended(child);`,
      `tracer.instant('before');
       await tracer.flush();
       process.send('ready');
       process.once('message', () => {
         tracer.instant('after');
         process.disconnect();
       });`,
    );
    assert.equal(run.stdout, '0\n');
    assert.deepEqual(countEvents(run.text), {});
    const [[name, part] = ['', '']] = run.parts;
    assert.match(name, /^trace\.part-[0-9a-f]{8}-\d+-[0-9a-f]{8}\.json$/);
    assert.deepEqual(problems(part), []);
    assert.deepEqual(countEvents(part), { 'i before': 1, 'i after': 1 });
  });

  test('records nothing with childProcesses: false, nor after the root has stopped', async () => {
    const child = `console.log(tracer.enabled, 'TRACELANE_PARENT' in process.env);`;
    const off = await family('await ended(start()); await tracer.stop();', child, {
      nodeArgs: ['--import', 'data:text/javascript,globalThis.options={childProcesses:false}'],
    });
    assert.equal(off.stdout, 'false false\n');
    const late = await family('await tracer.stop(); await ended(start());', child);
    assert.equal(late.stdout, 'false false\n');
    const unset = await family('setGlobalTracer(undefined); await ended(start());', child);
    assert.equal(unset.stdout, 'false false\n');
    assert.equal(off.parts.size + late.parts.size + unset.parts.size, 0);
  });
});

describe('a part of a child process', () => {
  test('that was cut in half is joined without what is broken in it', async () => {
    const run = await family(
      `await ended(start());
       const [part] = fs.readdirSync('.').filter((name) => name.startsWith('trace.part-'));
       const text = fs.readFileSync(part, 'utf8');
       // As if a write had been cut over an older, longer end.
       const cut = text.lastIndexOf('"name":"third"') + 9;
       fs.writeFileSync(part, text.slice(0, cut) + '"rd","cat":"x","ph":"B","ts":1}\\n]\\n' + '\\n{"na');
       await tracer.stop();`,
      `for (const name of ['first', 'second', 'third']) tracer.instant(name);`,
    );
    assert.deepEqual(problems(run.text), []);
    assert.deepEqual(countEvents(run.text), { 'i first': 1, 'i second': 1 });
    assert.equal(run.parts.size, 0);
  });

  test('may be larger than what is read at once', async () => {
    const run = await family(
      'await ended(start()); await tracer.stop();',
      `for (let i = 0; i < 200_000; i++) tracer.instant('many', 'c', { i });
       tracer.instant('long', 'c', { text: 'x'.repeat(3_000_000) });`,
    );
    assert.deepEqual(countEvents(run.text), { 'i many': 200_000, 'i long': 1 });
    const numbers = eventsIn(run.text).filter(({ name }) => name === 'many');
    assert.ok(numbers.every(({ args }, i) => args['i'] === i));
  });

  test('is a new file with the rights that the umask leaves, and no link is followed', async () => {
    const run = await family(
      `await ended(start());
       const [part] = fs.readdirSync('.').filter((name) => name.startsWith('trace.part-'));
       console.log((fs.statSync(part).mode & 0o777).toString(8));
       fs.writeFileSync('secret', '[\\n{"name":"secret","ph":"i"}\\n]\\n');
       const link = part.replace(/-[0-9a-f]+\\.json$/, '-0.json');
       fs.symlinkSync('secret', link);
       await tracer.stop();
       fs.rmSync(link);`,
      `process.umask(0o077); tracer.instant('x');`,
      { shell: 'umask 077' },
    );
    assert.equal(run.stdout, '600\n');
    assert.equal(countEvents(run.text)['i secret'], undefined);
  });

  test('that cannot be made costs the child its trace, one warning and nothing else', async () => {
    const run = await family(
      `const path = await import('node:path');
       const fs = await import('node:fs');
       const text = process.env.TRACELANE_PARENT;
       const file = JSON.parse(text).path;
       const change = (changes) => JSON.stringify({ ...JSON.parse(text), ...changes });
       const folder = path.dirname(file);
       for (const stale of [
         change({ path: '/proc/none/trace.json' }),
         change({ path: path.join(folder, 'gone', 'trace.json') }),
         change({ path: '/dev/null' }),
         change({ path: 'trace.json' }),
         change({ file: '1:2' }),
         change({ file: undefined }),
         change({ run: '../../x' }),
         change({ path: ['x'] }),
         'null',
         '{',
       ]) {
         process.env.TRACELANE_PARENT = stale;
         await ended(start());
       }
       process.env.TRACELANE_PARENT = text;
       console.log(fs.readdirSync(folder).filter((name) => name !== 'program.mjs').join());
       await tracer.stop();`,
      `tracer.instant('x'); console.log(tracer.enabled);`,
    );
    assert.equal(run.stdout, `${'false\n'.repeat(10)}trace.json\n`);
    assert.equal(run.stderr.match(/TRACELANE_BAD_PARENT/g)?.length, 10);
  });

  test('is made by no child of a trace that goes into a device', async () => {
    const run = await family(
      `await tracer.stop();
       const device = new Tracer('/dev/null').start();
       setGlobalTracer(device);
       console.log(process.env.TRACELANE_PARENT);
       await ended(start());
       await device.stop();`,
      `tracer.instant('x'); console.log(tracer.enabled);`,
    );
    assert.equal(run.stdout, 'undefined\nfalse\n');
    assert.equal(run.stderr, '');
  });
});
