import assert from 'node:assert/strict';
import Module from 'node:module';
import { describe, test } from 'node:test';
import { operationsIn, Project, RUNTIME, TRACELANE } from './run-traced.js';

/** Something that looks as pg does, as far as that is looked at. */
const CLIENT = `module.exports = class Client {
  query(text) { return Promise.resolve(text); }
};`;
/** As little as kafkajs could be. */
const KAFKA = `module.exports = class Kafka {
  producer() { return Object.freeze({ send: () => 'sent' }); }
  consumer() { return { run: (given) => given }; }
};`;
const PG = {
  'node_modules/pg/package.json': '{ "main": "lib/client.js" }',
  'node_modules/pg/lib/client.js': CLIENT,
};
const BEGIN = `import { setGlobalTracer, Tracer } from ${JSON.stringify(TRACELANE)};
import { traceRuntime } from ${JSON.stringify(RUNTIME)};
const tracer = new Tracer('trace.json').start();
`;

async function queries(files: Readonly<Record<string, string>>, main: string): Promise<string[]> {
  const project = new Project({ ...files, 'main.mjs': BEGIN + main });
  const run = await project.node(['main.mjs']);
  assert.deepEqual([run.code, run.stderr], [0, '']);
  return operationsIn(run.events).map(({ args }) => String(args['db.query.text']));
}

describe('packages that are patched when they are loaded', () => {
  test('are seen where they were loaded before, later, and in several copies', async () => {
    const copy = Object.fromEntries(
      Object.entries(PG).map(([name, text]) => [`node_modules/other/${name}`, text]),
    );
    const files = {
      ...PG,
      ...copy,
      'node_modules/other/index.js': `module.exports = require('pg');`,
    };
    const seen = await queries(
      files,
      `import Before from 'pg';
      const runtime = traceRuntime(tracer, { sources: 'db' });
      const { default: Other } = await import('other');
      await new Before().query('first');
      await new Other().query('second');
      runtime[Symbol.dispose]();
      await tracer.stop();`,
    );
    assert.deepEqual(seen, ['first', 'second']);
  });

  test('are left as they were once nothing is recorded any more, and are seen again after that', async () => {
    const seen = await queries(
      PG,
      `import Module from 'node:module';
      const { _compile } = Module.prototype;
      let runtime = traceRuntime(tracer, { sources: 'db,queue' });
      const { default: Client } = await import('pg');
      const { query } = Client.prototype;
      await new Client().query('recorded');
      runtime[Symbol.dispose]();
      if (Module.prototype._compile !== _compile || Client.prototype.query === query) throw new Error('patched');
      await new Client().query('not recorded');
      runtime = traceRuntime(tracer, { sources: 'db' });
      await new Client().query('again');
      runtime[Symbol.dispose]();
      await tracer.stop();`,
    );
    assert.deepEqual(seen, ['recorded', 'again']);
  });

  const skip = !('registerHooks' in Module) && 'this Node tells nobody of ES modules';
  test('are seen as ES modules from the first line of what imports them on', { skip }, async () => {
    const project = new Project({
      'node_modules/postgres/package.json': '{ "type": "module", "exports": "./src/index.js" }',
      'node_modules/postgres/src/index.js': `export { Query } from './query.js';`,
      'node_modules/postgres/src/query.js': `export class Query {
        strings = ['SELECT first'];
        args = [];
        executed = false;
        resolve(value) {}
        reject(error) {}
        handle() { this.resolve(1); }
      }`,
      'main.mjs': `import { Query } from 'postgres'; new Query().handle();`,
    });
    const run = await project.run(['--quiet', '--sources', 'db', 'main.mjs']);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    const [query] = operationsIn(run.events).filter(({ cat }) => cat === 'db');
    assert.equal(query?.args['db.query.text'], 'SELECT first');
  });

  test('are left alone where they look different', async () => {
    const files = {
      ...PG,
      'node_modules/pg/lib/client.js': 'module.exports = { query: () => 1 };',
      'node_modules/amqplib/lib/channel_model.js': 'module.exports = undefined;',
      'node_modules/bullmq/dist/cjs/classes/queue.js': 'exports.Queue = class {};',
      'node_modules/kafkajs/src/index.js': KAFKA,
    };
    const seen = await queries(
      files,
      `import { createRequire } from 'node:module';
      traceRuntime(tracer, { sources: 'db,queue' });
      const require = createRequire(import.meta.url);
      require('pg');
      require('amqplib/lib/channel_model.js');
      require('bullmq/dist/cjs/classes/queue.js');
      const kafka = new (require('kafkajs/src/index.js'))();
      if (kafka.producer().send() !== 'sent' || kafka.consumer().run('x') !== 'x') throw new Error('changed');
      await tracer.stop();`,
    );
    assert.deepEqual(seen, []);
  });
});
