import assert from 'node:assert/strict';
import Module, { isBuiltin } from 'node:module';
import { describe, test } from 'node:test';
import {
  assertAnswered,
  callsOf,
  INSTALLED,
  offline,
  outcomes,
  rootOf,
  runTraced,
  withoutSqlite,
} from './client-program.js';
import { startMongoServer } from './mongo-server.js';
import { describeWith } from './servers.js';

/** Clients of databases, each against the real server: see clients.ts. */

describeWith('postgres', (port) => {
  const connection = () => `{ host: '127.0.0.1', port: ${port()}, user: 'postgres', max: 1 }`;
  const pgProgram = () => `
    const pool = new pg.Pool(${connection()});
    await tracer.trace('work', async () => {
      await pool.query('CREATE TABLE users (id int, name text)');
      const { rowCount } = await pool.query("INSERT INTO users VALUES ($1, 'secret'), (12345, 'b')", ['hidden'.length]);
      console.log(rowCount, await pool.query('SELECT * FROM missing').catch(({ code }) => code));
      const client = await pool.connect();
      await new Promise((done) => {
        client.query('SELECT 3 AS n', (error, { rows }) => { console.log(error, rows); done(); });
      });
      await new Promise((done) => {
        client.query({ text: 'SELECT $1::text AS n', values: ['x'], callback: (error, { rows }) => { console.log(rows); done(); } });
      });
      const cursor = client.query(new Cursor('SELECT * FROM generate_series(1, 5)'));
      console.log(cursor instanceof Cursor, (await cursor.read(2)).length);
      await cursor.close();
      for await (const { name } of client.query(new QueryStream('SELECT name FROM users ORDER BY id'))) console.log(name);
      const failing = client.query(new pg.Query('SELECT oops'));
      await new Promise((done) => failing.on('error', ({ code }) => { console.log(code); done(); }));
      client.release();
      await pool.query('DROP TABLE users');
    });
    await pool.end();`;
  const expected = [
    ...['CREATE users', 'INSERT users', 'SELECT missing: 42P01', 'SELECT', 'SELECT'],
    ...['SELECT generate_series', 'SELECT users', 'SELECT: 42703', 'DROP users'],
  ];

  for (const [kind, load] of [
    [
      'cjs',
      `const pg = require('pg'), Cursor = require('pg-cursor'), QueryStream = require('pg-query-stream');`,
    ],
    [
      'mjs',
      `import pg from 'pg'; import Cursor from 'pg-cursor'; import QueryStream from 'pg-query-stream';`,
    ],
  ] as const) {
    test(`pg in a .${kind} file: each query is an operation, cursors and streams to their end`, async () => {
      const program = kind === 'mjs' ? pgProgram() : `(async () => {${pgProgram()}})();`;
      const run = await runTraced(kind, load + program);
      const queries = callsOf(run, 'db').filter(({ name }) => name !== 'pool connect');
      assert.deepEqual(outcomes(queries), expected);
      assert.deepEqual(new Set(queries.map((query) => rootOf(run, query))), new Set(['work']));
      const { args } = queries[1] ?? assert.fail();
      assert.equal(args['db.query.text'], 'INSERT INTO users VALUES ($1, ?), (?)');
      assert.deepEqual(
        [args['db.system.name'], args['db.namespace'], args['server.address'], args['server.port']],
        ['postgresql', 'postgres', '127.0.0.1', port()],
      );
      assert.doesNotMatch(run.text, /secret|12345/);
    });
  }

  test('pg: what callbacks do belongs to who has asked, also where all wait for one connection', async () => {
    const run = await runTraced(
      'cjs',
      `const pg = require('pg');
      const pool = new pg.Pool(${connection()});
      let left = 6;
      for (let i = 0; i < 6; i++) {
        tracer.trace('request ' + i, async () => {
          pool.query('SELECT 1', () => {
            tracer.instant('answer ' + i);
            if (--left === 0) pool.end();
          });
        });
      }`,
    );
    assertAnswered(run, 6);
    const waits = callsOf(run, 'db').filter(({ name }) => name === 'pool connect');
    assert.deepEqual(new Set(waits.map((wait) => rootOf(run, wait))).size, 6);
  });

  for (const kind of ['cjs', 'mjs'] as const) {
    const skip =
      kind === 'mjs' && !('registerHooks' in Module) && 'this Node tells nobody of ES modules';
    test(`postgres in a .${kind} file: queries from when they are awaited`, { skip }, async () => {
      const program = `
        const sql = postgres({ host: '127.0.0.1', port: ${port()}, user: 'postgres', max: 2, fetch_types: false, onnotice() {} });
        await tracer.trace('work', async () => {
          await sql\`DROP TABLE IF EXISTS posts\`;
          await sql\`CREATE TABLE posts (id int, name text)\`;
          const columns = [sql\`,\`, sql\`\${sql('name')} AS n\`];
          console.log(await sql\`SELECT 1 \${columns} FROM \${sql('posts')} \${sql\`WHERE id = \${12345}\`}\`);
          console.log(await sql\`SELECT \${sql(['a', 'b'])} FROM \${sql('lost')}\`.catch(({ code }) => code));
          const unused = sql\`SELECT 1 FROM unused\`;
          console.log((await sql\`INSERT INTO posts \${sql([{ id: 12345, name: 'secret' }, { id: 2, name: 'b' }])}\`).count);
          console.log((await sql\`SELECT * FROM posts WHERE id = \${12345}\`)[0].name);
          console.log(await sql\`SELECT * FROM missing\`.catch(({ code }) => code));
          for await (const [row] of sql\`SELECT name FROM posts ORDER BY id\`.cursor()) console.log(row.name);
          await sql.begin(async (sql) => { await sql.unsafe("UPDATE posts SET name = 'secret'"); });
        });
        await sql.end();`;
      const run = await runTraced(
        kind,
        kind === 'mjs'
          ? `import postgres from 'postgres'; ${program}`
          : `const postgres = require('postgres'); (async () => {${program}})();`,
      );
      const queries = callsOf(run, 'db').filter((call) => rootOf(run, call) === 'work');
      assert.deepEqual(outcomes(queries), [
        ...['DROP posts', 'CREATE posts', 'SELECT posts', 'SELECT lost: 42P01'],
        ...[
          'INSERT posts',
          'SELECT posts',
          'SELECT missing: 42P01',
          'SELECT posts',
          'BEGIN',
          'UPDATE posts',
          'COMMIT',
        ],
      ]);
      const texts = queries.map(({ args }) => args['db.query.text']);
      assert.equal(texts[2], 'SELECT ? , "name" AS n FROM "posts" WHERE id = $1');
      assert.equal(texts[3], 'SELECT "a","b" FROM "lost"');
      assert.equal(texts[4], 'INSERT INTO posts ("id","name")values($1,$2),($3,$4)');
      assert.equal(texts[5], 'SELECT * FROM posts WHERE id = $1');
      assert.doesNotMatch(run.text, /secret|12345/);
    });
  }

  test('knex is seen by the client below it', async () => {
    const run = await runTraced(
      'cjs',
      `const knex = require('knex')({ client: 'pg', connection: ${connection()} });
      tracer.trace('work', async () => {
        console.log(await knex('pg_class').where({ relname: 'secret' }).count());
        console.log(await knex('missing').catch(({ code }) => code));
      }).then(() => knex.destroy());`,
    );
    const queries = callsOf(run, 'db').filter((call) => rootOf(run, call) === 'work');
    assert.deepEqual(
      outcomes(queries).filter((name) => name !== 'SELECT'),
      [...['SELECT pg_class', 'SELECT missing: 42P01']],
    );
    assert.doesNotMatch(run.text, /secret/);
  });

  test('parameters and literals are recorded where they are asked for', async () => {
    const program = `import pg from 'pg';
      const client = new pg.Client(${connection()});
      await client.connect();
      await client.query("SELECT $1::int, 'literal'", [12345]);
      await client.end();`;
    const run = await runTraced('mjs', program, ['--capture', 'db-parameters']);
    const [query] = callsOf(run, 'db');
    assert.equal(query?.args['db.query.text'], "SELECT $1::int, 'literal'");
    assert.equal(query.args['db.query.parameter.0'], 12345);
  });
});

describeWith('mariadb', (port) => {
  const connection = () =>
    `{ host: '127.0.0.1', port: ${port()}, user: 'root', database: 'mysql', connectionLimit: 1 }`;

  test('mysql2 with promises: queries, prepared ones, and those that fail', async () => {
    const run = await runTraced(
      'mjs',
      `import mysql from 'mysql2/promise';
      const pool = mysql.createPool(${connection()});
      await tracer.trace('work', async () => {
        await pool.query('CREATE TEMPORARY TABLE users (id int, name text)');
        await pool.query('INSERT INTO users VALUES (?, "secret"), (2, ?)', [12345, "it's\\\\secret"]);
        const [rows] = await pool.execute('SELECT * FROM \`users\` WHERE id = ?', [12345]);
        await pool.execute('SELECT * FROM \`users\` WHERE id = ?', [12345]);
        console.log(rows, await pool.query('SELECT * FROM missing').catch(({ code }) => code));
      });
      await pool.end();`,
    );
    const queries = callsOf(run, 'db').filter(({ name }) => name !== 'pool connect');
    assert.deepEqual(outcomes(queries), [
      ...['CREATE users', 'INSERT users', 'SELECT users', 'SELECT users'],
      'SELECT missing: ER_NO_SUCH_TABLE',
    ]);
    assert.deepEqual(new Set(queries.map((query) => rootOf(run, query))), new Set(['work']));
    const { args } = queries[1] ?? assert.fail();
    // Whether a backslash escapes is a matter of the server's mode: behind one, what might be a text is left out.
    assert.equal(args['db.query.text'], 'INSERT INTO users VALUES (?), (?');
    assert.deepEqual([args['db.system.name'], args['server.port']], ['mysql', port()]);
    assert.doesNotMatch(run.text, /secret|12345/);
  });

  test('mysql2: statements that were prepared by hand, with callbacks, promises and events', async () => {
    const run = await runTraced(
      'mjs',
      `import mysql from 'mysql2';
      const pool = mysql.createPool(${connection()});
      const client = await new Promise((done) => pool.getConnection((_, client) => done(client)));
      const prepare = (sql) => new Promise((done) => client.prepare(sql, (_, statement) => done(statement)));
      const statement = await prepare('SELECT ? AS n');
      const failing = await prepare('SELECT (SELECT ? UNION SELECT 2)');
      const told = (name, begin) => tracer.trace('request ' + name, () => new Promise((done) => {
        begin((...results) => {
          tracer.instant('answer ' + name);
          done(results);
        });
      }));
      const all = await Promise.all([
        told(1, (done) => statement.execute([1], done)),
        told(2, (done) => statement.execute([2]).on('end', done)),
        told(3, (done) => failing.execute([1], done)),
        told(4, (done) => failing.execute([1]).on('error', done)),
      ]);
      console.log(JSON.stringify(all[0][1]), all[2][0].code, all[3][0].code);
      await tracer.trace('promise', async () => {
        const statement = await client.promise().prepare('SELECT 5 AS five');
        console.log(JSON.stringify((await statement.execute([]))[0]));
      });
      client.release();
      pool.end();`,
    );
    const queries = callsOf(run, 'db').filter(({ name }) => name !== 'pool connect');
    const failed = outcomes(queries)[2] ?? assert.fail();
    assert.match(failed, /^SELECT: ER_/);
    assert.deepEqual(outcomes(queries), ['SELECT', 'SELECT', failed, failed, 'SELECT']);
    assert.deepEqual(
      queries.map((query) => rootOf(run, query)),
      ['request 1', 'request 2', 'request 3', 'request 4', 'promise'],
    );
    const { args } = queries[0] ?? assert.fail();
    assert.deepEqual([args['db.namespace'], args['server.port']], ['mysql', port()]);
    assert.equal(args['db.query.text'], 'SELECT ? AS n');
    assertAnswered(run, 4);
  });

  test('mysql2 with callbacks: what they do belongs to who has asked; streams end', async () => {
    const run = await runTraced(
      'cjs',
      `const pool = require('mysql2').createPool(${connection()});
      let left = 6;
      for (let i = 0; i < 6; i++) {
        tracer.trace('request ' + i, async () => {
          pool.query('SELECT 1', () => {
            tracer.instant('answer ' + i);
            if (--left > 0) return;
            pool.query('SELECT user FROM user').stream().on('data', () => {}).on('end', () => pool.end());
          });
        });
      }`,
    );
    assertAnswered(run, 6);
    const streamed = callsOf(run, 'db').filter(({ name }) => name === 'SELECT user');
    assert.deepEqual(outcomes(streamed), ['SELECT user']);
  });
});

describeWith('redis', (port) => {
  for (const [client, connect, end] of [
    [
      'ioredis',
      `import { Redis } from 'ioredis'; const client = new Redis(PORT); await client.ping();`,
      'client.disconnect();',
    ],
    [
      'redis',
      `import { createClient } from 'redis'; const client = createClient({ url: 'redis://localhost:PORT' }); await client.connect();`,
      'await client.close();',
    ],
  ] as const) {
    test(`${client}: commands by their names, pipelined and failed ones, without keys and values`, async () => {
      const run = await runTraced(
        'mjs',
        `${connect.replace('PORT', String(port()))}
        await tracer.trace('work', async () => {
          await client.set('private:key', 'private value');
          console.log(await Promise.all([client.get('private:key'), client.exists('other')]));
          console.log(await client.multi().incr('count').get('count').exec());
          console.log(await client.incr('private:key').catch(({ message }) => message));
        });
        await client.del(['private:key', 'count']);
        ${end}`,
      );
      const calls = callsOf(run, 'db').filter((call) => rootOf(run, call) === 'work');
      const names = outcomes(calls);
      assert.deepEqual(names.slice(0, 3), ['SET', 'GET', 'EXISTS']);
      assert.ok(names.includes('MULTI'));
      assert.match(names.at(-1) ?? '', /^INCR: \w+/);
      assert.doesNotMatch(run.text, /private/);
      const { args } = calls[0] ?? assert.fail();
      assert.deepEqual([args['db.system.name'], args['server.port']], ['redis', port()]);
    });
  }

  test('ioredis: commands belong to who has asked, also where they wait for the connection or for each other', async () => {
    const run = await runTraced(
      'mjs',
      `import { Redis } from 'ioredis';
      const clients = [
        new Redis(${port()}),
        new Redis(${port()}, { lazyConnect: true }),
        new Redis(${port()}, { enableAutoPipelining: true }),
      ];
      await Promise.all(clients.map((client, i) => [1, 2].map((j) =>
        tracer.trace('request ' + i + j, () => client.hget('key', 'field')))).flat());
      const [, , piped] = clients;
      await Promise.all([1, 2, 3].map((i) =>
        tracer.trace('piped ' + i, async () => console.log(await piped.get('key')))));
      for (const client of clients) client.disconnect();`,
    );
    const rootsOf = (command: string) =>
      callsOf(run, 'db')
        .filter(({ name }) => name === command)
        .map((call) => rootOf(run, call))
        .sort();
    const requests = [0, 1, 2].flatMap((i) => [1, 2].map((j) => `request ${i}${j}`));
    assert.deepEqual(rootsOf('HGET'), requests);
    assert.deepEqual(rootsOf('GET'), ['piped 1', 'piped 2', 'piped 3']);
  });
});

describe('SQLite in the process', { skip: offline, timeout: 120_000 }, () => {
  const program = `
    tracer.trace('work', () => {
      const text = { toString() { console.log('asked for its text'); throw new Error('has none'); } };
      const db = new Database('file.db');
      db.exec("CREATE TABLE users (id INTEGER, name TEXT); INSERT INTO users VALUES (12345, 'secret')");
      const insert = db.prepare('INSERT INTO users VALUES (?, ?)');
      console.log(insert.run(2, 'hidden secret').changes);
      console.log(db.prepare('SELECT * FROM users WHERE id = ?').get(2).name);
      console.log(db.prepare('SELECT * FROM users').all().length);
      try { insert.run(1, 2, 3); } catch (error) { console.log(error.code ?? error.name); }
      for (const sql of ["SELECT name FROM missing WHERE id = 'secret'", text, undefined]) {
        try { db.prepare(sql); } catch (error) { console.log(error.message); }
      }
      console.log([...db.prepare('SELECT id FROM users').iterate()].length);
      db.close();
      for (const sql of ['SELECT 1', text, undefined]) {
        try { db.exec(sql); } catch (error) { console.log(error.message); }
      }
    });
    require('node:fs').rmSync('file.db');`;

  for (const [name, load, missing] of [
    ['better-sqlite3', `const Database = require('better-sqlite3');`, withoutSqlite],
    [
      'node:sqlite',
      `const { DatabaseSync: Database } = require('node:sqlite');`,
      isBuiltin('node:sqlite') ? false : 'this Node has no node:sqlite',
    ],
    [
      'node:sqlite by import()',
      `import('node:sqlite').then(({ DatabaseSync: Database }) => {`,
      'registerHooks' in Module ? false : 'this Node tells nobody of what is imported',
    ],
  ] as const) {
    test(`${name}: what the thread runs is a slice`, { skip: missing }, async () => {
      const isLater = load.endsWith('{');
      const run = await runTraced('cjs', load + program + (isLater ? '});' : ''));
      const queries = callsOf(run, 'db');
      const names = outcomes(queries);
      assert.deepEqual(names.slice(0, 4), [
        ...['CREATE users', 'INSERT users', 'SELECT users', 'SELECT users'],
      ]);
      assert.match(names[4] ?? '', /^INSERT users: \w+/);
      assert.match(names[5] ?? '', /^SELECT missing: \w+/);
      assert.deepEqual(new Set(queries.map((query) => rootOf(run, query))), new Set(['work']));
      assert.match(String(queries[1]?.args['db.namespace']), /file\.db$/);
      assert.doesNotMatch(run.text, /secret|12345/);
    });
  }

  const skip = whyNoTagStores();
  test('node:sqlite: texts in double quotes, and statements by tags', { skip }, async () => {
    const run = await runTraced(
      'cjs',
      `const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: true });
      database.exec('CREATE TABLE users (name text)');
      const sql = database.createTagStore();
      for (const name of ['secret 1', 'secret 2']) sql.run\`INSERT INTO users VALUES (\${name})\`;
      console.log(sql.get\`SELECT * FROM users\`.name, sql.all\`SELECT * FROM users\`.length);
      database.exec('INSERT INTO users VALUES ("secret 3")');
      const other = new DatabaseSync(':memory:');
      other.exec('CREATE TABLE "users" ("name" text)');`,
    );
    const texts = callsOf(run, 'db').map(({ args }) => args['db.query.text']);
    assert.deepEqual(texts, [
      'CREATE TABLE users (name text)',
      ...['INSERT INTO users VALUES (?)', 'INSERT INTO users VALUES (?)'],
      ...['SELECT * FROM users', 'SELECT * FROM users', 'INSERT INTO users VALUES (?)'],
      'CREATE TABLE "users" ("name" text)',
    ]);
    assert.doesNotMatch(run.text, /secret/);
  });
});

describe('without a server', { skip: offline, timeout: 120_000 }, () => {
  test('mongodb: commands by collection, and why they have failed where there is no server', async () => {
    const run = await runTraced(
      'mjs',
      `import { MongoClient } from 'mongodb';
      const client = new MongoClient('mongodb://127.0.0.1:1/shop', { serverSelectionTimeoutMS: 50 });
      await tracer.trace('work', async () => {
        const users = client.db().collection('users');
        console.log(await users.findOne({ name: 'secret' }).catch(({ name }) => name));
        console.log(await users.insertOne({ name: 'secret' }).catch(({ name }) => name));
      });
      await client.close();`,
    );
    const calls = callsOf(run, 'db');
    assert.deepEqual(outcomes(calls), [
      ...['find users: MongoServerSelectionError', 'insert users: MongoTopologyClosedError'],
    ]);
    assert.deepEqual(new Set(calls.map((call) => rootOf(run, call))), new Set(['work']));
    assert.equal(calls[0]?.args['db.namespace'], 'shop');
    assert.doesNotMatch(run.text, /secret/);
  });

  for (const [client, program] of [
    [
      'mongodb',
      `import { MongoClient } from 'mongodb';
      const client = new MongoClient(address);
      await tracer.trace('work', async () => {
        const users = client.db().collection('users');
        console.log((await users.insertMany([1, 2, 3].map((_id) => ({ _id, name: 'secret' })))).insertedCount);
        console.log((await users.find({ name: 'secret' }, { batchSize: 2 }).toArray()).length);
        console.log(await users.distinct('name').catch(({ codeName }) => codeName));
        console.log(await users.drop());
        tracer.instant('after');
      });
      await client.close();`,
    ],
    [
      'mongoose',
      `import mongoose from 'mongoose';
      await mongoose.connect(address, { autoCreate: false, autoIndex: false });
      const User = mongoose.model('User', new mongoose.Schema({ name: String }));
      await tracer.trace('work', async () => {
        console.log((await User.insertMany([1, 2, 3].map(() => ({ name: 'secret' })))).length);
        console.log((await User.find().batchSize(2)).length);
        console.log(await User.distinct('name').catch(({ codeName }) => codeName));
        console.log(await User.collection.drop());
        tracer.instant('after');
      });
      await mongoose.disconnect();`,
    ],
  ] as const) {
    test(`${client}: commands by collection, batches of cursors, and what has failed`, async () => {
      const server = await startMongoServer(INSTALLED);
      try {
        const address = `const address = 'mongodb://127.0.0.1:${server.port}/shop';\n`;
        const run = await runTraced('mjs', address + program);
        const calls = callsOf(run, 'db').filter((call) => rootOf(run, call) === 'work');
        assert.deepEqual(outcomes(calls), [
          ...['insert users', 'find users', 'getMore users'],
          ...['distinct users: MongoServerError', 'drop'],
        ]);
        const { 'server.port': port, 'db.namespace': namespace } = calls[0]?.args ?? {};
        assert.deepEqual([port, namespace], [server.port, 'shop']);
        const after = run.events.find(({ name }) => name === 'after');
        assert.equal(after && rootOf(run, after), 'work');
        assert.match(run.stdout, /^3\n3\nCommandNotFound\ntrue\n$/);
        assert.doesNotMatch(run.text, /secret/);
      } finally {
        server.stop();
      }
    });
  }

  test('graphql: an operation by its type and name, and errors of its text', async () => {
    const run = await runTraced(
      'mjs',
      `import { buildSchema, execute, graphql } from 'graphql';
      const schema = buildSchema('type Query { a: String, b: String }');
      const rootValue = { a: async () => { await null; tracer.instant('in a'); return 'secret'; }, b: () => { throw new Error('x'); } };
      await tracer.trace('work', async () => {
        console.log(JSON.stringify(await graphql({ schema, rootValue, source: 'query Users { a }' })));
        console.log(JSON.stringify(await graphql({ schema, rootValue, source: '{ b }' })));
        console.log((await graphql({ schema, rootValue, source: '{' })).errors.length);
        try { execute({ schema, document: null }); } catch ({ name }) { console.log(name); }
      });`,
    );
    const calls = callsOf(run, 'graphql').filter((call) => rootOf(run, call) === 'work');
    assert.deepEqual(outcomes(calls), [
      ...['graphql.parse', 'graphql.validate', 'query Users'],
      ...['graphql.parse', 'graphql.validate', 'query', 'graphql.parse: GraphQLError'],
      'graphql.execute: TypeError',
    ]);
    assert.deepEqual(
      run.events.filter(({ name }) => name === 'in a').map((event) => rootOf(run, event)),
      ['work'],
    );
    assert.doesNotMatch(run.text, /secret/);
  });
});

function whyNoTagStores(): string | false {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite' as never) ?? {};
  return DatabaseSync && 'createTagStore' in (DatabaseSync as { prototype: object }).prototype
    ? false
    : 'this Node has no tag stores of node:sqlite';
}
