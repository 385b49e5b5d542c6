import { keepCall } from '../recorder/api/operation-context.js';
import type { Args } from '../trace-event/events.js';
import { callerFromHere } from './calls.js';
import { connectsNext } from './connecting.js';
import { guarded } from './guard.js';
import { undiciHeaders } from './http-headers.js';
import { errorOutcome, markMoment, type Operation } from './operation.js';
import { Propagation } from './propagation.js';
import { queryOf, RequestNames } from './request-names.js';
import type { SourceContext } from './source.js';
import { TRACEPARENT } from './traceparent.js';
import { followUndiciPools, type PoolRequest } from './undici-pools.js';
import { type AnyFunction, Undo } from './undo.js';

/** As undici has it, the one in Node and the package. */
interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly origin: string | URL;
  /** Names and values in turn; a text in undici 5. */
  readonly headers: unknown[] | string;
  body?: unknown;
  addHeader(name: string, value: unknown): unknown;
}

interface OpenRequest {
  readonly operation: Operation;
  /** Where it goes to. */
  readonly host: string;
  /** Of what it sends. */
  readonly kept: Undo;
}

interface UndiciResponse {
  readonly statusCode: number;
  readonly headers: unknown;
}

/** Requests by `fetch()` and undici: each is an operation until all of its answer is there. */
export function traceFetch({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const names = new RequestNames();
  const { capture, propagate } = settings;
  const takesHeaders = capture.has('headers');
  const propagation = new Propagation(tracer, propagate);
  const open = new WeakMap<UndiciRequest, OpenRequest>();
  /** The last request to an origin: the one for which a connection is made there, if one is made. */
  const latest = new Map<string, Operation>();

  const describe = ({ method, path, origin }: PoolRequest) => {
    const target = names.of(path);
    const url = new URL(origin);
    const args: Record<string, unknown> = {
      'http.request.method': method,
      'url.path': target.path,
      'server.address': url.hostname,
      'url.scheme': url.protocol.replace(':', ''),
    };
    if (capture.has('url-query')) args['url.query'] = queryOf(path);
    return { name: `${names.name(method, target)} → ${url.hostname}`, args, url };
  };
  const takeWaited = followUndiciPools(undo, (request) => {
    const { name, args } = describe(request);
    return propagation.begin(name, args, undefined, () => {});
  });

  undo.subscribe('undici:request:create', ({ request }: { request: UndiciRequest }) => {
    const { name, args, url } = describe(request);
    const destination = placeOfHeader(request) === -1 ? url : undefined;
    const carry = (text: string) => addHeader(request, text);
    const waited = takeWaited();
    if (waited !== undefined && destination !== undefined) {
      propagation.carry(waited, destination, carry);
    }
    const operation = waited ?? propagation.begin(name, args, destination, carry);
    if (operation === undefined) return;
    if (takesHeaders) {
      operation.set({ 'http.request.headers': undiciHeaders(request.headers) } as Args);
    }
    keepListeners(request);
    endWithUpgrade(request, upgraded);
    open.set(request, { operation, host: url.host, kept: keepBody(request) });
    latest.set(url.host, operation);
  });
  undo.subscribe(
    'undici:client:beforeConnect',
    ({ connectParams }: { connectParams: { host: string } }) => {
      const operation = latest.get(connectParams.host);
      if (operation !== undefined) connectsNext(operation);
    },
  );
  const answered = (request: UndiciRequest, { statusCode, headers }: UndiciResponse) => {
    const operation = open.get(request)?.operation;
    if (operation === undefined) return;
    markMoment(operation, 'response headers');
    operation.set({
      'http.response.status_code': statusCode,
      ...(takesHeaders && { 'http.response.headers': undiciHeaders(headers) }),
    } as Args);
  };
  undo.subscribe(
    'undici:request:headers',
    ({ request, response }: { request: UndiciRequest; response: UndiciResponse }) =>
      answered(request, response),
  );
  const end = (request: UndiciRequest, args?: Record<string, unknown>) => {
    const known = open.get(request);
    if (known === undefined) return;
    const { operation, host, kept } = known;
    open.delete(request);
    kept[Symbol.dispose]();
    if (latest.get(host) === operation) latest.delete(host);
    operation.finish(args);
  };
  const upgraded = guarded((request: UndiciRequest, response: UndiciResponse) => {
    answered(request, response);
    end(request);
  });
  undo.subscribe('undici:request:trailers', ({ request }: { request: UndiciRequest }) => {
    end(request);
  });
  undo.subscribe(
    'undici:request:error',
    ({ request, error }: { request: UndiciRequest; error: unknown }) => {
      end(request, errorOutcome(error));
    },
  );
  return undo;
}

/** What the connection tells a request: by the names of undici up to 7, and from 8 on. */
const TOLD = [
  ...['onBodySent', 'onRequestSent', 'onConnect', 'onHeaders', 'onData', 'onUpgrade'],
  ...['onComplete', 'onError'],
  ...['onRequestStart', 'onResponseStart', 'onResponseData', 'onRequestUpgrade'],
  ...['onResponseEnd', 'onResponseError'],
];

/** The connection may have been made for somebody else: what listens belongs to who has asked. */
function keepListeners(request: UndiciRequest): void {
  for (const name of TOLD) {
    const tell: unknown = request[name as never];
    if (typeof tell !== 'function') continue;
    const value = keepCall(tell as AnyFunction);
    Object.defineProperty(request, name, { configurable: true, writable: true, value });
  }
}

/**
 * In versions up to 6.28, no channel tells of a connection that becomes a tunnel or a WebSocket. From then on it is
 * the program's own.
 */
function endWithUpgrade(
  request: UndiciRequest,
  upgraded: (request: UndiciRequest, response: UndiciResponse) => void,
): void {
  for (const name of ['onUpgrade', 'onRequestUpgrade']) {
    const tell: unknown = request[name as never];
    if (typeof tell !== 'function') continue;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      // From undici 8 on, what controls the request comes first.
      const [statusCode, headers] = typeof args[0] === 'number' ? args : args.slice(1);
      upgraded(request, { statusCode: Number(statusCode), headers });
      return Reflect.apply(tell, this, args);
    };
    Object.defineProperty(request, name, { configurable: true, writable: true, value });
  }
}

/** The connection reads what is to be sent, too: streams, generators and others that are iterated over. */
function keepBody(request: UndiciRequest): Undo {
  const undo = new Undo();
  const { body } = request;
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return undo;
  if ('pipe' in body) {
    for (const name of ['read', 'resume']) undo.replace(body as never, name as never, keepCall);
    return undo;
  }
  // What the program iterates over itself stays as it is: an array may be the body of many requests.
  const kept: Record<symbol, AnyFunction> = {};
  for (const name of [Symbol.asyncIterator, Symbol.iterator]) {
    const iterate: unknown = body[name as never];
    if (typeof iterate !== 'function') continue;
    const call = callerFromHere();
    kept[name] = (...args) => keptIterator(call(iterate, body, args), call);
  }
  if (Object.getOwnPropertySymbols(kept).length > 0) request.body = kept;
  return undo;
}

function keptIterator(iterator: Record<string, unknown>, call: AnyFunction) {
  const kept: Record<string, unknown> = {};
  for (const name of ['next', 'return', 'throw']) {
    const step = iterator[name];
    if (typeof step === 'function') {
      kept[name] = (...args: unknown[]) => call(step, iterator, args);
    }
  }
  return kept;
}

/** Where a request has the header; -1 where it has none, undefined where it cannot be told. */
function placeOfHeader({ headers }: UndiciRequest): number | undefined {
  if (!Array.isArray(headers)) return undefined;
  return headers.findIndex(
    (name, i) => i % 2 === 0 && typeof name === 'string' && name.toLowerCase() === TRACEPARENT,
  );
}

/** Adds the header, until somebody else who listens to the channel adds one: that takes its place. */
function addHeader(request: UndiciRequest, own: string): void {
  request.addHeader(TRACEPARENT, own);
  const { addHeader: add } = request;
  request.addHeader = function addHeader(this: UndiciRequest, name, value) {
    const place = name.toLowerCase() === TRACEPARENT ? placeOfHeader(this) : undefined;
    if (place !== undefined && place >= 0) (this.headers as unknown[]).splice(place, 2);
    return add.call(this, name, value);
  };
}
