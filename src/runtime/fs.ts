import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Args } from '../trace-event/events.js';
import { traceCallback, tracePromise, traceSync } from './calls.js';
import { beginOperation } from './operation.js';
import type { SourceContext } from './source.js';
import { Undo } from './undo.js';

const CATEGORY = 'fs';
/** Functions that do no work, or do it when something else is called. */
const NOT_TRACED = /^(?:_|[A-Z]|create|watch|unwatch|openAsBlob|exists$|glob)/;

/** Calls of `node:fs`, of all three kinds, by name and path. */
export function traceFs({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const replace = (holder: object, key: string, name: string, trace = traceCallback) => {
    const begin = (args: readonly unknown[]) =>
      beginOperation(tracer, name, CATEGORY, pathArgs(args));
    undo.replace(holder as never, key as never, (original) => trace(original, begin));
  };
  const replaceSync = (holder: object, key: string, name: string) => {
    const begin = (args: readonly unknown[]) => tracer.span(name, CATEGORY, pathArgs(args));
    undo.replace(holder as never, key as never, (original) => traceSync(original, begin));
  };
  for (const name of Object.keys(fs)) {
    if (NOT_TRACED.test(name)) continue;
    if (name.endsWith('Sync')) {
      replaceSync(fs, name, `fs.${name}`);
      continue;
    }
    replace(fs, name, `fs.${name}`);
    replace(fs.promises, name, `fs.promises.${name}`, tracePromise);
  }
  // Those that were put there above have the originals hanging on them.
  replace(fs.realpath, 'native', 'fs.realpath.native');
  replaceSync(fs.realpathSync, 'native', 'fs.realpathSync.native');
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
  if (first instanceof Uint8Array) {
    return {
      'file.path': Buffer.from(first.buffer, first.byteOffset, first.byteLength).toString(),
    };
  }
  return undefined;
}
