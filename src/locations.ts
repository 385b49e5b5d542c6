/**
 * Where files of the package stand. All its bundles stand right in `dist/`, as this module stands
 * right in `src/`: so a path that is relative to it here is right from each of them. Whoever moves
 * it, or a bundle, breaks these at run time only; `test/package` starts every one of them.
 */

/** The script of the writer's thread. */
export function writerThread(): URL {
  return new URL('./writer-thread.js', import.meta.url);
}

/** The speedscope that comes with the package, a folder. */
export function speedscope(): URL {
  return new URL('./speedscope/', import.meta.url);
}

/** The package's own package.json. */
export function manifest(): URL {
  return new URL('../package.json', import.meta.url);
}
