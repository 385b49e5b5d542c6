import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { traceRuntime } from 'tracelane/runtime';
import { type RecordedEvent, recordTrace } from '../record-trace.js';
import { Project } from './run-traced.js';

/** Those of kafkajs are tried out in clients/kafka.ts; this looks like it, and needs no network. */

type Config = Record<string, unknown>;
interface Sent {
  readonly headers?: Record<string, string>;
  readonly timestamp?: string;
}
/** As little as kafkajs could be: brokers keep what they get. */
const KAFKA = {
  'main.js': '',
  'node_modules/kafkajs/src/index.js': `module.exports = class Kafka {
    producer() { return {}; }
    consumer() { return { run: (config) => config }; }
  };`,
  'node_modules/kafkajs/src/broker/index.js': `module.exports = class Broker {
    connectionPool = { host: '127.0.0.1', port: 9092 };
    versions = { 0: { maxVersion: 7 } };
    async produce({ topicData: [{ topic, partitions: [{ messages }] }] }) {
      this.sent = messages;
      return { topics: [{ topicName: topic, partitions: [{ partition: 0, baseOffset: this.baseOffset }] }] };
    }
  };`,
};

/** Has it traced, and gives the events. */
async function traced(
  propagate: 'all' | 'none',
  body: (kafka: {
    /** Gives the messages as a broker gets them. */
    readonly produce: (messages: readonly object[], baseOffset?: string) => Promise<Sent[]>;
    readonly run: (config: Config) => Config;
  }) => unknown,
): Promise<readonly RecordedEvent[]> {
  const project = new Project(KAFKA);
  const require = createRequire(join(project.folder, 'main.js'));
  const { events } = await recordTrace({ writer: 'inline' }, async (tracer) => {
    using _ = traceRuntime(tracer, { sources: 'queue', propagate });
    const Kafka = require('kafkajs/src/index.js');
    const Broker = require('kafkajs/src/broker/index.js');
    await body({
      produce: async (messages, baseOffset = '0') => {
        const broker = Object.assign(new Broker(), { baseOffset });
        const partitions = [{ partition: 0, messages }];
        await broker.produce({ topicData: [{ topic: 'orders', partitions }] });
        return broker.sent;
      },
      run: (config) => new Kafka().consumer().run(config),
    });
  });
  return events;
}

describe('what is traced of kafkajs', () => {
  test('is run with an object of its own properties, which others can wrap and take apart', async () => {
    await traced('all', ({ run }) => {
      const handler = async () => {};
      const given = { autoCommit: false, eachMessage: handler };
      const config = run(given);
      const { eachMessage, ...others } = config;
      assert.deepEqual(others, { autoCommit: false });
      assert.notEqual(eachMessage, handler);
      const description = Object.getOwnPropertyDescriptor(config, 'eachMessage');
      assert.deepEqual([description?.enumerable, description?.configurable], [true, true]);
      assert.equal(given.eachMessage, handler);
    });
  });

  test('is run with all that the configuration of a class has', async () => {
    class Settings {
      readonly #concurrency = 3;
      get partitionsConsumedConcurrently() {
        return this.#concurrency;
      }
      async eachMessage() {}
    }
    await traced('all', ({ run }) => {
      const { partitionsConsumedConcurrently, eachMessage } = run(new Settings() as never);
      assert.equal(partitionsConsumedConcurrently, 3);
      assert.notEqual(eachMessage, Settings.prototype.eachMessage);
    });
  });

  test('are messages of any class, also where its getters read what is private', async () => {
    class Dated {
      value = 'one';
      readonly #time = '1234';
      get timestamp(): string {
        return this.#time;
      }
    }
    await traced('all', async ({ produce }) => {
      const [message] = await produce([new Dated()]);
      assert.equal(message?.timestamp, '1234');
      assert.ok(message.headers?.['traceparent']);
    });
  });

  test('are the first 1000 messages of a batch: no other carries a header that no event tells of', async () => {
    let sent: Sent[] = [];
    const events = await traced('all', async ({ produce }) => {
      sent = await produce(Array.from({ length: 1003 }, (_, i) => ({ value: String(i) })));
    });
    const ids = sent.flatMap(({ headers }) => headers?.['traceparent']?.split('-')[2] ?? []);
    assert.equal(ids.length, 1000);
    const told = JSON.stringify(events);
    for (const id of ids) assert.ok(told.includes(id), id);
  });

  test('leads to no message by an offset that the broker did not know', async () => {
    const take = async (baseOffset: string) => {
      const events = await traced('none', async ({ produce, run }) => {
        await produce([{ value: 'one' }, { value: 'two' }], baseOffset);
        const { eachMessage } = run({ eachMessage: async () => {} });
        const message = { offset: '0', headers: {} };
        await (eachMessage as (given: object) => unknown)({
          topic: 'orders',
          partition: 0,
          message,
        });
      });
      return events.filter(({ ph }) => ph === 'f').length;
    };
    assert.equal(await take('0'), 1);
    assert.equal(await take('-1'), 0);
  });
});
