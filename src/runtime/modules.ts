import Module from 'node:module';
import { relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { guarded } from './guard.js';
import { beginOperation, type Operation } from './operation.js';
import type { SourceContext } from './source.js';
import { whenStarted } from './startup.js';
import { textOf } from './text-of.js';
import { Undo } from './undo.js';

const CATEGORY = 'modules';
/** The program is taken to be started by then. */
const STARTUP_MS = 5000;
/** What is required that quickly was loaded before. */
const SHORTEST_MS = 0.1;
const IMPORT = 'tracing:module.import';

/** The loading of modules, until the program has started. */
export function traceModules({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const loading = new Undo();
  undo.add(() => loading[Symbol.dispose]());
  const starts: number[] = [];
  const home = folder();
  const end = guarded((id: unknown) => {
    const start = starts.pop();
    if (start === undefined) return;
    const duration = performance.now() - start;
    if (duration < SHORTEST_MS) return;
    tracer.complete(`require ${shorten(id, home)}`, start, duration, CATEGORY);
  });

  // Not by the channel `tracing:module.require`: whoever listens to that has Node throw errors of modules
  // once more, and an error that ends the program is then shown at a line of Node's.
  loading.replace(Module as never, '_load', (original) => {
    return function (this: unknown, ...args) {
      starts.push(performance.now());
      try {
        return original.apply(this, args);
      } finally {
        end(args[0]);
      }
    };
  });

  // Those of Node 20 tell nobody.
  const imports = new WeakMap<object, Operation>();
  loading.subscribe(`${IMPORT}:start`, (message: { url: unknown }) => {
    const operation = beginOperation(tracer, `import ${shorten(message.url, home)}`, CATEGORY);
    if (operation !== undefined) imports.set(message, operation);
  });
  // Also of those that end later, as the main module does that answers requests.
  undo.subscribe(`${IMPORT}:asyncEnd`, (message: object) => imports.get(message)?.finish());

  const stop = () => loading[Symbol.dispose]();
  const timer = setTimeout(stop, STARTUP_MS);
  timer.unref();
  loading.add(() => clearTimeout(timer));
  loading.add(whenStarted(stop));
  return undo;
}

/** Where the program has been started; undefined where that is gone by now. */
function folder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Files of the program are called by where they are in it. */
function shorten(module: unknown, home: string | undefined): string {
  const path = pathOf(textOf(module));
  return home !== undefined && path.startsWith(home) ? relative(home, path) : path;
}

function pathOf(specifier: string): string {
  if (!specifier.startsWith('file:')) return specifier;
  try {
    return fileURLToPath(specifier);
  } catch {
    // No file can be called so, which Node tells the program.
    return specifier;
  }
}
