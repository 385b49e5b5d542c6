import type { EventEmitter } from 'node:events';
import { inCall, isInTree } from '../recorder/api/operation-context.js';
import type { CallSpan } from '../recorder/api/span.js';
import type { AnyFunction } from './undo.js';

/**
 * Has the listeners of an emitter run inside a call, or outside of all, whatever its events come from:
 * those of one request may come from the connection, which serves many. Programs see nothing of it in a
 * list of what the emitter has.
 */
export function emitInside(emitter: EventEmitter, call: CallSpan | undefined): void {
  const original = emitter.emit as AnyFunction;
  const inside = inCall(call, original);
  Object.defineProperty(emitter, 'emit', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function emit(this: unknown, event: unknown, ...args: unknown[]): unknown {
      // What runs there already stays where it is, deeper inside perhaps.
      return (isInTree(call) ? original : inside).call(this, event, ...args);
    },
  });
}
