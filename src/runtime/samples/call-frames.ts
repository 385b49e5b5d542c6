import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BREAKING_NAMES } from '../../trace-event/breaking-names.js';
import type { ProfileFrame } from './profiler.js';
import type { SourceMaps } from './source-maps.js';

/** A function as it is drawn. The same function is the same object. */
export interface CallFrame {
  readonly name: string;
  readonly args: Place | undefined;
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Work of Node's and of V8's own, with no function of JavaScript's on the stack. */
export const PROGRAM: CallFrame = { name: '(program)', args: undefined };

/** Programs that make functions anew all the time have no end of them. */
const MAX_FRAMES = 20_000;

/** The functions that were seen in samples, by their names and places in the sources. */
export class CallFrames {
  readonly #known = new Map<string, CallFrame>();
  readonly #sourceMaps: SourceMaps;

  constructor(sourceMaps: SourceMaps) {
    this.#sourceMaps = sourceMaps;
  }

  of(frame: ProfileFrame): CallFrame {
    const { scriptId, lineNumber, columnNumber, functionName } = frame;
    const key = `${scriptId}:${lineNumber}:${columnNumber}:${functionName}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      if (this.#known.size >= MAX_FRAMES) this.#known.clear();
      known = this.#describe(frame);
      this.#known.set(key, known);
    }
    return known;
  }

  #describe({ functionName, url, lineNumber, columnNumber }: ProfileFrame): CallFrame {
    // Functions of V8's own are nowhere.
    if (url === '' || lineNumber < 0) return { name: shownName(functionName), args: undefined };
    const file = toPath(url);
    const source = this.#sourceMaps.find(file, lineNumber, columnNumber, functionName);
    const { name = functionName, ...place } = source ?? {
      name: undefined,
      ...{ file, line: lineNumber + 1, column: columnNumber + 1 },
    };
    // Those without a name are told apart by their places.
    const ofFile = `(anonymous) ${basename(place.file)}:${place.line}`;
    return { name: name === '' ? ofFile : shownName(name), args: place };
  }
}

/** Viewers take some names for events of a browser's, and then refuse the file or draw nothing. */
function shownName(name: string): string {
  return BREAKING_NAMES.has(name) ? `${name}()` : name;
}

/** Scripts are known by URLs or by paths. */
export function toPath(url: string): string {
  if (!url.startsWith('file:')) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
