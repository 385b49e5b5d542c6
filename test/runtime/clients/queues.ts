import assert from 'node:assert/strict';
import Module from 'node:module';
import { test } from 'node:test';
import type { Run } from '../run-traced.js';
import { callsOf, outcomes, rootOf, runTraced } from './client-program.js';
import { describeWith } from './servers.js';

/** Clients of queues, each against the real server: see databases.ts. */

/** Names of the slices at both ends of each flow. */
function flows(run: Run): string[] {
  const around = ({ ts, tid }: Run['events'][number]) =>
    run.events
      .filter((event) => event.ph === 'X' && event.tid === tid)
      .filter((slice) => slice.ts <= ts && slice.ts + (slice.dur ?? 0) >= ts)
      .at(-1)?.name;
  return run.events
    .filter(({ ph }) => ph === 's')
    .map((start) => {
      const end = run.events.find(({ ph, id }) => ph === 'f' && id === start.id);
      return `${around(start)} → ${end && around(end)}`;
    });
}

describeWith('redis', (port) => {
  const program = () => `
    const connection = { host: '127.0.0.1', port: ${port()} };
    const queue = new Queue('orders', { connection });
    const seen = [];
    let done;
    const all = new Promise((resolve) => { done = resolve; });
    const worker = new Worker('orders', async (job) => {
      await null;
      tracer.instant('in ' + job.name);
      seen.push(job.name);
      if (job.name === 'bad') throw Object.assign(new Error('secret'), { code: 'EBAD' });
      return job.data.private;
    }, { connection });
    worker.on('failed', () => {});
    worker.on('drained', () => { if (seen.length === 4) done(); });
    await tracer.trace('work', async () => {
      console.log((await queue.add('one', { private: 'private value' })).name);
      console.log((await queue.addBulk([{ name: 'two', data: {} }, { name: 'three', data: {} }])).length);
      await queue.add('bad', {});
    });
    await all;
    console.log(seen.sort().join());
    await worker.close();
    await queue.obliterate({ force: true });
    await queue.close();`;

  for (const [kind, load] of [
    ['cjs', `const { Queue, Worker } = require('bullmq');`],
    ['mjs', `import { Queue, Worker } from 'bullmq';`],
  ] as const) {
    const missing =
      kind === 'mjs' && !('registerHooks' in Module) && 'this Node tells nobody of ES modules';
    test(`bullmq in a .${kind} file: a job is an operation of its own, to which a flow leads`, {
      skip: missing,
    }, async () => {
      const run = await runTraced(
        kind,
        load + (kind === 'mjs' ? program() : `(async () => {${program()}})();`),
      );
      const calls = callsOf(run, 'queue');
      const operations = calls.filter(({ id }) => id !== '');
      assert.deepEqual(outcomes(operations).sort(), [
        ...['process orders', 'process orders', 'process orders', 'process orders: EBAD'],
        ...['send orders', 'send orders', 'send orders'],
      ]);
      for (const event of run.events.filter(({ name }) => name.startsWith('in '))) {
        assert.equal(rootOf(run, event), 'process orders');
      }
      const sent = operations.filter(({ name }) => name === 'send orders');
      assert.deepEqual(new Set(sent.map((call) => rootOf(run, call))), new Set(['work']));
      assert.deepEqual(flows(run), Array(4).fill('send orders → process orders'));
      assert.doesNotMatch(run.text, /private/);
    });
  }
});

describeWith('rabbitmq', (port) => {
  test('amqplib: a message that is taken is an operation of its own, to which a flow leads', async () => {
    const run = await runTraced(
      'mjs',
      `import { connect } from 'amqplib';
      const connection = await connect('amqp://127.0.0.1:${port()}');
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('orders');
      await channel.assertExchange('events', 'fanout');
      await channel.bindQueue('orders', 'events', '');
      let done;
      const all = new Promise((resolve) => { done = resolve; });
      const texts = [];
      await channel.consume('orders', async (message) => {
        await null;
        const text = message.content.toString();
        tracer.instant('in ' + text);
        texts.push(text);
        channel.ack(message);
        if (texts.length === 3) done();
      });
      tracer.trace('work', () => {
        channel.sendToQueue('orders', Buffer.from('one'), { messageId: 'first' });
        channel.sendToQueue('orders', Buffer.from('two'));
        channel.publish('events', '', Buffer.from('three'));
        try { channel.sendToQueue('orders', 'no buffer'); } catch ({ name }) { console.log(name); }
      });
      await all;
      console.log(texts.sort().join());
      await channel.close();
      await connection.close();`,
    );
    const calls = callsOf(run, 'queue');
    const taken = calls.filter(({ id }) => id !== '');
    assert.deepEqual(outcomes(taken), Array(3).fill('process orders'));
    for (const event of run.events.filter(({ name }) => name.startsWith('in '))) {
      assert.equal(rootOf(run, event), 'process orders');
    }
    const sent = calls.filter(({ name }) => name.startsWith('send '));
    assert.deepEqual(outcomes(sent), ['send orders', 'send orders', 'send events']);
    assert.deepEqual(new Set(sent.map((call) => rootOf(run, call))), new Set(['work']));
    assert.deepEqual(sent[0]?.args['messaging.message.id'], 'first');
    assert.deepEqual(flows(run), [
      ...[
        'send orders → process orders',
        'send orders → process orders',
        'send events → process orders',
      ],
    ]);
  });
});
