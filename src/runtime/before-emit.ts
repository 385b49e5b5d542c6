import type { EventEmitter } from 'node:events';
import { guarded } from './guard.js';
import type { Undo } from './undo.js';

/**
 * Calls a function before emitters of a class, and of those that extend it, tell their listeners of an
 * event: with the emitter, and with what they are told.
 */
export function beforeEmit<Emitter extends EventEmitter>(
  undo: Undo,
  prototype: Emitter,
  events: readonly string[],
  run: (emitter: Emitter, ...args: never[]) => void,
): void {
  const tell = guarded(run);
  undo.replace(prototype as never, 'emit', (original) => {
    return function emit(this: Emitter, ...args) {
      if (events.includes(args[0])) tell(this, ...(args.slice(1) as never[]));
      return original.apply(this, args);
    };
  });
}
