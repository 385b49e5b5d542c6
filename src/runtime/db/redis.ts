import { Callers } from '../calls.js';
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

/** What sends commands: a client, a cluster, a pipeline. */
interface Sender {
  readonly default: { readonly prototype: { sendCommand: unknown } };
}

/**
 * ioredis and redis, by their channels. ioredis tells of a command when it is written: that may be when
 * the connection is ready, or with those that others have asked for meanwhile.
 */
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
  const callers = new Callers();
  const patch = ({ default: { prototype } }: Sender) => {
    undo.replace(prototype, 'sendCommand', (original) => {
      return function sendCommand(this: unknown, ...args) {
        const command = args[0];
        if (typeof command !== 'object' || command === null) return original.apply(this, args);
        const send = callers.of(command);
        if (send !== undefined) return send(original, this, args);
        callers.keep(command);
        return original.apply(this, args);
      };
    });
  };
  return {
    'ioredis/built/Redis.js': patch,
    'ioredis/built/Pipeline.js': patch,
    'ioredis/built/cluster/index.js': patch,
  };
}

function databaseOf({ database, serverAddress, serverPort }: RedisCall): Database {
  return { system: 'redis', namespace: database, address: serverAddress, port: serverPort };
}
