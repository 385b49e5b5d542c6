import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BREAKING_NAMES } from '../trace-event/breaking-names.js';
import type { ProfileFrame } from './profile.js';

/** A function as it is drawn. The same function is the same object. */
export interface CallFrame {
  readonly name: string;
  readonly args: Place | undefined;
}

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What finds out how functions are drawn. */
export interface FrameSource {
  of(frame: ProfileFrame): CallFrame;
}

/** Nodes of V8's that stand for no function. */
export const IDLE = '(idle)';
export const GARBAGE_COLLECTOR = '(garbage collector)';

/** Work of Node's and of V8's own, with no function of JavaScript's on the stack. */
export const PROGRAM: CallFrame = { name: '(program)', args: undefined };

/** How a function is drawn; `place`: where it stands, if it is none of V8's own. */
export function drawnFrame(name: string, place: Place | undefined): CallFrame {
  if (place === undefined || name !== '') return { name: shownName(name), args: place };
  // Those without a name are told apart by their places.
  return { name: `(anonymous) ${basename(place.file)}:${place.line}`, args: place };
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
