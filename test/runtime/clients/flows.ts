import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsOf, flows, outcomes, rootOf, runTraced } from './client-program.js';
import { describeWith } from './servers.js';

/** What adds jobs to queues of bullmq other than a queue's own methods: see queues.ts. */

describeWith('redis', (port) => {
  const load = () => `
    const { FlowProducer, Queue, Worker } = require('bullmq');
    const connection = { host: '127.0.0.1', port: ${port()} };
    /** Processes what comes to queues, until it is so many jobs. */
    const work = (names, count) => new Promise((resolve) => {
      const seen = [];
      const end = async () => {
        await Promise.all(workers.map((worker) => worker.close()));
        for (const name of names) {
          const queue = new Queue(name, { connection });
          await queue.obliterate({ force: true });
          await queue.close();
        }
        resolve(seen.sort().join());
      };
      const workers = names.map((name) => new Worker(name, async (job) => {
        await null;
        tracer.instant('in ' + job.name);
      }, { connection, drainDelay: 1 }));
      for (const worker of workers) {
        worker.on('completed', (job) => { if (seen.push(job.name) === count) end(); });
      }
    });`;

  for (const [says, options, carries] of [
    ['carry what they belong to', [], true],
    ['lead to where they are taken in the same thread', ['--propagate', 'none'], false],
  ] as const) {
    test(`bullmq: jobs of flows ${says}, also where several are the same object`, async () => {
      const run = await runTraced(
        'cjs',
        `${load()}
        (async () => {
          const producer = new FlowProducer({ connection });
          const leaf = { name: 'leaf', queueName: 'leaves', data: {} };
          await tracer.trace('work', async () => {
            const { job, children } = await producer.add({
              ...{ name: 'tree', queueName: 'trees', data: {} },
              children: [leaf, leaf, { ...leaf, name: 'branch', opts: Object.freeze({ attempts: 2 }), children: [leaf] }],
            });
            console.log(job.name, children.map(({ job }) => job.name + job.opts.attempts).join());
            const added = await producer.addBulk([leaf, { ...leaf, name: 'other' }]);
            console.log(added.map(({ job }) => job.name).join());
          });
          console.log(await work(['trees', 'leaves'], 7));
          await producer.close();
        })();`,
        options,
      );
      const operations = callsOf(run, 'queue').filter(({ id }) => id !== '');
      assert.deepEqual(outcomes(operations).sort(), [
        ...Array(6).fill('process leaves'),
        ...['process trees', 'send', 'send leaves'],
      ]);
      const sent = operations.filter(({ name }) => name.startsWith('send'));
      assert.deepEqual(new Set(sent.map((call) => rootOf(run, call))), new Set(['work']));
      assert.deepEqual(
        sent.map(({ args }) => args['messaging.batch.message_count']),
        [5, 2],
      );
      assert.deepEqual(flows(run).sort(), [
        ...Array(6).fill('send leaves → process leaves'),
        'send trees → process trees',
      ]);
      const carrying = callsOf(run, 'queue').filter(({ args }) => args['trace.span'] !== undefined);
      assert.equal(carrying.length, carries ? 7 : 0);
    });
  }

  test('bullmq: flows of any class are added as they are, and what is none fails as ever', async () => {
    const run = await runTraced(
      'cjs',
      `${load()}
      class NewJob {
        #name = 'of a class';
        queueName = 'odd';
        get name() { return this.#name; }
        get data() { return { mine: 1 }; }
        get opts() { return Object.freeze({ priority: 5 }); }
      }
      class Parent extends NewJob {
        get name() { return 'parent'; }
        get children() { return Object.freeze([new NewJob()]); }
      }
      const thrower = { queueName: 'odd', get name() { throw new RangeError('of a getter'); } };
      const endless = { name: 'endless', queueName: 'odd' };
      endless.children = [endless];
      (async () => {
        const producer = new FlowProducer({ connection });
        const say = ({ job: { name, data, opts }, children }) => {
          console.log(name, JSON.stringify(data), opts.priority, children?.length);
          children?.forEach(say);
        };
        say(await producer.add(Object.freeze(new Parent())));
        const fail = ({ name, message }) => console.log(name, message);
        for (const flow of [null, undefined, 'x', {}, thrower, endless]) {
          await producer.add(flow).catch(fail);
          await producer.addBulk([flow]).catch(fail);
          await producer.addBulk(flow).catch(fail);
        }
        console.log(await work(['odd'], 2));
        await producer.close();
        console.log(await producer.add(new NewJob()), await producer.addBulk([new NewJob()]));
      })();`,
    );
    const ends = flows(run).filter((flow) => !flow.endsWith('undefined'));
    assert.deepEqual(ends, Array(2).fill('send odd → process odd'));
  });

  test('bullmq: a flow leads from what makes a scheduler of jobs to the first of them', async () => {
    const run = await runTraced(
      'cjs',
      `${load()}
      (async () => {
        const queue = new Queue('daily', { connection });
        const say = ({ name, opts }) => console.log(name, opts.attempts, opts.telemetry);
        await tracer.trace('work', async () => {
          const template = { name: 'first', data: {}, opts: { attempts: 2 } };
          say(await queue.upsertJobScheduler('each', { every: 3_600_000 }, template));
        });
        console.log(await queue.upsertJobScheduler('never', { every: 1000, limit: 0 }));
        await queue.upsertJobScheduler('wrong', {}).catch(({ message }) => console.log(message));
        console.log(await work(['daily'], 1));
        await queue.close();
      })();`,
    );
    const operations = callsOf(run, 'queue').filter(({ id }) => id !== '');
    assert.deepEqual(outcomes(operations), [
      ...['send daily', 'send daily', 'send daily: Error', 'process daily'],
    ]);
    assert.equal(rootOf(run, operations[0] as (typeof operations)[0]), 'work');
    const ends = flows(run);
    assert.equal(ends[0], 'send daily → process daily');
  });

  for (const [where, options] of [
    ['another process', '{}'],
    ['another thread', '{ useWorkerThreads: true }'],
  ] as const) {
    test(`bullmq: what a processor does in ${where} is part of what its job was added in`, async () => {
      const run = await runTraced(
        'cjs',
        `const { isMainThread } = require('node:worker_threads');
        const { Queue, QueueEvents, Worker } = require('bullmq');
        const connection = { host: '127.0.0.1', port: ${port()} };
        const main = async () => {
          const queue = new Queue('apart', { connection });
          const events = new QueueEvents('apart', { connection });
          await events.waitUntilReady();
          const worker = new Worker('apart', __filename, { connection, concurrency: 1, ...${options} });
          const add = (name) => tracer.trace('work ' + name, async () => {
            const job = await queue.add(name, { mine: 1 });
            await job.waitUntilFinished(events).then(
              (result) => console.log(result),
              ({ message }) => console.log('failed:', message),
            );
          });
          for (const name of ['one', 'two', 'bad']) await add(name);
          await worker.close();
          await queue.obliterate({ force: true });
          await queue.close();
          await events.close();
        };
        if (isMainThread && require.main === module) main();
        else module.exports = async (job) => {
          await null;
          tracer.instant('in ' + job.name);
          if (job.name === 'bad') throw new Error('no such order');
          const { id, name, data, opts: { telemetry, ...opts }, token, ...others } = job;
          return [name, JSON.stringify([data, opts]), Object.keys(others)].join(' ');
        };`,
      );
      const taken = callsOf(run, 'queue').filter(
        ({ id, name }) => id !== '' && name === 'process apart',
      );
      assert.equal(taken.length, 6);
      for (const name of ['one', 'two', 'bad']) {
        const [inside] = run.events.filter((event) => event.name === `in ${name}`);
        const job = taken.find(({ args }) => inside && args['op.id'] === inside.args['op.root']);
        assert.ok(job !== undefined, name);
        const [work] = run.events.filter((event) => event.name === `work ${name}`);
        const [added] = run.events.filter(
          ({ args }) =>
            work &&
            args['op.root'] === work.args['op.id'] &&
            args['trace.id'] === job.args['trace.id'],
        );
        assert.ok(added !== undefined, name);
      }
      assert.deepEqual(flows(run).sort(), [
        ...Array(3).fill('process apart → process apart'),
        ...Array(3).fill('send apart → process apart'),
      ]);
    });
  }
});
