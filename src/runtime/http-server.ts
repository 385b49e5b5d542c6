import { IncomingMessage, type ServerResponse } from 'node:http';
import net, { type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { currentCall } from '../recorder/api/operation-context.js';
import type { Args } from '../trace-event/events.js';
import { beforeEmit } from './before-emit.js';
import { beforeListeners } from './before-listeners.js';
import { emitInside } from './emit-inside.js';
import { guarded } from './guard.js';
import { sentHeaders } from './http-headers.js';
import { errorOutcome, Operation } from './operation.js';
import { beginReceived } from './propagation.js';
import { queryOf, RequestNames } from './request-names.js';
import type { SourceContext } from './source.js';
import { TRACEPARENT } from './traceparent.js';
import { Undo } from './undo.js';

interface RequestStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

/** A request whose response is not closed yet. */
interface OpenRequest extends Omit<RequestStart, 'socket'> {
  readonly operation: Operation;
}

/** A connection that requests came on. */
interface Connection {
  readonly open: OpenRequest[];
  /** Bytes that were sent before the request that is answered next. */
  sent: number;
  /** Stops watching for its end. */
  readonly leave: () => void;
}

/** The connections of servers: what is open on them ends with them. */
class Connections {
  readonly #all = new Map<Socket, Connection>();
  readonly #takesHeaders: boolean;
  readonly #names: RequestNames;

  constructor(takesHeaders: boolean, names: RequestNames) {
    this.#takesHeaders = takesHeaders;
    this.#names = names;
  }

  of(socket: Socket): Connection {
    const known = this.#all.get(socket);
    if (known !== undefined) return known;
    // One watcher for each connection: one for each request cost as much as all else that is done for it. When the
    // connection closes, Node's own listener tells each request that is open.
    const close = () => {
      this.#all.delete(socket);
      for (const open of connection.open) {
        // What Node tells them next comes from the connection.
        emitInside(open.request, open.operation);
        emitInside(open.response, open.operation);
        this.#finish(connection, socket, open);
      }
    };
    const leave = beforeListeners(socket, { close });
    const connection: Connection = { open: [], sent: socket.bytesWritten, leave };
    this.#all.set(socket, connection);
    return connection;
  }

  /** All of a response was given to the system. */
  answered(socket: Socket, response: ServerResponse): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    const { open } = connection;
    const at = open.findIndex((request) => request.response === response);
    // They are answered in the order in which they came. `splice` would make a list for each.
    const request = at > 0 ? open.splice(at, 1)[0] : at === 0 ? open.shift() : undefined;
    if (request !== undefined) this.#finish(connection, socket, request);
  }

  /** The source ends: each response that is still open tells of its own end. */
  leave(): void {
    for (const [socket, connection] of this.#all) {
      connection.leave();
      for (const request of connection.open) {
        request.response.once(
          'close',
          guarded(() => this.#finish(connection, socket, request)),
        );
      }
    }
    this.#all.clear();
  }

  #finish(connection: Connection, socket: Socket, { request, response, operation }: OpenRequest) {
    const size = socket.bytesWritten - connection.sent;
    connection.sent = socket.bytesWritten;
    if (operation.isOver) return;
    const route = operation.route ?? routeOf(request as Routed, this.#names);
    const outcome: Record<string, unknown> = {
      'http.response.status_code': response.statusCode,
      // What programs pass off as a connection does not count.
      'http.response.size': Number.isNaN(size) ? undefined : size,
    };
    if (!response.writableFinished) outcome['error.type'] = 'aborted';
    if (route !== undefined) {
      outcome['http.route'] = route;
      operation.rename(`${request.method} ${route}`);
    }
    if (this.#takesHeaders) outcome['http.response.headers'] = sentHeaders(response);
    operation.finish(outcome as Args);
  }
}

/** What express and its like leave at a request. */
interface Routed {
  readonly route?: { readonly path?: unknown };
  readonly baseUrl?: unknown;
  readonly originalUrl?: unknown;
  readonly url?: unknown;
}

/**
 * Requests to servers of `node:http` and `node:https`: each is an operation until its response is
 * closed, or the connection that it has made into another one. What its handler does belongs to it.
 */
export function traceHttpServer({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const names = new RequestNames();
  const { capture } = settings;
  const takesQuery = capture.has('url-query');
  const takesHeaders = capture.has('headers');
  const takesHost = settings.propagate === 'same-origin';
  const connections = new Connections(takesHeaders, names);

  const begin = (request: IncomingMessage, more?: Record<string, unknown>) => {
    const { method = '', url = '', headers } = request;
    const target = names.of(url);
    const args: Record<string, unknown> = {
      'http.request.method': method,
      'url.path': target.path,
      ...more,
    };
    if (takesQuery) args['url.query'] = queryOf(url);
    if (takesHeaders) args['http.request.headers'] = headers;
    const name = names.name(method, target);
    const operation = beginReceived(tracer, name, args, headers[TRACEPARENT]);
    if (takesHost && operation !== undefined) operation.host = headers.host;
    return operation;
  };

  undo.subscribe('http.server.request.start', ({ request, response, socket }: RequestStart) => {
    const operation = begin(request);
    if (operation === undefined) return;
    // Its pieces come from the connection. To run what listens to them inside costs more than all else here.
    if (hasBody(request)) emitInside(request, operation);
    const { open } = connections.of(socket);
    const [first] = open;
    if (first !== undefined) {
      // Pipelined. Node sends a response once the one before it is finished, and tells its listeners from
      // there; and what this one writes may have Node tell the first one, which is being sent, to go on.
      emitInside(response, operation);
      if (open.length === 1) emitInside(first.response, first.operation);
    }
    open.push({ request, response, operation });
  });
  undo.subscribe('http.server.response.finish', ({ response, socket }: RequestStart) => {
    connections.answered(socket, response);
  });
  undo.add(() => connections.leave());

  // No channel tells of these: from here on the connection is the program's own.
  const events = ['upgrade', 'connect'];
  beforeEmit(undo, net.Server.prototype, events, (_, request: IncomingMessage, socket: Duplex) => {
    // Programs have events of their own.
    if (!(request instanceof IncomingMessage)) return;
    const { upgrade } = request.headers;
    const operation = begin(request, { 'network.protocol.name': upgrade?.toLowerCase() });
    if (operation === undefined) return;
    beforeListeners(socket, {
      close() {
        const { errored } = socket;
        operation.finish(errored ? errorOutcome(errored) : undefined);
      },
    });
    emitInside(socket, operation);
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

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** The route by which express has found the handler: where it was mounted, and its own path there. */
function routeOf(request: Routed, names: RequestNames): string | undefined {
  const path = request.route?.path;
  if (typeof path !== 'string') return undefined;
  const mount = mountOf(request, path, names);
  return mount === '' ? path : names.of(mount).shape + path;
}

/** What tells in a route that it may be as long as it likes. */
const OF_ANY_LENGTH = /[*?+(){}[\]]/;
/** What such a route begins with in any case: parts that are followed by another one, or by an optional one. */
const CERTAIN = /^(?:\/[^/*?+(){}[\]]+(?=\/|\{\/))*/;

/**
 * Where the router is mounted that has found the handler: what stands before the handler's own path. Express
 * says so only while the request is there. Where an error is answered further out, it has taken that back.
 */
function mountOf({ baseUrl, originalUrl, url }: Routed, route: string, names: RequestNames) {
  const said = typeof baseUrl === 'string' ? baseUrl : '';
  if (typeof originalUrl !== 'string') return said;
  // Further out, it is the whole address again; another one if the program has given the request that.
  const { path } = names.of(said === '' && typeof url === 'string' ? url : originalUrl);
  const isOfAnyLength = OF_ANY_LENGTH.test(route);
  // Most have none. To take all apart takes as long as all else that is done for a request.
  if (said === '' && !isOfAnyLength && countParts(path) === countParts(route)) return said;
  const parts = partsOf(path);
  const own = partsOf(isOfAnyLength ? (CERTAIN.exec(route)?.[0] ?? '') : route);
  if (isOfAnyLength && own.length === 0) return said;
  const last = parts.length - own.length;
  const first = isOfAnyLength ? partsOf(said).length : last;
  for (let at = Math.max(0, first); at <= last; at++) {
    if (!own.every((part, i) => part.includes(':') || isSame(part, parts[at + i]))) continue;
    const mount = parts
      .slice(0, at)
      .map((part) => `/${part}`)
      .join('');
    return mount.startsWith(said) ? mount : said;
  }
  return said;
}

/** Routes of express are found in either case. */
function isSame(part: string, other: string | undefined): boolean {
  return part.toLowerCase() === other?.toLowerCase();
}

/** How many parts a path has: slashes that something follows. */
function countParts(path: string): number {
  let count = 0;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    if (at + 1 < path.length && path[at + 1] !== '/') count++;
  }
  return count;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
