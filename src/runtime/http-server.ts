import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { currentCall } from '../recorder/api/operation-context.js';
import type { Args } from '../trace-event/events.js';
import { beginRequest, Operation } from './operation.js';
import { receive, receivedArguments } from './propagation.js';
import { queryOf, RequestNames } from './request-names.js';
import type { SourceContext } from './source.js';
import { readHeader } from './traceparent.js';
import { Undo } from './undo.js';

const CATEGORY = 'http';

interface RequestStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

/** What express and its like leave at a request. */
interface Routed {
  readonly route?: { readonly path?: unknown };
  readonly baseUrl?: unknown;
}

/**
 * Requests to servers of `node:http` and `node:https`: each is an operation until its response is
 * closed, and what its handler does belongs to it.
 */
export function traceHttpServer({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const names = new RequestNames();
  const { capture } = settings;
  const takesQuery = capture.has('url-query');
  const takesHeaders = capture.has('headers');
  const takesHost = settings.propagate === 'same-origin';

  undo.subscribe('http.server.request.start', ({ request, response, socket }: RequestStart) => {
    const { method = '', url = '' } = request;
    const target = names.of(url);
    const args: Record<string, unknown> = {
      'http.request.method': method,
      'url.path': target.path,
    };
    if (takesQuery) args['url.query'] = queryOf(url);
    if (takesHeaders) args['http.request.headers'] = request.headers;
    const { traceparent } = request.headers as Readonly<Record<string, string | undefined>>;
    const context = traceparent === undefined ? undefined : readHeader(traceparent);
    if (context !== undefined) Object.assign(args, receivedArguments(context));
    const operation = beginRequest(tracer, names.name(method, target), CATEGORY, args);
    if (operation === undefined) return;
    if (context !== undefined) receive(operation, context);
    if (takesHost) operation.host = request.headers.host;
    const sentBefore = socket.bytesWritten;
    response.on('close', () => {
      if (operation.isOver) return;
      const route = operation.route ?? routeOf(request as Routed);
      const outcome: Record<string, unknown> = {
        'http.response.status_code': response.statusCode,
        'http.response.size': socket.bytesWritten - sentBefore,
      };
      if (!response.writableFinished) outcome['error.type'] = 'aborted';
      if (route !== undefined) {
        outcome['http.route'] = route;
        operation.rename(`${method} ${route}`);
      }
      if (takesHeaders) outcome['http.response.headers'] = response.getHeaders();
      operation.finish(outcome as Args);
    });
  });

  undo.subscribe(
    'tracing:fastify.request.handler:start',
    (message: { route?: { url?: unknown } }) => {
      const url = message.route?.url;
      const operation = tracer.recorder && currentCall(tracer.recorder);
      if (operation instanceof Operation && typeof url === 'string') operation.route = url;
    },
  );
  return undo;
}

/** The route by which express has found the handler: where it was mounted, and its own path there. */
function routeOf(request: Routed): string | undefined {
  const path = request.route?.path;
  if (typeof path !== 'string') return undefined;
  return typeof request.baseUrl === 'string' ? request.baseUrl + path : path;
}
