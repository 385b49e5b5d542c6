import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import type { Args } from '../trace-event/events.js';
import { beforeEmit } from './before-emit.js';
import { beforeListeners } from './before-listeners.js';
import { connectingFor } from './connecting.js';
import { guarded } from './guard.js';
import { sentHeaders } from './http-headers.js';
import { errorOutcome, markMoment, type Operation } from './operation.js';
import { Propagation } from './propagation.js';
import { queryOf, RequestNames } from './request-names.js';
import type { SourceContext } from './source.js';
import { TRACEPARENT } from './traceparent.js';
import { Undo } from './undo.js';

/** What is read of a request before it is sent. */
type SentRequest = Pick<ClientRequest, 'method' | 'path' | 'host' | 'protocol'>;

/**
 * Requests that the program makes by `node:http` and `node:https`: each is an operation from the call to
 * the end of its answer's body, with the connection that is made for it inside.
 */
export function traceHttpClient({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const names = new RequestNames();
  const { capture, propagate } = settings;
  const takesHeaders = capture.has('headers');
  const propagation = new Propagation(tracer, propagate);
  const operations = new WeakMap<ClientRequest, Operation>();
  const open = new Set<ClientRequest>();

  const begin = guarded((request: ClientRequest): Operation | undefined => {
    const known = operations.get(request);
    if (known !== undefined) return known;
    const { method, path, host, protocol } = request as SentRequest;
    const target = names.of(path);
    const args: Record<string, unknown> = {
      'http.request.method': method,
      'url.path': target.path,
      'server.address': host,
      'url.scheme': protocol.replace(':', ''),
    };
    if (capture.has('url-query')) args['url.query'] = queryOf(path);
    if (takesHeaders) args['http.request.headers'] = sentHeaders(request);
    const name = `${names.name(method, target)} → ${host}`;
    const destination = isOpen(request) ? { hostname: host, host: hostOf(request) } : undefined;
    const operation = propagation.begin(name, args, destination, (text) =>
      request.setHeader(TRACEPARENT, text),
    );
    if (operation === undefined) return undefined;
    operations.set(request, operation);
    open.add(request);
    return operation;
  });

  const close = (request: ClientRequest) => {
    open.delete(request);
    operations.get(request)?.finish(cutOutcome(request));
  };
  // After the end of the answer, or when the connection is gone. Of all requests at once: to watch each costs
  // a tenth of the time that it takes.
  beforeEmit(undo, http.ClientRequest.prototype, ['close'], close);
  undo.add(() => {
    for (const request of open) beforeListeners(request, { close: () => close(request) });
  });

  // It asks for the connection, before the constructor of the request is done.
  undo.replace(http.Agent.prototype as never, 'addRequest', (original) => {
    return function addRequest(this: unknown, ...args) {
      const operation = begin(args[0]);
      if (operation === undefined) return original.apply(this, args);
      return connectingFor(operation, () => original.apply(this, args));
    };
  });
  // Those without an agent of this kind; on Node 20 they are seen when they have been sent.
  undo.subscribe('http.client.request.created', ({ request }: { request: ClientRequest }) => {
    begin(request);
  });
  undo.subscribe('http.client.request.start', ({ request }: { request: ClientRequest }) => {
    const operation = begin(request);
    // The program may have set some since it was made.
    if (takesHeaders) operation?.set({ 'http.request.headers': sentHeaders(request) } as Args);
  });
  // It comes with the headers, whatever it is called.
  undo.subscribe(
    'http.client.response.finish',
    (message: { request: ClientRequest; response: IncomingMessage }) => {
      const { request, response } = message;
      const operation = operations.get(request);
      if (operation === undefined || operation.isOver) return;
      markMoment(operation, 'response headers');
      operation.set({
        'http.response.status_code': response.statusCode,
        ...(takesHeaders && {
          // Of one that is answered before all of it was sent, only now.
          'http.request.headers': sentHeaders(request),
          'http.response.headers': response.headers,
        }),
      } as Args);
    },
  );
  undo.subscribe(
    'http.client.request.error',
    ({ request, error }: { request: ClientRequest; error: unknown }) => {
      const operation = operations.get(request);
      if (operation?.isOver === false) operation.set(errorOutcome(error));
    },
  );
  return undo;
}

/** What is shown where the answer has begun, and did not come to its end. */
function cutOutcome(request: ClientRequest): Args | undefined {
  const { res } = request as { res?: IncomingMessage & { upgrade?: unknown } };
  // From an upgrade on, the connection is the program's own.
  if (res === undefined || res === null || res.complete || res.upgrade === true) return undefined;
  return res.errored ? errorOutcome(res.errored) : { 'error.type': 'aborted' };
}

/** Whether the header can be added. Headers that are given as a list are made into bytes at once. */
function isOpen(request: ClientRequest): boolean {
  return !request.headersSent && !request.hasHeader(TRACEPARENT);
}

/** The host and the port that a request goes to. A program may have it say another name than that. */
function hostOf(request: ClientRequest): string {
  const { host } = request;
  const said = request.getHeader('host');
  return said === host || String(said).startsWith(`${host}:`) ? String(said) : host;
}
