import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Args } from '../trace-event/events.js';
import { traceCallback, tracePromise, traceSync } from './calls.js';
import { beginOperation } from './operation.js';
import type { SourceContext } from './source.js';
import { Undo } from './undo.js';

const CATEGORY = 'fs';
/** Functions that do no work, or do it when something else is called. */
const NOT_TRACED = /^(?:_|[A-Z]|create|watch|unwatch|openAsBlob|existsSync$|exists$|glob)/;

/** Calls of `node:fs`, of all three kinds, by name and path. */
export function traceFs({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  for (const name of Object.keys(fs)) {
    if (NOT_TRACED.test(name)) continue;
    if (name.endsWith('Sync')) {
      const beginSpan = (args: readonly unknown[]) =>
        tracer.span(`fs.${name}`, CATEGORY, pathArgs(args));
      undo.replace(fs as never, name as never, (original) => traceSync(original, beginSpan));
      continue;
    }
    const begin = (args: readonly unknown[]) =>
      beginOperation(tracer, `fs.${name}`, CATEGORY, pathArgs(args));
    undo.replace(fs as never, name as never, (original) => traceCallback(original, begin));
    const beginPromise = (args: readonly unknown[]) =>
      beginOperation(tracer, `fs.promises.${name}`, CATEGORY, pathArgs(args));
    undo.replace(fs.promises as never, name as never, (original) =>
      tracePromise(original, beginPromise),
    );
  }
  undo.shareReplaced();
  return undo;
}

/** What is recorded of a call: its path, or the number of its open file. */
function pathArgs([first]: readonly unknown[]): Args | undefined {
  if (typeof first === 'string') return { 'file.path': first };
  if (typeof first === 'number') return { 'file.descriptor': first };
  if (first instanceof URL && first.protocol === 'file:') {
    return { 'file.path': fileURLToPath(first) };
  }
  return undefined;
}
