import { withKeptCallback } from './calls.js';
import { type ClassWith, patchWhenLoaded } from './packages.js';
import { Undo } from './undo.js';

/**
 * ws: messages that are compressed wait in one queue for all connections. Each would belong to the one whose
 * message was done before it.
 */
export function traceWebSockets(): Disposable {
  const undo = new Undo();
  patchWhenLoaded(undo, {
    'ws/lib/limiter.js': ({ prototype }: ClassWith<'add'>) =>
      undo.replace(prototype, 'add', withKeptCallback),
  });
  return undo;
}
