import { traceFetch } from './fetch.js';
import { traceHttpClient } from './http-client.js';
import { traceHttpServer } from './http-server.js';
import { traceHttp2Client } from './http2-client.js';
import { traceHttp2Server } from './http2-server.js';
import type { SourceContext } from './source.js';
import { Undo } from './undo.js';
import { traceWebSockets } from './websockets.js';

const SIDES = [
  ...[traceHttpServer, traceHttpClient, traceFetch],
  ...[traceHttp2Server, traceHttp2Client],
  traceWebSockets,
];

/** Requests of all kinds, from both sides. */
export function traceHttp(context: SourceContext): Disposable {
  const undo = new Undo();
  for (const trace of SIDES) {
    const started = trace(context);
    undo.add(() => started[Symbol.dispose]());
  }
  return undo;
}
