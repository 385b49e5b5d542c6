import { test } from 'node:test';
import { assertAnswered, runTraced } from './client-program.js';
import { describeWith } from './servers.js';

/** What clients tell those who listen to a query: each against the real server. See databases.ts. */

describeWith('postgres', (port) => {
  const connection = () => `{ host: '127.0.0.1', port: ${port()}, user: 'postgres', max: 1 }`;

  test('pg: what listeners of queries, cursors and streams do belongs to who has asked', async () => {
    const run = await runTraced(
      'cjs',
      `const { Pool, Query } = require('pg');
      const Cursor = require('pg-cursor');
      const QueryStream = require('pg-query-stream');
      const rows = 'SELECT generate_series(1, 3)';
      const pool = new Pool(${connection()});
      const ends = [
        (client, told) => client.query(new Query(rows)).once('row', told).once('end', told),
        (client, told) => client.query(new QueryStream(rows)).once('data', told).once('end', told),
        (client, told) => client.query(new Query('SELECT none')).on('error', told).once('error', told),
        (client, told) => {
          const cursor = client.query(new Cursor(rows));
          cursor.read(1, () => { told(); cursor.close(told); });
        },
      ];
      (async () => {
        // Whose connection it is: all that comes by it would belong to this one.
        await tracer.trace('first', () => pool.query('SELECT 1'));
        for (const [i, end] of [...ends, ...ends].entries()) {
          const client = await pool.connect();
          await new Promise((done) => tracer.trace('request ' + i, () => {
            let left = 2;
            end(client, () => {
              tracer.instant('answer ' + i);
              if (--left === 0) done();
            });
          }));
          // The next one may be asked for when the server is ready.
          await client.query('SELECT 1');
          client.release();
        }
        await pool.end();
      })();`,
    );
    assertAnswered(run, 16);
  });

  test('postgres: what functions that are given rows do belongs to who has asked', async () => {
    const run = await runTraced(
      'cjs',
      `const sql = require('postgres')(${connection()});
      const rows = () => sql\`SELECT generate_series(1, 2)\`;
      (async () => {
        // Whose connection it is: all that comes by it would belong to this one.
        await tracer.trace('first', async () => { await rows(); });
        for (let i = 0; i < 4; i++) {
          await tracer.trace('request ' + i, async () => {
            const told = () => tracer.instant('answer ' + i);
            await (i % 2 === 0 ? rows().forEach(told) : rows().cursor(told));
          });
        }
        await sql.end();
      })();`,
    );
    assertAnswered(run, 8);
  });
});

describeWith('mariadb', (port) => {
  const connection = () =>
    `{ host: '127.0.0.1', port: ${port()}, user: 'root', database: 'mysql', connectionLimit: 1 }`;

  test('mysql2: what listeners of queries and streams do belongs to who has asked', async () => {
    const run = await runTraced(
      'cjs',
      `const pool = require('mysql2').createPool(${connection()});
      const rows = 'SELECT user FROM user';
      const ends = [
        (told) => pool.query(rows).once('result', told).once('end', told),
        (told) => pool.query(rows).stream().once('data', told).on('data', () => {}).once('end', told),
        (told) => pool.query('SELECT none').on('error', told).once('error', told),
        (told) => pool.getConnection((_, client) => {
          client.ping(() => {
            told();
            client.prepare('SELECT 1', (_, statement) => {
              statement.close();
              client.release();
              told();
            });
          });
        }),
      ];
      (async () => {
        // Whose connection it is: all that comes by it would belong to this one.
        await tracer.trace('first', () => pool.promise().query('SELECT 1'));
        for (const [i, end] of [...ends, ...ends].entries()) {
          await new Promise((done) => tracer.trace('request ' + i, () => {
            let left = 2;
            end(() => {
              tracer.instant('answer ' + i);
              if (--left === 0) done();
            });
          }));
        }
        pool.end();
      })();`,
    );
    assertAnswered(run, 16);
  });
});
