import type { RequestListener } from 'node:http';

const { createServer } = require('node:http') as typeof import('node:http');

/**
 * A server as people write it, CommonJS so that every tool can patch what it loads: `untouched.cjs
 * hello|express`. Says by IPC where it listens, and answers each message with what it has used.
 */
const MIDDLEWARES = 10;

const listeners: Readonly<Record<string, () => RequestListener>> = {
  hello: () => (_request, response) => {
    response.end('hello world');
  },
  express() {
    const express = require('express') as typeof import('express');
    const app = express();
    for (let i = 0; i < MIDDLEWARES; i++) app.use((_request, _response, next) => next());
    app.get('/users/:id', (request, response) => {
      response.json({ id: request.params.id, name: 'somebody' });
    });
    return app;
  },
};

const makeListener = listeners[process.argv[2] ?? ''] ?? listeners['hello'];
const server = createServer(makeListener?.());
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, resident: process.memoryUsage.rss() });
});
// Whoever traces it gets to end its file.
process.on('disconnect', () => process.exit());
