import { badOption } from '../recorder/errors.js';
import { traceChildren } from './child.js';
import { traceConsole } from './console.js';
import { traceDb } from './db/db.js';
import { traceDiagnostics } from './diagnostics.js';
import { traceDns } from './dns.js';
import { traceFs } from './fs.js';
import { traceGc } from './gc.js';
import { traceHttp } from './http.js';
import { traceLoop } from './loop.js';
import { traceMemory } from './memory.js';
import { traceModules } from './modules.js';
import { traceNet } from './net.js';
import { traceQueue } from './queue/queue.js';
import { traceSamples } from './samples/samples.js';
import { listOf, type RuntimeOptions } from './settings.js';
import type { Source } from './source.js';
import { traceWorkers } from './worker.js';

/**
 * All that is recorded by itself, by the names that `--sources` takes: a row and a file for each.
 */
export const SOURCES = {
  http: {
    isDefault: true,
    shows: 'requests to servers, and those that the program makes: http, https, fetch, http2',
    start: traceHttp,
  },
  net: {
    isDefault: true,
    shows: 'connections that the program makes, with TLS handshakes',
    start: traceNet,
  },
  dns: { isDefault: true, shows: 'look-ups of names', start: traceDns },
  db: {
    isDefault: true,
    shows: 'queries to databases: PostgreSQL, MySQL, Redis, SQLite, MongoDB; GraphQL',
    start: traceDb,
  },
  queue: {
    isDefault: true,
    shows: 'messages of queues, sent and processed: bullmq, RabbitMQ, Kafka',
    start: traceQueue,
  },
  child: {
    isDefault: true,
    shows: 'processes that the program starts, from start to exit',
    start: traceChildren,
  },
  worker: {
    isDefault: true,
    shows: 'worker threads, from start to exit',
    start: traceWorkers,
  },
  gc: { isDefault: true, shows: 'collections of garbage, on each thread', start: traceGc },
  loop: {
    isDefault: true,
    shows: 'delay and utilization of the event loop, and ticks that take long',
    start: traceLoop,
  },
  memory: { isDefault: true, shows: 'heap, external and resident memory', start: traceMemory },
  modules: {
    isDefault: true,
    shows: 'modules that are loaded until the first request, or for 5 seconds',
    start: traceModules,
  },
  samples: {
    isDefault: true,
    shows: 'functions that the CPU was found in, on a track below each thread',
    start: traceSamples,
  },
  fs: { isDefault: false, shows: 'calls of node:fs', start: traceFs },
  console: { isDefault: false, shows: 'what the program says by console', start: traceConsole },
  diagnostics: {
    isDefault: false,
    shows: 'messages on the channels that --channel names',
    start: traceDiagnostics,
  },
} as const satisfies Readonly<Record<string, Source>>;

export type SourceName = keyof typeof SOURCES;

export const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[];

/**
 * The sources that an option asks for.
 *
 * @throws {TraceError} TRACELANE_BAD_OPTION
 */
export function chooseSources({ sources, channels }: RuntimeOptions): Set<SourceName> {
  const names = listOf('sources', sources);
  const byDefault = SOURCE_NAMES.filter((name) => SOURCES[name].isDefault);
  const startsWithDefault = names[0]?.startsWith('-') ?? true;
  const chosen = new Set(startsWithDefault ? byDefault : []);
  for (const word of names) {
    const isTaken = !word.startsWith('-');
    const name = isTaken ? word : word.slice(1);
    const meant =
      name === 'all' ? SOURCE_NAMES : name === 'default' ? byDefault : [name as SourceName];
    for (const source of meant) {
      if (!Object.hasOwn(SOURCES, source)) {
        const known = [...SOURCE_NAMES, 'all', 'default'].join(', ');
        throw badOption(`There is no source '${source}'. The sources are ${known}.`);
      }
      if (isTaken) chosen.add(source);
      else chosen.delete(source);
    }
  }
  if (listOf('channels', channels).length > 0) chosen.add('diagnostics');
  return chosen;
}
