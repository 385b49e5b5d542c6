import type http2 from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { currentCall } from '../recorder/api/operation-context.js';
import type { Args } from '../trace-event/events.js';
import { runOrFail } from './calls.js';
import { emitInside } from './emit-inside.js';
import { guarded } from './guard.js';
import { describeHttp2, fieldsOf, type Http2Headers, resetOf } from './http2-headers.js';
import { markMoment, type Operation } from './operation.js';
import { patchWhenLoaded } from './packages.js';
import { Propagation } from './propagation.js';
import { RequestNames } from './request-names.js';
import type { SourceContext } from './source.js';
import { TRACEPARENT } from './traceparent.js';
import { Undo } from './undo.js';

interface StreamMessage {
  readonly stream: ClientHttp2Stream;
  readonly headers?: Http2Headers;
}

/**
 * Requests over HTTP/2 that the program makes: each is an operation until its stream is closed. Node tells of
 * them from version 22 on, when their headers are made already. So what is to carry one more is begun before
 * that, in `request()`.
 */
export function traceHttp2Client({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const names = new RequestNames();
  const takesHeaders = settings.capture.has('headers');
  const propagation = new Propagation(tracer, settings.propagate);
  const operations = new WeakMap<ClientHttp2Stream, Operation>();
  /** Where sessions lead to, of those that were seen to be made. */
  const destinations = new WeakMap<ClientHttp2Session, URL>();
  /** What `request()` has begun, and has no stream yet. */
  let begun: Operation | undefined;

  const begin = (headers: Http2Headers, to?: URL, addHeader: (text: string) => void = () => {}) => {
    const { name, args } = describeHttp2(names, headers, settings);
    const host = String(headers[':authority'] ?? to?.host ?? '').replace(/:\d+$/, '');
    args['server.address'] = host;
    return propagation.begin(`${name} → ${host}`, args, to, addHeader);
  };

  const beginRequest = guarded((session: ClientHttp2Session, given: unknown) => {
    const to = destinations.get(session);
    const headers = (given ?? {}) as Http2Headers;
    // Those that are given as a list are sent as they are.
    if (to === undefined || typeof headers !== 'object' || Array.isArray(headers)) return undefined;
    if (Object.keys(headers).some((name) => name.toLowerCase() === TRACEPARENT)) return undefined;
    const sent: Record<string, unknown> = { ...headers };
    const operation = begin(headers, to, (text) => {
      sent[TRACEPARENT] = text;
    });
    return operation && { operation, sent };
  });
  const patched = new WeakSet<object>();
  const learn = guarded((session: ClientHttp2Session, authority: unknown) => {
    destinations.set(session, new URL(authority as string));
    const prototype = Object.getPrototypeOf(session);
    if (patched.has(prototype)) return;
    patched.add(prototype);
    undo.replace(prototype, 'request', (original) => {
      return function request(this: ClientHttp2Session, ...args) {
        const own = beginRequest(this, args[0]);
        if (own === undefined) return original.apply(this, args);
        args[0] = own.sent;
        begun = own.operation;
        try {
          return runOrFail(own.operation, () => original.apply(this, args));
        } finally {
          begun = undefined;
        }
      };
    });
  });
  patchWhenLoaded(undo, {
    'node:http2': (exports: typeof http2) => {
      undo.replace(exports, 'connect', (original) => {
        return function connect(this: unknown, ...args) {
          const session = original.apply(this, args);
          learn(session, args[0]);
          return session;
        };
      });
      undo.shareReplaced();
    },
  });

  undo.subscribe('http2.client.stream.created', ({ stream, headers = {} }: StreamMessage) => {
    const caller = tracer.recorder && currentCall(tracer.recorder);
    const operation = begun ?? begin(headers);
    begun = undefined;
    if (operation === undefined) return;
    operations.set(stream, operation);
    // With what Node has added.
    if (takesHeaders) operation.set({ 'http.request.headers': fieldsOf(headers) } as Args);
    // What it is told comes from the connection, which may have been made for somebody else.
    emitInside(stream, caller);
  });
  undo.subscribe('http2.client.stream.finish', ({ stream, headers }: StreamMessage) => {
    const operation = operations.get(stream);
    if (operation === undefined) return;
    markMoment(operation, 'response headers');
    operation.set({
      'http.response.status_code': headers?.[':status'],
      ...(takesHeaders && { 'http.response.headers': fieldsOf(headers) }),
    } as Args);
  });
  undo.subscribe('http2.client.stream.close', ({ stream }: StreamMessage) => {
    operations.get(stream)?.finish(resetOf(stream) as Args);
  });
  return undo;
}
