/**
 * Where files of the package stand. The command line's bundle stands right in `dist/`, as this module
 * stands right in `src/`: so a path that is relative to it here is right from there. Whoever moves it,
 * or the bundle, breaks these at run time only; `test/package` starts it. What programs import never
 * asks: it has to work from inside of other bundles.
 */

/** The speedscope that comes with the package, a folder. */
export function speedscope(): URL {
  return new URL('./speedscope/', import.meta.url);
}

/** The page of tracelane's own viewer, a folder. */
export function viewerPage(): URL {
  return new URL('./page/', import.meta.url);
}

/** What `tracelane run` has each Node process load first. */
export function preload(): URL {
  return new URL('./register.cjs', import.meta.url);
}

/** The thread that reads traces ahead. */
export function readingThread(): URL {
  return new URL('./reading-thread.js', import.meta.url);
}

/** The package's own package.json. */
export function manifest(): URL {
  return new URL('../package.json', import.meta.url);
}
