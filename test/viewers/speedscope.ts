import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import vm from 'node:vm';

/** Times are in microseconds since the first slice of the profile: speedscope keeps no more. */
export interface SpeedscopeSlice {
  /** The name and, whenever the event has args, their JSON behind it: `work {}`. */
  name: string;
  start: number;
  end: number;
  depth: number;
}

/** A thread: `process (pid 1), thread (tid 2)`, or with what of it the file names. */
export interface SpeedscopeProfile {
  name: string;
  /** Parents first, of one depth by time. */
  slices: SpeedscopeSlice[];
}

interface CallTreeNode {
  readonly frame: { readonly name: string };
}

interface Profile {
  getName(): string;
  forEachCall(
    open: (node: CallTreeNode, time: number) => void,
    close: (node: CallTreeNode, time: number) => void,
  ): void;
}

interface Importer {
  importProfileGroupFromText(
    fileName: string,
    text: string,
  ): Promise<{ readonly profiles: readonly Profile[] } | null>;
}

// speedscope looks at the file's name too: `*.chrome.json`, for one, is a sampled profile to it.
const FILE_NAME = 'trace.json';

let importer: Importer | undefined;

/** Opens the text as speedscope does; rejects if it does not take it for a trace. */
export async function importIntoSpeedscope(text: string): Promise<SpeedscopeProfile[]> {
  importer ??= loadImporter();
  const group = await importer.importProfileGroupFromText(FILE_NAME, text).catch((error) => {
    // The stack of an error out of the bundle quotes lines of a hundred thousand characters.
    throw new Error(`speedscope cannot read the trace: ${error.message}`);
  });
  if (group === null) throw new Error('speedscope does not recognise the file');
  // Array.from: `map` would make an array of the bundle's realm, which equals none of ours.
  return Array.from(group.profiles, (profile) => ({
    name: profile.getName(),
    slices: slicesOf(profile),
  }));
}

function slicesOf(profile: Profile): SpeedscopeSlice[] {
  const slices: SpeedscopeSlice[] = [];
  const open: SpeedscopeSlice[] = [];
  profile.forEachCall(
    ({ frame }, start) => {
      const slice = { name: frame.name, start, end: start, depth: open.length };
      open.push(slice);
      slices.push(slice);
    },
    (_, end) => {
      const slice = open.pop();
      if (slice !== undefined) slice.end = end;
    },
  );
  return slices;
}

/**
 * speedscope publishes its web page alone. The bundle is one function with the importer inside, as
 * a module that is set up when first asked for: this adds a way to ask for it, in front.
 */
function loadImporter(): Importer {
  const { source, init, exports } = findImporter();
  const context: { ask?: () => Importer } = vm.createContext({
    TextDecoder,
    TextEncoder,
    // It tells about each step and each oddity; the view has what came of them.
    console: { log() {}, warn() {}, error() {}, assert() {} },
  });
  const opening = '(()=>{';
  const patched = source.replace(opening, `${opening}globalThis.ask=()=>(${init}(),${exports});`);
  try {
    vm.runInContext(patched, context, { filename: 'speedscope.js', displayErrors: false });
  } catch {
    // Behind the modules comes the page itself, which ends here for want of a window.
  }
  if (context.ask === undefined) throw new Error('the bundle of speedscope has another form');
  return context.ask();
}

/** By the exported names, which the minifier keeps: file names and variables differ by release. */
function findImporter(): { source: string; init: string; exports: string } {
  const manifest = createRequire(import.meta.url).resolve('speedscope/package.json');
  const release = join(dirname(manifest), 'dist', 'release');
  for (const file of readdirSync(release)) {
    if (!file.endsWith('.js')) continue;
    const source = readFileSync(join(release, file), 'utf8');
    const exports = /([\w$]+),\{[^{}]*\bimportProfileGroupFromText:/.exec(source)?.[1];
    if (exports === undefined) continue;
    // The page loads the module as `Promise.resolve().then(() => (init(), exports))`.
    const load = new RegExp(`\\(\\)=>\\(([\\w$]+)\\(\\),${exports.replaceAll('$', '\\$')}\\)`);
    const init = load.exec(source)?.[1];
    if (init !== undefined) return { source, init, exports };
  }
  throw new Error('no importer in the bundle of speedscope');
}
