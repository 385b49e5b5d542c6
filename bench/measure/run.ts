import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from '../statistics.js';
import { report } from './output.js';

/**
 * What it costs to trace a program that nobody touched: `run.js hello|express TURNS`, or `run.js start
 * TIMES`. Servers that differ in nothing but what was preloaded run side by side, and get their load in
 * turns: what slows the machine down meets all alike.
 */
const [what = 'hello', given = '4'] = process.argv.slice(2);
const TURN_MS = 300;
const WARM_UP_MS = 2000;
const CONNECTIONS = 8;
const PATHS: Readonly<Record<string, string>> = { hello: '/', express: '/users/42' };

const require = createRequire(import.meta.url);
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

interface Subject {
  readonly preload?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** As packages are found, and not where the link to this repository leads. */
const REGISTER = here('../../node_modules/tracelane/dist/register.cjs');

function subjects(agentPort: number): Readonly<Record<string, Subject>> {
  const trace = (name: string) => ({ TRACELANE_OUTPUT: `${name}-%p.json` });
  return {
    off: {},
    'without samples': {
      preload: REGISTER,
      environment: { ...trace('plain'), TRACELANE_SOURCES: '-samples' },
    },
    'with samples': { preload: REGISTER, environment: trace('samples') },
    OpenTelemetry: { preload: here('no-op-opentelemetry.cjs') },
    'dd-trace': {
      preload: require.resolve('dd-trace/init'),
      // What it sends is thrown away by another process, whose time does not count.
      environment: {
        DD_TRACE_AGENT_URL: `http://127.0.0.1:${agentPort}`,
        DD_TRACE_STARTUP_LOGS: 'false',
      },
    },
  };
}

/** Starts a program with nothing in its environment but what all have. */
function optionsOf({ preload, environment }: Subject) {
  return {
    execArgv: ['--preserve-symlinks', ...(preload === undefined ? [] : ['--require', preload])],
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  };
}

interface Usage {
  /** Microseconds, of all its threads. */
  readonly cpu: number;
  /** Bytes. */
  readonly resident: number;
}

/** A server under test, and the connections that give it its load. */
class Server {
  readonly #process: ChildProcess;
  readonly #connections: Connection[];

  private constructor(child: ChildProcess, connections: Connection[]) {
    this.#process = child;
    this.#connections = connections;
  }

  static async start(subject: Subject): Promise<Server> {
    const child = fork(here('untouched.cjs'), [what], {
      ...optionsOf(subject),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [address] = (await once(child, 'message')) as [AddressInfo];
    const path = PATHS[what] ?? '/';
    const connections = Array.from(
      { length: CONNECTIONS },
      () => new Connection(address.port, path),
    );
    await Promise.all(connections.map(({ socket }) => once(socket, 'connect')));
    return new Server(child, connections);
  }

  async usage(): Promise<Usage> {
    this.#process.send('usage');
    const [usage] = (await once(this.#process, 'message')) as [Usage];
    return usage;
  }

  /** Microseconds of CPU that a request takes. */
  async load(milliseconds: number): Promise<number> {
    const before = await this.usage();
    const end = performance.now() + milliseconds;
    const counts = await Promise.all(this.#connections.map((one) => one.load(end)));
    // What a recorder does a moment later belongs to these requests, too.
    await sleep(TURN_MS / 3);
    const after = await this.usage();
    return (after.cpu - before.cpu) / counts.reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#connections) socket.destroy();
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
  }
}

/** One request after the other, with as little work as can be done for it on this side. */
class Connection {
  readonly socket: Socket;
  readonly #request: string;
  /** Bytes of an answer: all have as many. */
  #size = 0;
  #received = 0;
  #isAnswered: () => void = () => {};

  constructor(port: number, path: string) {
    this.#request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (data) => this.#receive(data as Buffer));
  }

  async load(end: number): Promise<number> {
    let count = 0;
    for (; performance.now() < end; count++) {
      const answer = new Promise<void>((resolve) => {
        this.#isAnswered = resolve;
      });
      this.socket.write(this.#request);
      await answer;
    }
    return count;
  }

  #receive(data: Buffer): void {
    if (this.#size === 0) this.#size = sizeOf(data.toString('latin1'));
    this.#received += data.length;
    if (this.#received < this.#size) return;
    this.#received = 0;
    this.#isAnswered();
  }
}

function sizeOf(answer: string): number {
  const head = answer.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(answer)?.[1];
  if (!answer.startsWith('HTTP/1.1 200') || head < 0 || length === undefined) {
    throw new Error(`The server under test has answered:\n${answer}`);
  }
  return head + 4 + Number(length);
}

async function measureServers(turns: number): Promise<void> {
  const agent = createServer((request, response) => {
    request
      .resume()
      .on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  }).listen(0, '127.0.0.1');
  await once(agent, 'listening');
  const all = Object.entries(subjects((agent.address() as AddressInfo).port));
  const servers = await Promise.all(
    all.map(async ([name, subject]) => ({
      name,
      server: await Server.start(subject),
      cpu: [] as number[],
    })),
  );
  for (const { server } of servers) await server.load(WARM_UP_MS);
  for (let turn = 0; turn < turns; turn++) {
    for (const one of turn % 2 === 0 ? servers : servers.toReversed()) {
      one.cpu.push(await one.server.load(TURN_MS));
    }
  }
  const measures: Record<string, number> = {};
  const off = servers[0]?.cpu ?? [];
  for (const { name, server, cpu } of servers) {
    measures[`${name}: CPU µs a request`] = median(cpu);
    measures[`${name}: CPU ÷ off`] = median(
      cpu.map((value, turn) => value / (off[turn] ?? Number.NaN)),
    );
    measures[`${name}: resident MiB`] = (await server.usage()).resident / 2 ** 20;
  }
  await Promise.all(servers.map(({ server }) => server.stop()));
  agent.close();
  agent.closeAllConnections();
  report(measures);
}

/** How much longer an empty program takes from its start to its end. */
function measureStart(times: number): void {
  const all = Object.entries(subjects(0)).map(([name, subject]) => ({
    name,
    subject,
    took: [] as number[],
  }));
  for (let time = 0; time < times; time++) {
    for (const { subject, took } of all) {
      const { execArgv, env } = optionsOf(subject);
      const start = performance.now();
      spawnSync(process.execPath, [...execArgv, '-e', '0'], { env });
      took.push(performance.now() - start);
    }
  }
  const off = all[0]?.took ?? [];
  report(
    Object.fromEntries(
      all.map(({ name, took }) => [
        `${name}: added ms`,
        median(took.map((value, time) => value - (off[time] ?? Number.NaN))),
      ]),
    ),
  );
}

if (what === 'start') measureStart(Number(given));
else await measureServers(Number(given));
