import Module from 'node:module';
import { sep } from 'node:path';
import process from 'node:process';
import { guarded } from './guard.js';
import { Undo } from './undo.js';

/** What is done to a module once it is loaded, by its exports. It may throw where they look different. */
type Patch = (exports: never) => void;

/** The same for an ES module, by what has one of these names there. */
interface ModulePatch {
  readonly names: readonly string[];
  readonly patch: Patch;
}

/**
 * Patches by the file that they are for, as packages are installed (`pg/lib/client.js`), or by the name of
 * a module of Node's (`node:sqlite`).
 */
export type Patches = Readonly<Record<string, Patch | ModulePatch>>;

/** A class of a package, with the methods of its instances that are replaced. */
export interface ClassWith<Name extends string> {
  readonly prototype: Readonly<Record<Name, unknown>>;
}

/** What Node knows of a module that is about to be loaded. */
interface Resolved {
  readonly url: string;
  readonly format?: string | null;
}

interface LoadedModule {
  readonly filename?: string | null;
  readonly exports: unknown;
  readonly loaded: boolean;
}

interface Loaded {
  readonly source?: string | Uint8Array | null;
}

type Hook<T> = (name: string, context: unknown, next: (name: string, context: unknown) => T) => T;

/** As Node 22.15 and later have it. */
interface ModuleHooks {
  registerHooks?(hooks: { resolve?: Hook<Resolved>; load?: Hook<Loaded> }): { deregister(): void };
}

const PACKAGES = '/node_modules/';
const NODE = 'node:';
/** The channel on which ES modules tell that they have run. */
const LOADED = 'tracelane:loaded';

const { registerHooks } = Module as ModuleHooks;

interface Announcement {
  readonly file: string;
  readonly exports: unknown;
}

/** Before these, a hook that only looks on breaks the import of CommonJS modules. */
const HAS_LOAD_HOOKS = (() => {
  const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map(Number);
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 3);
  if (major === 24) return minor > 11 || (minor === 11 && patch >= 1);
  return major > 25 || (major === 25 && minor >= 1);
})();

/** The patches of all sources that wait for packages, each with the exports that it has been given. */
const waiting = new Map<Patches, WeakSet<object>>();
/** What has the loading of modules watched, while somebody waits. */
let watch: Undo | undefined;

/**
 * Patches modules of packages and of Node's when the program loads them, by `require()` or by `import`,
 * and those that it has loaded before, but for ES modules. These, and Node's own by `import`, are seen
 * where there are hooks for the loading of modules. Whoever ends takes back what has been patched.
 */
export function patchWhenLoaded(undo: Undo, patches: Patches): void {
  waiting.set(patches, new WeakSet());
  watch ??= watchLoading();
  undo.add(() => {
    waiting.delete(patches);
    if (waiting.size > 0) return;
    watch?.[Symbol.dispose]();
    watch = undefined;
  });
  for (const module of Object.values(Module['_cache' as never] as Record<string, LoadedModule>)) {
    if (module.loaded) patchLoaded(fileInPackages(module.filename), module.exports);
  }
  for (const name of Object.keys(patches)) {
    if (name.startsWith(NODE) && isBuiltinLoaded(name)) patchBuiltin(name);
  }
}

function watchLoading(): Undo {
  const undo = new Undo();
  // Each CommonJS file comes by here, also one that is imported.
  undo.replace(Module.prototype as never, '_compile', (original) => {
    return function (this: LoadedModule, ...args) {
      const result = original.apply(this, args);
      patchLoaded(fileInPackages(this.filename), this.exports);
      return result;
    };
  });
  const announced = new Set<string>();
  const hooks = registerHooks?.({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (resolved.url.startsWith(NODE)) patchBuiltin(resolved.url);
      else if (resolved.format === 'module') announceModule(resolved.url, announced);
      return resolved;
    },
  });
  if (hooks !== undefined) undo.add(() => hooks.deregister());
  undo.subscribe(LOADED, ({ file, exports }: Announcement) => patchLoaded(file, exports));
  return undo;
}

/** The patches that wait for a file. */
function waitingFor(file: string | undefined): Patches[] {
  if (file === undefined) return [];
  return Array.from(waiting.keys()).filter((patches) => Object.hasOwn(patches, file));
}

const patchLoaded = guarded((file: string | undefined, exports: unknown) => {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return;
  for (const patches of waitingFor(file)) {
    const given = waiting.get(patches);
    if (given === undefined || given.has(exports)) continue;
    given.add(exports);
    const patch = patches[file as string];
    try {
      if (typeof patch === 'function') patch(exports as never);
      else patch?.patch(exports as never);
    } catch {
      // Of a version that looks different, which is left alone.
    }
  }
});

const patchBuiltin = guarded((name: string) => {
  if (waitingFor(name).length > 0) patchLoaded(name, process.getBuiltinModule(name));
});

/**
 * An ES module goes by nothing that could be replaced, and to import it here could have modules run in
 * another order. So it gets a line more at its end, which tells that it has run.
 */
const announceModule = guarded((url: string, announced: Set<string>) => {
  const file = fileInPackages(url);
  const [patch] = waitingFor(file).map((patches) => patches[file as string]);
  if (typeof patch !== 'object' || announced.has(url) || !HAS_LOAD_HOOKS) return;
  announced.add(url);
  const undo = new Undo();
  const hooks = registerHooks?.({
    load(name, context, next) {
      const loaded = next(name, context);
      if (name !== url || !loaded.source) return loaded;
      // Not at once: Node is going through its hooks.
      setImmediate(() => undo[Symbol.dispose]());
      const text = Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: `${text}\n${announcement(file as string, patch.names)}\n` };
    },
  });
  undo.add(() => hooks?.deregister());
  // One that is never loaded, or not before nobody waits any more.
  watch?.add(() => undo[Symbol.dispose]());
});

/** What tells that an ES module has run, and gives what has these names in it. */
function announcement(file: string, names: readonly string[]): string {
  const members = names.map(
    (name) => `${name}: typeof ${name} === 'undefined' ? undefined : ${name}`,
  );
  return (
    `process.getBuiltinModule('node:diagnostics_channel').channel('${LOADED}')` +
    `.publish({ file: ${JSON.stringify(file)}, exports: { ${members.join(', ')} } });`
  );
}

/** To load one that the program has not loaded would print that it is experimental. */
function isBuiltinLoaded(name: string): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes(`NativeModule ${name.slice(NODE.length)}`) ?? false;
}

/**
 * Where a file, by its path or URL, is in the packages that are installed; undefined for the program's
 * own.
 */
function fileInPackages(path: string | null | undefined): string | undefined {
  const normal = sep === '/' ? path : path?.replaceAll(sep, '/');
  const at = normal?.lastIndexOf(PACKAGES) ?? -1;
  return at < 0 ? undefined : normal?.slice(at + PACKAGES.length);
}
