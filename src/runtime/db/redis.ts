import { traceChannel } from '../channels.js';
import type { Patches } from '../packages.js';
import type { ClientContext } from './clients.js';
import { CATEGORY, type Database } from './queries.js';

/** What ioredis and redis publish: of a single command, or of several that are sent as one. */
interface RedisCall {
  readonly command?: string;
  readonly args?: readonly unknown[];
  readonly batchMode?: string;
  readonly batchSize?: number;
  readonly database?: number;
  readonly serverAddress: string;
  readonly serverPort?: number;
}

/** ioredis and redis, by their channels. */
export function traceRedis({ tracer, queries, undo }: ClientContext): Patches {
  for (const name of [
    'ioredis:command',
    'ioredis:batch',
    'node-redis:command',
    'node-redis:batch',
  ]) {
    traceChannel(undo, tracer, name, CATEGORY, (call: RedisCall) => {
      const { command = call.batchMode ?? 'batch', args = [] } = call;
      const isFirst = args[0] === command;
      return queries.command(databaseOf(call), command, isFirst ? args.slice(1) : args);
    });
  }
  return {};
}

function databaseOf({ database, serverAddress, serverPort }: RedisCall): Database {
  return { system: 'redis', namespace: database, address: serverAddress, port: serverPort };
}
