import { type CallFrame, drawnFrame, toPath } from '../../cpu-profile/call-frame.js';
import type { ProfileFrame } from '../../cpu-profile/profile.js';
import type { SourceMaps } from './source-maps.js';

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
    if (url === '' || lineNumber < 0) return drawnFrame(functionName, undefined);
    const file = toPath(url);
    const source = this.#sourceMaps.find(file, lineNumber, columnNumber, functionName);
    const { name = functionName, ...place } = source ?? {
      name: undefined,
      ...{ file, line: lineNumber + 1, column: columnNumber + 1 },
    };
    return drawnFrame(name, place);
  }
}
