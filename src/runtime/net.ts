import net, { type Socket } from 'node:net';
import type { Args } from '../trace-event/events.js';
import { beforeListeners } from './before-listeners.js';
import { connectingFor, connectingOperation } from './connecting.js';
import { guarded } from './guard.js';
import { beginOperation, type Operation } from './operation.js';
import type { SourceContext } from './source.js';
import { textOf } from './text-of.js';
import { Undo } from './undo.js';

const CATEGORY = 'net';

interface Target {
  readonly host?: string;
  readonly port?: string;
  readonly path?: string;
}

/** Connections that the program makes, with the TLS handshake: until they can be used. */
export function traceNet({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const begin = guarded((socket: Socket, args: readonly unknown[]) => {
    const target = targetOf(args);
    const name = `connect ${target.path ?? `${target.host}:${target.port}`}`;
    const inside = connectingOperation();
    const operation = beginOperation(tracer, name, CATEGORY, attributesOf(target), inside);
    if (operation === undefined) return undefined;
    let handshake: Operation | undefined;
    const end = (hasFailed?: unknown) => {
      leave();
      handshake?.finish();
      operation.finish(hasFailed === true ? { 'error.type': 'failed' } : undefined);
    };
    const leave = beforeListeners(socket, {
      close: end,
      secureConnect: () => end(),
      connect() {
        if (!('encrypted' in socket)) return end();
        handshake ??= beginOperation(tracer, 'TLS handshake', CATEGORY, undefined, operation);
      },
    });
    return { operation, fail: () => end(true) };
  });
  undo.replace(net.Socket.prototype as never, 'connect', (original) => {
    return function connect(this: Socket, ...args) {
      const begun = begin(this, args);
      if (begun === undefined) return original.apply(this, args);
      try {
        return connectingFor(begun.operation, () => original.apply(this, args));
      } catch (error) {
        // Of what it was given: no event will tell.
        begun.fail();
        throw error;
      }
    };
  });
  return undo;
}

/** As OpenTelemetry names them. */
function attributesOf({ host, port, path }: Target): Args {
  return path === undefined
    ? { 'network.transport': 'tcp', 'server.address': host, 'server.port': Number(port) }
    : { 'network.transport': 'unix', 'server.address': path };
}

/** What `connect()` takes: options, a port and a host, a path, or all that as Node has arranged it. */
function targetOf(args: readonly unknown[]): Target {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null) {
    const { path, host = 'localhost', port = 0 } = first as Target;
    return typeof path === 'string' ? { path } : { host: textOf(host), port: textOf(port) };
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { path: first };
  return { port: textOf(first), host: typeof second === 'string' ? second : 'localhost' };
}
