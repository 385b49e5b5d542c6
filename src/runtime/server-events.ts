import net from 'node:net';
import { guarded } from './guard.js';
import type { Undo } from './undo.js';

/** Calls a function before servers of any kind (net, http, https, http2) tell their listeners of an event. */
export function beforeServersEmit(
  undo: Undo,
  events: readonly string[],
  run: (...args: never[]) => void,
): void {
  const tell = guarded(run);
  undo.replace(net.Server.prototype as never, 'emit', (original) => {
    return function emit(this: unknown, ...args) {
      if (events.includes(args[0])) tell(...(args.slice(1) as never[]));
      return original.apply(this, args);
    };
  });
}
