import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { COMMAND } from '../run-traced.js';
import {
  callsOf,
  clientProject,
  flows,
  INSTALLED,
  offline,
  outcomes,
  rootOf,
  runTraced,
} from './client-program.js';
import { type KafkaBroker, MISSING_TOPIC, startKafkaBroker } from './kafka-broker.js';

/** kafkajs, against a broker of our own: see kafka-broker.ts. */

describe('kafkajs', { skip: offline, timeout: 120_000 }, () => {
  let broker: KafkaBroker;
  before(async () => {
    broker = await startKafkaBroker(INSTALLED);
  });
  after(() => broker.stop());

  const client = () => `
    const kafka = new Kafka({
      brokers: ['127.0.0.1:${broker.port}'],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 10, retries: 3 },
    });
    const createPartitioner = () => ({ message }) => {
      console.log('partition', JSON.stringify(message));
      return message.partition ?? 0;
    };
    const consume = async (topic, count, handlersOf) => {
      const consumer = kafka.consumer({ groupId: 'group of ' + topic });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      let left = count;
      await new Promise((done) => {
        consumer.run(handlersOf((taken) => { left -= taken; if (left === 0) done(); }));
      });
      await consumer.disconnect();
    };
    const textOf = ({ value, headers: { traceparent, ...headers } }) =>
      value + JSON.stringify(headers, (_, data) => data?.type === 'Buffer' ? String(Buffer.from(data.data)) : data);
  `;
  /** A program of either kind, of which this is the body. */
  const program = (kind: 'cjs' | 'mjs', body: string) =>
    kind === 'mjs'
      ? `import { Kafka, logLevel } from 'kafkajs';${client()}${body}`
      : `const { Kafka, logLevel } = require('kafkajs');${client()}(async () => {${body}})();`;

  for (const kind of ['cjs', 'mjs'] as const) {
    test(`messages in a .${kind} file: each is an operation of its own, to which a flow leads`, async () => {
      const topic = `orders-${kind}`;
      const run = await runTraced(
        kind,
        program(
          kind,
          `const producer = kafka.producer({ createPartitioner });
          const message = { key: 'a key', value: 'one', headers: { mine: 'x', list: ['y', 'z'] } };
          const carried = { value: 'four', headers: { traceparent: '00-${'1'.repeat(32)}-${'2'.repeat(16)}-01' } };
          console.log(await producer.send({ topic: '${topic}', messages: [message] }).catch(({ name }) => name));
          await producer.connect();
          await tracer.trace('work', async () => {
            console.log(JSON.stringify(await producer.send({ topic: '${topic}', messages: [message] })).replace(/"baseOffset":"\\d+"/, ''));
            await producer.sendBatch({ topicMessages: [
              { topic: '${topic}', messages: [{ value: 'two', partition: 1 }, carried] },
              { topic: '${topic}-other', messages: [{ value: 'private value' }] },
            ] });
            console.log(await producer.send({ topic: '${MISSING_TOPIC}', messages: [message] }).catch(({ name }) => name));
            console.log(await producer.send().catch(({ name }) => name));
            console.log(await producer.sendBatch({}));
          });
          console.log(JSON.stringify(message), producer.send.name, producer.send.length);
          await producer.disconnect();
          const seen = [];
          await consume('${topic}', 3, (done) => ({
            async eachMessage({ message, partition }) {
              await null;
              const text = textOf(message);
              tracer.instant('in ' + text);
              if (text.startsWith('two') && !seen.includes('failed')) {
                seen.push('failed');
                throw Object.assign(new Error('secret'), { code: 'EBAD' });
              }
              seen.push(text + partition);
              done(1);
            },
          }));
          console.log(seen.sort().join('\\n'));`,
        ),
      );
      const operations = callsOf(run, 'queue').filter(({ id }) => id !== '');
      assert.deepEqual(outcomes(operations).sort(), [
        ...[`process ${topic}`, `process ${topic}`, `process ${topic}`, `process ${topic}: EBAD`],
        ...['send', 'send'],
        ...[`send ${MISSING_TOPIC}: KafkaJSNumberOfRetriesExceeded`],
        ...[`send ${topic}`, `send ${topic}: KafkaJSError`, 'send: TypeError'],
      ]);
      const inside = run.events.filter(({ name }) => name.startsWith('in '));
      assert.equal(inside.length, 4);
      for (const event of inside) assert.equal(rootOf(run, event), `process ${topic}`);
      const sent = operations.filter(({ name }) => name.startsWith('send'));
      const roots = sent.slice(1).map((call) => rootOf(run, call));
      assert.deepEqual(roots, Array(5).fill('work'));
      // That of a message with somebody else's header, too, and none of a message that nobody takes.
      assert.deepEqual(flows(run).sort(), [
        ...Array(3).fill(`send ${topic} → process ${topic}`),
        `send ${topic}-other → undefined`,
      ]);
      const batch = sent.find(({ args }) => args['messaging.batch.message_count'] !== undefined);
      assert.equal(batch?.args['messaging.batch.message_count'], 3);
      const [taken] = operations.filter(({ name }) => name.startsWith('process'));
      assert.deepEqual(
        [taken?.args['messaging.system'], taken?.args['messaging.consumer.group.name']],
        ['kafka', `group of ${topic}`],
      );
      assert.match(run.stdout, /one\{"mine":"x","list":\["y","z"\]\}0/);
      assert.doesNotMatch(run.text, /private|secret|a key/);
    });
  }

  test('a batch is one operation, to which a flow leads from each of its messages', async () => {
    const run = await runTraced(
      'cjs',
      program(
        'cjs',
        `const producer = kafka.producer({ createPartitioner });
        await producer.connect();
        const texts = [];
        const consuming = consume('batches', 4, (done) => ({
          eachBatchAutoResolve: false,
          async eachBatch({ batch, resolveOffset, commitOffsetsIfNecessary }) {
            await null;
            tracer.instant('in a batch');
            for (const message of batch.messages) {
              texts.push(textOf(message));
              resolveOffset(message.offset);
            }
            await commitOffsetsIfNecessary();
            done(batch.messages.length);
          },
        }));
        await tracer.trace('work', async () => {
          await producer.send({ topic: 'batches', acks: 0, messages: [{ value: 'one' }, { value: 'two' }, { value: 'three' }] });
          await producer.send({ topic: 'batches', messages: [{ value: 'four', partition: 1 }] });
        });
        await consuming;
        console.log(texts.sort().join());
        await producer.disconnect();`,
      ),
    );
    const taken = callsOf(run, 'queue').filter(
      ({ name, id }) => name === 'process batches' && id !== '',
    );
    const counts = taken.map(({ args }) => args['messaging.batch.message_count'] ?? 1);
    assert.deepEqual(counts.sort(), [1, 3]);
    const inside = run.events.filter(({ name }) => name === 'in a batch');
    assert.deepEqual(
      inside.map((event) => rootOf(run, event)),
      Array(2).fill('process batches'),
    );
    assert.deepEqual(flows(run), Array(4).fill('send batches → process batches'));
  });

  test('a transaction sends as its producer does; without a header, flows stay in the thread', async () => {
    const run = await runTraced(
      'mjs',
      program(
        'mjs',
        `const producer = kafka.producer({ createPartitioner, transactionalId: 'mine', maxInFlightRequests: 1, idempotent: true });
        await producer.connect();
        await tracer.trace('work', async () => {
          const transaction = await producer.transaction();
          await transaction.send({ topic: 'transactions', messages: [{ value: 'one' }] });
          await transaction.sendBatch({ topicMessages: [{ topic: 'transactions', messages: [{ value: 'two', partition: 1 }, { value: 'three' }] }] });
          await transaction.commit();
          console.log(await transaction.send({ topic: 'transactions', messages: [] }).catch(({ message }) => message));
        });
        await producer.disconnect();
        await consume('transactions', 3, (done) => ({
          async eachMessage({ message }) { console.log(Object.keys(message.headers)); done(1); },
        }));`,
      ),
      ['--propagate', 'none'],
    );
    const sent = callsOf(run, 'queue').filter(({ name, id }) => /^send/.test(name) && id !== '');
    assert.deepEqual(outcomes(sent), [
      ...['send transactions', 'send transactions'],
      'send transactions: KafkaJSNonRetriableError',
    ]);
    assert.deepEqual(flows(run), Array(3).fill('send transactions → process transactions'));
    assert.doesNotMatch(run.text, /traceparent/);
  });

  test('one process sends and another takes: merged, it is one tree', async () => {
    const project = clientProject('mjs', {
      'send.mjs': program(
        'mjs',
        `const producer = kafka.producer({ createPartitioner });
        await producer.connect();
        await tracer.trace('order', () => producer.send({ topic: 'crossing', messages: [{ value: 'one' }, { value: 'two' }] }));
        await producer.disconnect();`,
      ),
      'take.mjs': program(
        'mjs',
        `await consume('crossing', 2, (done) => ({
          eachMessage: () => tracer.trace('ship', async () => done(1)),
        }));`,
      ),
    });
    const ends = [];
    for (const name of ['send', 'take']) {
      const args = ['--quiet', '--sources', 'queue', '-o', `${name}.json`, `${name}.mjs`];
      ends.push(await project.run(args));
    }
    const args = ['merge', 'send.json', 'take.json', '--output', 'trace.json'];
    const merged = await project.node([COMMAND, ...args]);
    assert.deepEqual(
      [...ends, merged].map(({ code }) => code),
      [0, 0, 0],
    );
    assert.deepEqual(flows(merged), Array(2).fill('send crossing → process crossing'));
    const order = merged.events.find(({ name }) => name === 'order');
    const id = String(order?.args['op.id']);
    // Whatever runs there next clears that away.
    writeFileSync(join(project.folder, 'merged.json'), merged.text);
    const { stdout } = await project.node([COMMAND, 'summary', 'merged.json', '--request', id]);
    assert.match(stdout, /order.*send crossing(.*process crossing.*ship){2}/s);
  });
});
