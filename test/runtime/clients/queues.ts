import assert from 'node:assert/strict';
import Module from 'node:module';
import { test } from 'node:test';
import type { Run } from '../run-traced.js';
import { callsOf, flows, outcomes, rootOf, runTraced } from './client-program.js';
import { describeWith } from './servers.js';

/** Clients of queues, each against the real server: see databases.ts. */

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

  test('bullmq: a flow leads to a job that another thread takes', async () => {
    const run = await runTraced(
      'cjs',
      `const { Worker: Thread, isMainThread, parentPort } = require('node:worker_threads');
      const { Queue, Worker } = require('bullmq');
      const connection = { host: '127.0.0.1', port: ${port()} };
      const metadata = JSON.stringify({ traceparent: '00-${'1'.repeat(32)}-${'2'.repeat(16)}-01' });
      (async () => {
        if (isMainThread) {
          const thread = new Thread(__filename);
          const names = [];
          thread.on('message', (name) => names.push(name));
          const queue = new Queue('crossing', { connection });
          await tracer.trace('work', async () => {
            await queue.add('one', {});
            await queue.addBulk([{ name: 'two', data: {} }, { name: 'three', data: {}, opts: { attempts: 1 } }]);
            await queue.add('four', {}, { telemetry: { metadata } });
            await queue.add('five', {}, { telemetry: { metadata: 'of somebody else' } });
          });
          thread.on('exit', async () => {
            console.log(names.sort().join());
            await queue.obliterate({ force: true });
            await queue.close();
          });
        } else {
          let left = 5;
          const worker = new Worker('crossing', async (job) => parentPort.postMessage(job.name), { connection });
          worker.on('completed', () => { if (--left === 0) worker.close(); });
        }
      })();`,
    );
    assertCrosses(run, [
      ...Array(3).fill('send crossing → process crossing'),
      ...Array(2).fill('send crossing → undefined'),
    ]);
  });

  test('bullmq: jobs and options of any class are added as they are, and what is wrong fails as ever', async () => {
    const run = await runTraced(
      'cjs',
      `const { Queue } = require('bullmq');
      class NewJob {
        #name = 'of a class';
        get name() { return this.#name; }
        get data() { return { mine: 1 }; }
        get opts() { return Object.freeze({ delay: 5 }); }
      }
      class Options {
        delay = 7;
        get jobId() { return 'inherited'; }
      }
      const thrower = { get name() { throw new RangeError('of a getter'); } };
      (async () => {
        const queue = new Queue('odd', { connection: { host: '127.0.0.1', port: ${port()} } });
        const say = ({ name, id, data, opts: { telemetry, timestamp, ...opts } }) =>
          console.log(name, JSON.stringify(data), id === 'inherited', JSON.stringify(opts));
        say(await queue.add('one', null, new Options()));
        say(await queue.add('two', {}, Object.freeze({ priority: 1 })));
        (await queue.addBulk([new NewJob(), Object.freeze({ name: 'three', data: {} })])).forEach(say);
        for (const jobs of [[null], [undefined], [thrower], {}, 'x', undefined]) {
          await queue.addBulk(jobs).catch(({ name, message }) => console.log(name, message));
        }
        await queue.obliterate({ force: true });
        await queue.close();
      })();`,
    );
    const carrying = callsOf(run, 'queue').filter(({ args }) => args['trace.span'] !== undefined);
    assert.ok(carrying.length >= 4, 'they carry what they belong to');
  });

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
      const inside = run.events.filter(({ name }) => name.startsWith('in '));
      assert.deepEqual(
        inside.map((event) => rootOf(run, event)),
        Array(4).fill('process orders'),
      );
      const sent = operations.filter(({ name }) => name === 'send orders');
      assert.deepEqual(new Set(sent.map((call) => rootOf(run, call))), new Set(['work']));
      assert.deepEqual(flows(run), Array(4).fill('send orders → process orders'));
      assert.doesNotMatch(run.text, /private/);
    });
  }
});

/**
 * Of programs that send in one thread and take in another, also what carries something of somebody
 * else's.
 */
function assertCrosses(run: Run, expected: readonly string[]): void {
  const calls = callsOf(run, 'queue');
  const tracks = (phase: string) =>
    run.events.filter(({ ph, name }) => ph === phase && name === 'traceparent');
  const threads = (phase: string) => new Set(tracks(phase).map(({ tid }) => tid));
  assert.equal(threads('s').size, 1);
  assert.equal(threads('f').size, 1);
  assert.notDeepEqual(threads('s'), threads('f'));
  assert.deepEqual(flows(run).sort(), expected);
  const traces = new Set(
    calls.map(({ args }) => args['trace.id']).filter((id) => id !== undefined),
  );
  // What one call has sent, and what carries somebody else's.
  assert.equal(traces.size, 2);
}

describeWith('rabbitmq', (port) => {
  test('amqplib: a flow leads to a message that another thread takes', async () => {
    const run = await runTraced(
      'mjs',
      `import { Worker, isMainThread, parentPort } from 'node:worker_threads';
      import { connect } from 'amqplib';
      const connection = await connect('amqp://127.0.0.1:${port()}');
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('crossing');
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url));
        const headers = { traceparent: '00-${'1'.repeat(32)}-${'2'.repeat(16)}-01' };
        tracer.trace('work', () => {
          channel.sendToQueue('crossing', Buffer.from('one'), { headers: { mine: 1 } });
          channel.sendToQueue('crossing', Buffer.from('two'));
          channel.sendToQueue('crossing', Buffer.from('three'), { headers });
        });
        worker.on('message', (text) => console.log(text));
        worker.on('exit', async () => { await channel.close(); await connection.close(); });
      } else {
        let left = 3;
        await channel.consume('crossing', async (message) => {
          const { traceparent, ...headers } = message.properties.headers;
          parentPort.postMessage(message.content.toString() + JSON.stringify(headers));
          channel.ack(message);
          if (--left === 0) { await channel.close(); await connection.close(); }
        });
      }`,
    );
    assertCrosses(run, [
      ...['send crossing → process crossing', 'send crossing → process crossing'],
      'send crossing → undefined',
    ]);
  });

  test('amqplib: what is done when the server confirms a message belongs to who has sent it', async () => {
    const run = await runTraced(
      'mjs',
      `import { connect } from 'amqplib';
      const connection = await connect('amqp://127.0.0.1:${port()}');
      const channel = await connection.createConfirmChannel();
      for (let i = 0; i < 2; i++) {
        await new Promise((done) => tracer.trace('request ' + i, () => {
          channel.publish('', 'nowhere', Buffer.from('one'), {}, () => {
            tracer.instant('answer ' + i);
            done();
          });
        }));
      }
      await channel.close();
      await connection.close();`,
    );
    for (const i of [0, 1]) {
      const [answer] = run.events.filter(({ name }) => name === `answer ${i}`);
      assert.ok(answer !== undefined);
      assert.equal(rootOf(run, answer), `request ${i}`);
    }
  });

  test('amqplib: what callbacks do belongs to who has asked, and not to who has opened the connection', async () => {
    const run = await runTraced(
      'cjs',
      `const { connect } = require('amqplib/callback_api');
      const asked = [
        (channel, then) => channel.assertQueue('asked', { durable: false, autoDelete: true }, then),
        (channel, then) => channel.assertExchange('asking', 'fanout', { autoDelete: true }, then),
        (channel, then) => channel.sendToQueue('asked', Buffer.from('one'), {}, then),
        (channel, then) => channel.get('asked', { noAck: true }, then),
        (channel, then) => channel.get('asked', { noAck: true }, then),
        (channel, then) => channel.consume('asked', () => {}, { consumerTag: 'tag' }, then),
        (channel, then) => channel.consume('asked', (message) => message ?? then(), {}, (error) => {
          if (error === null) channel.deleteQueue('asked', {}, () => {});
        }),
        (channel, then) => channel.waitForConfirms(then),
        (channel, then) => channel.connection.close(then),
      ];
      const request = (name, run) => new Promise((done) => {
        tracer.trace('request ' + name, () => run((...results) => {
          tracer.instant('answer ' + name);
          done(results);
        }));
      });
      (async () => {
        const [, connection] = await request('first', (then) => connect('amqp://127.0.0.1:${port()}', then));
        await request('channel', (then) => connection.createChannel((_, channel) => channel.close(then)));
        const [, channel] = await request('second', (then) => connection.createConfirmChannel(then));
        for (const [i, ask] of asked.entries()) {
          const [error] = await request(i, (then) => ask(channel, then));
          if (error) console.log(error);
        }
      })();`,
    );
    const answers = run.events.filter(({ name }) => name.startsWith('answer '));
    assert.equal(answers.length, 12);
    for (const answer of answers) {
      assert.equal(rootOf(run, answer), answer.name.replace('answer', 'request'));
    }
  });

  test('amqplib: options of any class are sent as they are, with what they inherit', async () => {
    const run = await runTraced(
      'mjs',
      `import { connect } from 'amqplib';
      const connection = await connect('amqp://127.0.0.1:${port()}');
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('odd', { autoDelete: true });
      class Options {
        #priority = 3;
        get priority() { return this.#priority; }
        get headers() { return Object.freeze({ mine: 1, traceparent: undefined }); }
      }
      const sent = [
        new Options(),
        Object.create({ persistent: true, correlationId: 'id', headers: { mine: 2 } }),
        ...[undefined, null, 'text', 7, { headers: null }, { headers: 'text' }],
        { get headers() { throw new RangeError('of a getter'); } },
      ];
      let left = 0;
      for (const options of sent) {
        try {
          channel.sendToQueue('odd', Buffer.from('one'), options);
          left++;
        } catch ({ name, message }) { console.log(name, message); }
      }
      await channel.waitForConfirms();
      await new Promise((done) => channel.consume('odd', (message) => {
        const { headers: { traceparent, ...headers }, ...properties } = message.properties;
        console.log(JSON.stringify({ ...properties, headers }));
        channel.ack(message);
        if (--left === 0) done();
      }));
      await channel.close();
      await connection.close();`,
    );
    const sent = callsOf(run, 'queue').filter(({ name }) => name === 'send odd');
    assert.equal(sent.length, 7);
    for (const { args } of sent) assert.ok(args['trace.span'], 'each carries what it belongs to');
  });

  test('amqplib: a promise of a consumer that the program handles itself is reported by nobody', async () => {
    const run = await runTraced(
      'mjs',
      `import { connect } from 'amqplib';
      const connection = await connect('amqp://127.0.0.1:${port()}');
      const channel = await connection.createChannel();
      const { queue } = await channel.assertQueue('');
      const handled = new Promise((resolve) => {
        channel.consume(queue, (message) => {
          channel.ack(message);
          const failing = Promise.reject(new Error('no such order'));
          failing.catch(({ message }) => resolve(message));
          return failing;
        });
      });
      channel.sendToQueue(queue, Buffer.from('one'));
      console.log(await handled);
      await connection.close();`,
    );
    assert.equal(run.stdout, 'no such order\n');
    const taken = callsOf(run, 'queue').filter(
      ({ id, name }) => id !== '' && /^process /.test(name),
    );
    assert.equal(taken.length, 1);
  });

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
    const inside = run.events.filter(({ name }) => name.startsWith('in '));
    assert.deepEqual(
      inside.map((event) => rootOf(run, event)),
      Array(3).fill('process orders'),
    );
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
