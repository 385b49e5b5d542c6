import Module from 'node:module';
import net, { type Socket } from 'node:net';
import process from 'node:process';
import type tls from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Tracer } from '../recorder/api/tracer.js';
import type { Args } from '../trace-event/events.js';
import { beforeListeners } from './before-listeners.js';
import { connectingFor, connectingOperation } from './connecting.js';
import { guarded } from './guard.js';
import { beginOperation, type Operation } from './operation.js';
import { patchWhenLoaded } from './packages.js';
import type { SourceContext } from './source.js';
import { textOf } from './text-of.js';
import { Undo } from './undo.js';

const CATEGORY = 'net';
const HANDSHAKE = 'TLS handshake';

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
        handshake ??= beginOperation(tracer, HANDSHAKE, CATEGORY, undefined, operation);
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
  traceUpgrades(undo, tracer);
  return undo;
}

/** TLS over a connection that is there already, as clients of databases and proxies begin it. */
function traceUpgrades(undo: Undo, tracer: Tracer): void {
  const begin = guarded((socket: TLSSocket, args: readonly unknown[]) => {
    if (!args.some(hasSocket)) return;
    const inside = connectingOperation();
    const handshake = beginOperation(tracer, HANDSHAKE, CATEGORY, undefined, inside);
    if (handshake === undefined) return;
    const end = (outcome?: Args) => {
      leave();
      handshake.finish(outcome);
    };
    const leave = beforeListeners(socket, {
      secureConnect: () => end(),
      close: () => end({ 'error.type': 'failed' }),
    });
  });
  // Without hooks, nobody tells when the program loads it.
  if (!('registerHooks' in Module)) loadTls();
  patchWhenLoaded(undo, {
    'node:tls': (exports: typeof tls) => {
      undo.replace(exports, 'connect', (original) => {
        return function connect(this: unknown, ...args) {
          const socket = original.apply(this, args);
          begin(socket, args);
          return socket;
        };
      });
      undo.shareReplaced();
    },
  });
}

function hasSocket(arg: unknown): boolean {
  return typeof arg === 'object' && arg !== null && Boolean((arg as { socket?: unknown }).socket);
}

function loadTls(): void {
  try {
    process.getBuiltinModule('node:tls');
  } catch {
    // This Node was built without it.
  }
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
