import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, type TestOptions, test } from 'node:test';
import { freePort } from '../free-port.js';
import type { RecordedEvent } from '../record-trace.js';
import { operationsIn } from '../runtime/run-traced.js';
import { checkTrace } from '../viewers/checker.js';
import { MATRIX } from './install-matrix.js';
import { MATRIX_ENVIRONMENT, ROOT } from './npm.js';

const PROJECT = join(MATRIX, 'servers');
const SERVERS = ['http', 'express', 'fastify', 'koa', 'hono'];
const ORDERS = 20;
/** The one that its client does not wait for. */
const ABORTED = 100;

/** The programs of the document's section on servers, by the names that they give themselves. */
function documented(): Map<string, string> {
  const text = readFileSync(join(ROOT, 'docs', 'integration.md'), 'utf8');
  const [, section = ''] = /^## Servers\n(.*?)^## /ms.exec(text) ?? [];
  const programs = section.matchAll(/^```js\n\/\/ (\S+\.mjs)\b.*?\n(.*?)^```$/gms);
  return new Map(Array.from(programs, ([, name = '', code = '']) => [name, code]));
}

/** What a server has printed so far, and may print yet. */
class Output {
  #text = '';
  #look = () => {};

  constructor({ stdout }: ChildProcess) {
    stdout?.on('data', (data: Buffer) => {
      this.#text += data.toString();
      this.#look();
    });
  }

  has(line: string): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.#text.split('\n').includes(line)) resolve();
      };
      this.#look();
    });
  }
}

/** Sends requests to a server, and gives the trace that it has written when it was ended. */
async function serve(server: string): Promise<RecordedEvent[]> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', './record.mjs', `${server}.mjs`], {
    cwd: PROJECT,
    env: { ...MATRIX_ENVIRONMENT, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const output = new Output(child);
  // Fewer connections than requests: one is used for several, one after the other.
  const agent = new Agent({ keepAlive: true, maxSockets: 5 });
  const post = async (number: number, order: object, signal?: AbortSignal): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const sent = request({
      port,
      agent,
      method: 'POST',
      path: `/orders/${number}`,
      headers,
      signal,
    });
    // The rest of the body comes when the server has begun.
    sent.write('{');
    setTimeout(() => sent.end(JSON.stringify(order).slice(1)), 5);
    const [answer] = await once(sent, 'response');
    return json(answer);
  };
  try {
    while (!(await listens(port))) assert.equal(child.exitCode, null);
    const controller = new AbortController();
    const aborted = assert.rejects(post(ABORTED, { isSlow: true }, controller.signal));
    await output.has(`began ${ABORTED}`);
    controller.abort();
    await aborted;
    const numbers = Array.from({ length: ORDERS }, (_, number) => number);
    const answers = await Promise.all(numbers.map((number) => post(number, { isSlow: false })));
    assert.deepEqual(
      answers,
      numbers.map((number) => ({ number })),
    );
    await output.has(`done ${ABORTED}`);
  } finally {
    agent.destroy();
    child.kill();
    await ended;
  }
  const text = readFileSync(join(PROJECT, 'traces', `${child.pid}.json`), 'utf8');
  assert.deepEqual(checkTrace(text), []);
  return JSON.parse(text);
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The servers of docs/integration.md that trace their requests by hand, in the frameworks themselves. */
export function describeServers(options: TestOptions): void {
  describe('requests that a server traces by hand, as the documents have it', options, () => {
    const programs = documented();

    for (const server of SERVERS) {
      test(`with ${server} hold what was done for each, and end with their responses`, async () => {
        for (const [name, code] of programs) writeFileSync(join(PROJECT, name), code);
        const events = await serve(server);
        const requests = operationsIn(events).filter(({ name }) => name.startsWith('POST '));
        assert.equal(requests.length, ORDERS + 1);
        for (const { name, end, args } of requests) {
          const isAborted = name === `POST /orders/${ABORTED}`;
          assert.ok(end !== undefined);
          assert.deepEqual(
            [args['status'], args['aborted']],
            isAborted ? [undefined, true] : [200, undefined],
          );
        }
        const names = new Map(requests.map(({ name, args }) => [args['op.id'], name]));
        const done = events.filter(({ ph, args }) => ph !== 'e' && args['number'] !== undefined);
        for (const { args } of done) {
          assert.equal(names.get(args['op.root']), `POST /orders/${args['number']}`);
        }
        assert.equal(done.length, 3 * (ORDERS + 1));
      });
    }
  });
}
