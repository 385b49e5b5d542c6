import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { speedscope } from '../../locations.js';
import { handOverPage, PERFETTO } from './hand-over-page.js';
import { isWelcome, LOOPBACK, listen, refuse, secretFolder, stop } from './loopback.js';
import { ViewError } from './view-error.js';

/** The only port from which the Perfetto UI takes files: its Content-Security-Policy names it. */
const PERFETTO_PORT = 9001;

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  gz: 'application/gzip',
  png: 'image/png',
  wasm: 'application/wasm',
  woff2: 'font/woff2',
};

export interface HandOverOptions {
  readonly file: string;
  readonly viewer: 'perfetto' | 'speedscope';
  /** Default: 9001 for Perfetto, or another if that is in use; any free one for speedscope. */
  readonly port?: number | undefined;
  /** Called when a page has asked for the trace and did not get all of it. */
  readonly onFailure?: ((error: ViewError) => void) | undefined;
  /** Where speedscope is. Default: where the build has put it. */
  readonly speedscope?: URL;
}

export interface TraceServer {
  /** The page to open. */
  readonly address: string;
  /** Settles when a page has loaded the whole file, and has not closed the connection before that. */
  readonly served: Promise<void>;
  close(): Promise<void>;
}

/**
 * What the server has at a path: text, or a file. The path of a request is only looked up among
 * these, and never reaches the file system.
 */
type Resource =
  | { readonly text: string; readonly type: string; readonly nonce: string }
  | { readonly file: string; readonly type: string; readonly onEnd?: OnEnd };

/** Takes what became of an answer: undefined if all was sent. */
type OnEnd = (failure: ViewError | undefined) => void;

/**
 * Serves the file of a trace to a viewer that others have made, in a browser of this machine. It listens
 * on loopback only, serves nothing else, has the trace at a path that other pages cannot guess, and
 * answers only to its own pages and the viewer's.
 *
 * @throws {ViewError} where the file cannot be read, or the port is taken.
 */
export async function handOver(options: HandOverOptions): Promise<TraceServer> {
  const { file, viewer, onFailure } = options;
  checkOpens(file);
  const folder = secretFolder();
  const trace = `${folder}${encodeURIComponent(basename(file))}`;
  let finished = (): void => {};
  const served = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const onEnd: OnEnd = (failure) => (failure === undefined ? finished() : onFailure?.(failure));
  const resources = new Map<string, Resource>([[trace, { file, type: typeOf(file), onEnd }]]);
  if (viewer === 'speedscope') addSpeedscope(resources, options.speedscope ?? speedscope());
  else {
    const nonce = randomBytes(16).toString('hex');
    const text = handOverPage(trace, basename(file), nonce);
    resources.set(folder, { text, type: TYPES['html'] as string, nonce });
  }
  const stranger = viewer === 'perfetto' ? PERFETTO : undefined;
  const server = createServer((request, response) =>
    answer(request, response, resources, stranger),
  );
  // A page that takes its time must not be cut off: it would look as if it had got everything.
  server.keepAliveTimeout = 0;
  const port = await listen(server, options.port, viewer === 'perfetto' ? PERFETTO_PORT : 0);
  const own = `http://${LOOPBACK}:${port}`;
  const address = addressOf(viewer, own, folder, basename(file), port);
  return { address, served, close: () => stop(server) };
}

function addressOf(
  viewer: HandOverOptions['viewer'],
  own: string,
  folder: string,
  title: string,
  port: number,
): string {
  const trace = `${own}${folder}${encodeURIComponent(title)}`;
  if (viewer === 'speedscope') {
    const query = new URLSearchParams({ profileURL: trace, title });
    return `${own}/#${query}`;
  }
  // The UI does not fetch from other ports: there, a page of our own hands the trace over.
  if (port !== PERFETTO_PORT) return `${own}${folder}`;
  return `${PERFETTO}/#!/?url=${encodeURIComponent(trace)}`;
}

function checkOpens(file: string): void {
  try {
    // Before opening it: opening a named pipe waits until something writes to it.
    if (!statSync(file).isFile()) throw new Error('it is no regular file');
    closeSync(openSync(file, 'r'));
  } catch (cause) {
    const problem = `${file} cannot be read: ${(cause as Error).message}. Check the path.`;
    throw new ViewError('TRACELANE_CANNOT_READ', problem, { cause });
  }
}

function addSpeedscope(resources: Map<string, Resource>, folder: URL): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    const problem = `speedscope is missing in ${fileURLToPath(folder)}: install tracelane again.`;
    throw new ViewError('TRACELANE_CANNOT_SERVE', problem, { cause });
  }
  for (const name of names) {
    const path = name === 'index.html' ? '/' : `/${encodeURIComponent(name)}`;
    const file = fileURLToPath(new URL(encodeURIComponent(name), folder));
    resources.set(path, { file, type: typeOf(name) });
  }
}

function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  resources: ReadonlyMap<string, Resource>,
  stranger: string | undefined,
): void {
  const { method, headers } = request;
  const resource = resources.get((request.url ?? '').split(/[?#]/, 1)[0] as string);
  response.setHeader('vary', 'origin');
  if (!isWelcome(request, stranger)) refuse(response, 403);
  else if (resource === undefined) refuse(response, 404);
  else if (method === 'OPTIONS') {
    allow(response, headers.origin);
    response.setHeader('access-control-allow-methods', 'GET, HEAD');
    // Chrome asks this before it lets a page from the internet fetch from this machine.
    if (headers['access-control-request-private-network'] === 'true') {
      response.setHeader('access-control-allow-private-network', 'true');
    }
    refuse(response, 204);
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    refuse(response, 405);
  } else {
    allow(response, headers.origin);
    response.setHeader('content-type', resource.type);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    if ('text' in resource) sendText(resource, response, method === 'HEAD');
    else sendFile(resource, response, method === 'HEAD');
  }
}

function allow(response: ServerResponse, origin: string | undefined): void {
  if (origin !== undefined) response.setHeader('access-control-allow-origin', origin);
}

function sendText(
  { text, nonce }: Extract<Resource, { text: string }>,
  response: ServerResponse,
  onlyHead: boolean,
): void {
  const own = `'nonce-${nonce}'`;
  const policy = `default-src 'none'; script-src ${own}; style-src ${own}; connect-src 'self'`;
  response.setHeader('content-security-policy', policy);
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(onlyHead ? undefined : text);
}

function sendFile(
  { file, onEnd }: Extract<Resource, { file: string }>,
  response: ServerResponse,
  onlyHead: boolean,
): void {
  const opened = openFile(file);
  if (typeof opened === 'string') {
    refuse(response, 404);
    onEnd?.(notServed(file, opened));
    return;
  }
  const { fd, size } = opened;
  response.setHeader('content-length', size);
  if (onlyHead) {
    closeSync(fd);
    response.end();
    return;
  }
  if (size === 0) {
    closeSync(fd);
    response.end();
    onEnd?.(undefined);
    return;
  }
  // Not more than the length that was announced, even if the file is growing.
  const content = createReadStream(file, { fd, end: size - 1 });
  // Fewer bytes than announced: the page would wait for the rest. Closing tells it that there is none.
  content.once('end', () => {
    if (content.bytesRead < size) response.destroy();
  });
  if (onEnd !== undefined) {
    // A connection that may be used again, a browser keeps, and it may not see its end for minutes.
    response.setHeader('connection', 'close');
    watch(response, (isTaken, sent) => {
      if (isTaken && content.bytesRead === size) onEnd(undefined);
      else if (content.readableEnded && content.bytesRead < size) {
        const reason = `the file was cut from ${size} to ${content.bytesRead} bytes meanwhile`;
        onEnd(notServed(file, reason));
      } else {
        const reason = `it left after ${Math.min(sent, size)} of ${size} bytes`;
        onEnd(notServed(file, reason));
      }
    });
  }
  pipeline(content, response, () => {});
}

/** Opens a file to be sent; the reason where that cannot be done. It may have changed since the start. */
function openFile(file: string): { readonly fd: number; readonly size: number } | string {
  let fd: number;
  try {
    // Opening a named pipe would wait until something writes to it, and nothing else be served.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return `it cannot be opened any more: ${(error as Error).message}`;
  }
  const stat: Stats = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  return 'there is something now that is no regular file';
}

/**
 * Says what became of an answer once its connection is closed: only then it is known whether the
 * other side has taken all that was sent. It gets an end of the connection behind the file, and
 * answers with its own, or with a reset if it has left without reading all.
 */
function watch(response: ServerResponse, onClose: (isTaken: boolean, sent: number) => void): void {
  const { socket } = response;
  if (socket === null) return;
  const before = socket.bytesWritten;
  // Behind an answer with `connection: close`, Node calls this, which would close the socket without
  // waiting for the other side. It is only ended.
  socket.destroySoon = () => socket.end();
  response.once('finish', () => socket.end());
  socket.once('close', (hadError) =>
    onClose(response.writableFinished && !hadError, socket.bytesWritten - before),
  );
}

function notServed(file: string, reason: string): ViewError {
  const problem = `The page did not get ${file}: ${reason}. Load the page again once the file is whole.`;
  return new ViewError('TRACELANE_NOT_SERVED', problem);
}
