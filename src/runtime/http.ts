import { traceFetch } from './fetch.js';
import { traceHttpClient } from './http-client.js';
import { traceHttpServer } from './http-server.js';
import { traceHttp2 } from './http2.js';
import type { SourceContext } from './source.js';
import { Undo } from './undo.js';

/** Requests of all kinds, from both sides. */
export function traceHttp(context: SourceContext): Disposable {
  const undo = new Undo();
  for (const trace of [traceHttpServer, traceHttpClient, traceFetch, traceHttp2]) {
    const started = trace(context);
    undo.add(() => started[Symbol.dispose]());
  }
  return undo;
}
