import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from '../statistics.js';
import { loadSubject } from '../subjects/index.js';
import type { Subject } from '../subjects/subject.js';
import { report, withFile } from './output.js';

/**
 * An HTTP server that is traced: `server.js SUBJECT|off paced|request SECONDS`. `paced`: 20,000
 * spans a second beside requests, for the delays that they cause. `request`: as many requests as
 * it can take, with a span each and without in turns, for the throughput: two processes differ by
 * more than a span does. A turn ends when all that was recorded in it is in the file: nothing of it is left for
 * the turn without.
 */
const [subjectName = 'off', load = 'paced', seconds = '5'] = process.argv.slice(2);
const SPANS_A_MILLISECOND = 20;
const TURN_MS = 500;
const CLIENT = fileURLToPath(new URL('client.js', import.meta.url));

const NOTHING: Subject = {
  spans() {},
  spansWithArgs() {},
  spansWithNestedArg() {},
  async drain() {},
  async stop() {},
};

async function measure(file: string): Promise<void> {
  const subject = subjectName === 'off' ? NOTHING : await (await loadSubject(subjectName))(file);
  const turns = new Turns(subject);
  const server = createServer((_request, response) => {
    if (load === 'request' && turns.countRequest()) subject.spansWithArgs(1);
    response.end('x'.repeat(500));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = fork(CLIENT, [String(port), seconds, load]);
  // Without it, nothing more would come, and the spans would go on until memory is full.
  client.once('exit', (code) => {
    if (code !== 0) process.exit(1);
  });
  await once(client, 'message');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const stop = load === 'paced' ? pace(subject) : turns.start();
  const [answer] = (await once(client, 'message')) as [Record<string, number>];
  delay.disable();
  await stop();
  server.close();
  server.closeAllConnections();
  await subject.stop();
  const ms = (percentile: number) => delay.percentile(percentile) / 1e6;
  report({
    ...answer,
    ...(load === 'request' ? turns.rates() : {}),
    'loop delay p50 ms': ms(50),
    'loop delay p99 ms': ms(99),
    'loop delay p99.9 ms': ms(99.9),
  });
}

/** Counts requests in turns, traced and not. */
class Turns {
  readonly #subject: Subject;
  /** Requests a second of each turn; those of even turns were traced. */
  readonly #rates: number[] = [];
  #requests = 0;
  #isCounting = false;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Gives what ends it. */
  start(): () => Promise<void> {
    let isOver = false;
    const over = (async () => {
      while (!isOver) {
        this.#requests = 0;
        this.#isCounting = true;
        const began = performance.now();
        await setTimeout(TURN_MS);
        const isTraced = this.#isTraced;
        this.#isCounting = false;
        if (isTraced) await this.#subject.drain();
        this.#rates.push((this.#requests / (performance.now() - began)) * 1000);
      }
    })();
    return () => {
      isOver = true;
      return over;
    };
  }

  get #isTraced(): boolean {
    return this.#rates.length % 2 === 0;
  }

  /** Whether it is to be traced. */
  countRequest(): boolean {
    this.#requests++;
    return this.#isCounting && this.#isTraced;
  }

  /** Each traced turn beside those before and after it: what drifts meets all alike. */
  rates() {
    const traced = this.#rates.filter((_, turn) => turn % 2 === 0);
    const ratios = traced.slice(1, -1).map((rate, i) => {
      const [before, after] = [this.#rates[2 * i + 1], this.#rates[2 * i + 3]];
      return rate / ((Number(before) + Number(after)) / 2);
    });
    return { 'requests/s': median(traced), 'traced ÷ untraced': median(ratios) };
  }
}

/** So many spans a millisecond, however late the timer comes. Gives what ends it. */
function pace(subject: Subject): () => void {
  let last = performance.now();
  const pacing = setInterval(() => {
    const now = performance.now();
    const due = Math.floor((now - last) * SPANS_A_MILLISECOND);
    last += due / SPANS_A_MILLISECOND;
    subject.spans(due);
  }, 1);
  return () => clearInterval(pacing);
}

await withFile(measure);
