import { format } from 'node:util';
import { guarded } from './guard.js';
import type { SourceContext } from './source.js';
import { Undo } from './undo.js';

const METHODS = ['log', 'info', 'debug', 'warn', 'error'] as const;
const MAX_LENGTH = 1000;

/** What the program says by `console`. */
export function traceConsole({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  for (const method of METHODS) {
    const record = guarded((args: readonly unknown[]) => {
      const message = describe(args);
      tracer.instant(`console.${method}`, 'console', { message: message.slice(0, MAX_LENGTH) });
    });
    undo.replace(console, method, (original) => {
      return function (this: unknown, ...args) {
        record(args);
        return original.apply(this, args);
      };
    });
  }
  return undo;
}

/** As the console shows it; what cannot be shown is the program's own affair. */
function describe(args: readonly unknown[]): string {
  try {
    return format(...args);
  } catch (error) {
    return String(error);
  }
}
