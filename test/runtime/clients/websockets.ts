import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offline, rootOf, runTraced } from './client-program.js';

/** Servers of WebSockets, as packages make them. */

test('ws: what is done for compressed messages belongs to the connection that they come by', {
  skip: offline,
}, async () => {
  const run = await runTraced(
    'cjs',
    `const { createServer } = require('node:http');
    const { WebSocket, WebSocketServer } = require('ws');
    const server = createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: true });
    sockets.on('connection', (socket, { url }) => {
      socket.on('message', (text) => {
        tracer.instant('message of ' + url);
        socket.send(text, () => tracer.instant('sent to ' + url));
      });
    });
    server.listen(0, '127.0.0.1', () => {
      let left = 40;
      for (let i = 0; i < 40; i++) {
        const socket = new WebSocket(\`ws://127.0.0.1:\${server.address().port}/room\${i}\`);
        // More at once than ws compresses at once.
        socket.on('open', () => { for (let n = 0; n < 3; n++) socket.send('long '.repeat(1000)); });
        let missing = 3;
        socket.on('message', () => { if (--missing === 0) socket.close(); });
        socket.on('close', () => { if (--left === 0) server.close(() => console.log('all')); });
      }
    });`,
    ['--sources', 'http'],
  );
  const told = run.events.filter(({ name }) => /^(?:message of|sent to) /.test(name));
  assert.equal(told.length, 2 * 3 * 40);
  for (const event of told) {
    assert.equal(rootOf(run, event), event.name.replace(/.*(?=\/)/, 'GET '));
  }
});
