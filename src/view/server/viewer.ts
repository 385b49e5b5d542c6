import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { viewerPage } from '../../locations.js';
import { checkQuestion, QuestionError } from '../wire/check-question.js';
import { escaped, ICON } from '../wire/markup.js';
import { encodePicture } from '../wire/picture-bytes.js';
import type { Answers, Failure, Loading, Picture, Question } from '../wire/questions.js';
import { isWelcome, LOOPBACK, listen, refuse, secretFolder, stop } from './loopback.js';
import { ViewError } from './view-error.js';

/** Who knows the trace. */
export interface Answering {
  /** What is told instead of answers, for now or for good; undefined where questions are answered. */
  readonly instead: Loading | Failure | undefined;
  answer(question: Question): Promise<Answers[Question['ask']]>;
}

export interface ViewerOptions {
  /** For the title of the page. */
  readonly name: string;
  readonly answering: Answering;
  /** Default: any free one. */
  readonly port?: number | undefined;
  /** Where the page is. Default: where the build has put it. */
  readonly page?: URL;
}

export interface ViewerServer {
  /** The page to open. */
  readonly address: string;
  /** Settles when all pages were closed that had been opened. */
  readonly left: Promise<void>;
  close(): Promise<void>;
}

/** The numbers of all tracks that may be asked for. */
const MAX_QUESTION = 2 * 1024 * 1024;
/** Smaller answers are not worth the time. */
const WORTH_PACKING = 8 * 1024;

const JSON_TYPE = 'application/json; charset=utf-8';
/** The files of the page, and their types. */
const FILES: Readonly<Record<string, string>> = {
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'open-view.js': 'text/javascript; charset=utf-8',
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data: blob:',
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

interface Resource {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * Serves tracelane's own viewer, on loopback only. The trace stays in this process, which answers what
 * the page asks. Everything stands below a path that other pages cannot guess, and only pages of this
 * server are answered.
 *
 * @throws {ViewError} where the page is missing, or the port is taken.
 */
export async function serveViewer(options: ViewerOptions): Promise<ViewerServer> {
  const { name, answering, port: wanted } = options;
  const folder = secretFolder();
  const resources = readPage(options.page ?? viewerPage(), folder);
  resources.set(folder, { type: 'text/html; charset=utf-8', body: Buffer.from(html(name)) });
  const pages = new OpenPages();
  const server = createServer((request, response) => {
    for (const [header, value] of Object.entries(HEADERS)) response.setHeader(header, value);
    const path = (request.url ?? '').split(/[?#]/, 1)[0] as string;
    const resource = resources.get(path);
    if (!isWelcome(request)) refuse(response, 403);
    else if (path === `${folder}ask`) {
      // It answers whatever goes wrong.
      void ask(request, response, answering);
    } else if (path === `${folder}alive`) pages.add(response);
    else if (resource === undefined) refuse(response, 404);
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuseMethod(response, 'GET, HEAD');
    } else {
      const { type, body } = resource;
      response.writeHead(200, { 'content-type': type, 'content-length': body.length });
      response.end(request.method === 'HEAD' ? undefined : body);
    }
  });
  // While a large file is put in order nobody is answered: that must not look like an idle connection.
  server.keepAliveTimeout = 0;
  const port = await listen(server, wanted, 0);
  const address = `http://${LOOPBACK}:${port}${folder}`;
  return { address, left: pages.left, close: () => stop(server) };
}

/** A page that is loaded again is gone for so long. */
const RELOAD_MS = 3000;

/** Which pages are open: each keeps a connection on which nothing ever comes. */
class OpenPages {
  readonly left: Promise<void>;
  #leave = (): void => {};
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  add(response: ServerResponse): void {
    this.#count++;
    clearTimeout(this.#timer);
    response.once('close', () => {
      this.#count--;
      if (this.#count === 0) this.#timer = setTimeout(this.#leave, RELOAD_MS).unref();
    });
    response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders();
  }
}

function readPage(folder: URL, path: string): Map<string, Resource> {
  const resources = new Map<string, Resource>();
  try {
    for (const [name, type] of Object.entries(FILES)) {
      resources.set(`${path}${name}`, { type, body: readFileSync(new URL(name, folder)) });
    }
  } catch (cause) {
    const problem = `The viewer's page is missing: ${(cause as Error).message}. Install tracelane again.`;
    throw new ViewError('TRACELANE_CANNOT_SERVE', problem, { cause });
  }
  return resources;
}

function html(name: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(name)}</title>
${ICON}
<link rel="stylesheet" href="page.css">
<body>
<div id="tracelane"></div>
<script src="page.js"></script>
<script src="open-view.js"></script>
</body>
</html>
`;
}

function refuseMethod(response: ServerResponse, allowed: string): void {
  response.setHeader('allow', allowed);
  refuse(response, 405);
}

async function ask(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
): Promise<void> {
  if (request.method !== 'POST') {
    refuseMethod(response, 'POST');
    return;
  }
  // A form of another page can send no JSON.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    refuse(response, 415);
    return;
  }
  try {
    const question = checkQuestion(parse(await bodyOf(request)));
    const { instead } = answering;
    if (instead !== undefined) {
      const status = 'loading' in instead ? 202 : 422;
      await send(request, response, status, JSON_TYPE, Buffer.from(JSON.stringify(instead)));
      return;
    }
    const answer = await answering.answer(question);
    if (question.ask === 'draw') {
      const bytes = Buffer.from(encodePicture(answer as Picture, question));
      await send(request, response, 200, 'application/octet-stream', bytes);
    } else {
      const text = JSON.stringify(answer ?? null);
      await send(request, response, 200, JSON_TYPE, Buffer.from(text));
    }
  } catch (error) {
    if (response.headersSent || response.destroyed) return;
    const { code = 'TRACELANE_INTERNAL', message } = error as NodeJS.ErrnoException;
    const failure: Failure = { failure: { code, message } };
    const status = error instanceof QuestionError ? 400 : 422;
    await send(request, response, status, JSON_TYPE, Buffer.from(JSON.stringify(failure)));
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_QUESTION) throw new QuestionError('The question is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new QuestionError('A question is JSON.');
  }
}

const pack = promisify(gzip);

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  bytes: Buffer,
): Promise<void> {
  const isPacked =
    bytes.length >= WORTH_PACKING && /\bgzip\b/.test(String(request.headers['accept-encoding']));
  // The lowest level: the way is short.
  const body = isPacked ? await pack(bytes, { level: 1 }) : bytes;
  if (isPacked) response.setHeader('content-encoding', 'gzip');
  response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
}
