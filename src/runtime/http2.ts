import type { Http2Stream, IncomingHttpHeaders } from 'node:http2';
import type { Args } from '../trace-event/events.js';
import { beginOperation, markMoment, type Operation } from './operation.js';
import { beginReceived } from './propagation.js';
import { RequestNames } from './request-names.js';
import type { SourceContext } from './source.js';
import { TRACEPARENT } from './traceparent.js';
import { Undo } from './undo.js';

const CATEGORY = 'http';

interface StreamMessage {
  readonly stream: Http2Stream;
  readonly headers?: IncomingHttpHeaders & Readonly<Record<string, unknown>>;
}

/** Requests over HTTP/2, from both sides: Node tells of them from version 22 on. */
export function traceHttp2({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const names = new RequestNames();
  const operations = new WeakMap<Http2Stream, Operation>();
  const takesHost = settings.propagate === 'same-origin';

  const describe = (headers: StreamMessage['headers']) => {
    const method = String(headers?.[':method'] ?? 'GET');
    const target = names.of(String(headers?.[':path'] ?? '/'));
    const args = {
      'http.request.method': method,
      'url.path': target.path,
      'network.protocol.version': '2',
    };
    return { name: names.name(method, target), args };
  };
  const end = (stream: Http2Stream, args: Args | undefined) => {
    const operation = operations.get(stream);
    if (operation === undefined) return;
    operations.delete(stream);
    const { rstCode } = stream;
    operation.finish(rstCode > 0 ? { ...args, 'error.type': `RST ${rstCode}` } : args);
  };

  undo.subscribe('http2.server.stream.start', ({ stream, headers }: StreamMessage) => {
    const { name, args } = describe(headers);
    const operation = beginReceived(tracer, name, args, headers?.[TRACEPARENT]);
    if (operation === undefined) return;
    operations.set(stream, operation);
    if (takesHost) operation.host = headers?.[':authority'];
  });
  undo.subscribe('http2.server.stream.close', ({ stream }: StreamMessage) => {
    const { sentHeaders } = stream as { sentHeaders?: Record<string, unknown> };
    end(stream, { 'http.response.status_code': Number(sentHeaders?.[':status']) || undefined });
  });

  undo.subscribe('http2.client.stream.created', ({ stream, headers }: StreamMessage) => {
    const { name, args } = describe(headers);
    const host = String(headers?.[':authority'] ?? '').replace(/:\d+$/, '');
    const operation = beginOperation(tracer, `${name} → ${host}`, CATEGORY, {
      ...args,
      'server.address': host,
    });
    if (operation !== undefined) operations.set(stream, operation);
  });
  undo.subscribe('http2.client.stream.finish', ({ stream, headers }: StreamMessage) => {
    const operation = operations.get(stream);
    if (operation === undefined) return;
    markMoment(operation, 'response headers');
    operation.set({ 'http.response.status_code': headers?.[':status'] });
  });
  undo.subscribe('http2.client.stream.close', ({ stream }: StreamMessage) => {
    end(stream, undefined);
  });
  return undo;
}
