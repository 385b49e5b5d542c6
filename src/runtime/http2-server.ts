import type { ServerHttp2Stream } from 'node:http2';
import net from 'node:net';
import type { Args } from '../trace-event/events.js';
import { beforeEmit } from './before-emit.js';
import { beforeListeners } from './before-listeners.js';
import { emitInside } from './emit-inside.js';
import { describeHttp2, fieldsOf, type Http2Headers, resetOf } from './http2-headers.js';
import { beginReceived } from './propagation.js';
import { RequestNames } from './request-names.js';
import type { SourceContext } from './source.js';
import { TRACEPARENT } from './traceparent.js';
import { Undo } from './undo.js';

/** Requests over HTTP/2 to servers: each is an operation until its stream is closed. */
export function traceHttp2Server({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const names = new RequestNames();
  const takesHeaders = settings.capture.has('headers');
  const takesHost = settings.propagate === 'same-origin';

  // There are channels for this from Node 22 on; it is here that the program hears of it.
  const events = ['stream'];
  beforeEmit(
    undo,
    net.Server.prototype,
    events,
    (_, stream: ServerHttp2Stream, headers: Http2Headers) => {
      // Programs have events of their own.
      if (typeof stream?.respond !== 'function') return;
      const { name, method, args } = describeHttp2(names, headers, settings);
      const operation = beginReceived(tracer, name, args, headers[TRACEPARENT]);
      if (operation === undefined) return;
      if (takesHost) operation.host = headers[':authority'] as string | undefined;
      beforeListeners(stream, {
        close() {
          const { sentHeaders } = stream;
          const { route } = operation;
          if (route !== undefined) operation.rename(`${method} ${route}`);
          operation.finish({
            'http.response.status_code': Number(sentHeaders?.[':status']) || undefined,
            ...(route !== undefined && { 'http.route': route }),
            ...(takesHeaders && { 'http.response.headers': fieldsOf(sentHeaders) }),
            ...resetOf(stream),
          } as Args);
        },
      });
      // What it is told comes from the connection.
      emitInside(stream, operation);
    },
  );
  return undo;
}
