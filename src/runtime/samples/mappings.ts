/** A place in a source, by its number in the map, line and column, all counted from 0. */
export interface Mapping {
  /** The column of the script where this begins to hold. */
  readonly scriptColumn: number;
  readonly source: number;
  readonly line: number;
  readonly column: number;
  /** The number of its name in the map. Undefined where it has none. */
  readonly name: number | undefined;
}

const COMMA = 44;
const SEMICOLON = 59;

/** What a digit's low bits are, by its character code. */
const DIGITS = new Uint8Array(128);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let digit = 0; digit < ALPHABET.length; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit;
const DIGIT_BITS = 5;
const DIGIT_MASK = 31;
const MORE_FOLLOW = 32;

/**
 * Places among the fields of a segment: column of the script, source, line, column, name. Each is the
 * difference to the segment before.
 */
const SCRIPT_COLUMN = 0;
const COLUMN = 3;
const NAME = 4;
const FIELDS = 5;

/** About so many characters are read for each place that is looked up. */
const STRIDE = 1024;
/** What is kept of each stop: its position, the line of the script, how many fields, the fields. */
const STOP_WORDS = 3 + FIELDS;

/**
 * The `mappings` of a source map. Only the places that are asked for are decoded. Why this is no library:
 * `@jridgewell/trace-mapping` and Node's own `SourceMap` decode all of them, which takes 235 ms of a cold
 * process for a bundle with 750 kB of mappings, in the middle of the program. To go through them takes 20.
 */
export class Mappings {
  readonly #text: string;
  /** Segments behind which decoding can go on, in order. */
  readonly #stops: Int32Array;

  constructor(text: string) {
    this.#text = text;
    const stops: number[] = [];
    let next = 0;
    walk(text, 0, 0, new Int32Array(FIELDS), (at, line, fields, count) => {
      if (at >= next) {
        stops.push(at, line, count, ...fields);
        next = at + STRIDE;
      }
      return true;
    });
    this.#stops = Int32Array.from(stops);
  }

  /** What holds at a place of the script: the last mapping of its line that is not behind it. */
  find(line: number, column: number): Mapping | undefined {
    let found: Mapping | undefined;
    const look = (_: number, at: number, fields: Int32Array, count: number) => {
      if (isBehind(at, fields[SCRIPT_COLUMN] ?? 0, line, column)) return false;
      found = at === line ? toMapping(fields, count) : undefined;
      return true;
    };
    const stop = this.#lastStop(line, column);
    if (stop === undefined) {
      walk(this.#text, 0, 0, new Int32Array(FIELDS), look);
    } else {
      const [position = 0, stopLine = 0, count = 0] = stop;
      const fields = stop.slice(STOP_WORDS - FIELDS);
      look(position, stopLine, fields, count);
      walk(this.#text, position, stopLine, fields, look);
    }
    return found;
  }

  /** The last stop that is not behind a place. */
  #lastStop(line: number, column: number): Int32Array | undefined {
    const stops = this.#stops;
    let low = 0;
    let high = stops.length / STOP_WORDS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const [, stopLine = 0, , stopColumn = 0] = stops.subarray(middle * STOP_WORDS);
      if (isBehind(stopLine, stopColumn, line, column)) high = middle;
      else low = middle + 1;
    }
    return low === 0 ? undefined : stops.subarray((low - 1) * STOP_WORDS, low * STOP_WORDS);
  }
}

function isBehind(line: number, column: number, otherLine: number, otherColumn: number): boolean {
  return line > otherLine || (line === otherLine && column > otherColumn);
}

function toMapping(fields: Int32Array, count: number): Mapping | undefined {
  const [scriptColumn = 0, source = 0, line = 0, column = 0, name = 0] = fields;
  // One with a column alone says that what follows comes from no source.
  if (count <= COLUMN) return undefined;
  return { scriptColumn, source, line, column, name: count > NAME ? name : undefined };
}

/** Called behind each segment, with its position, line and fields; false ends the walk. */
type Visit = (at: number, line: number, fields: Int32Array, count: number) => boolean;

/** Goes through segments from a position on, at which `fields` are those of the segment before. */
function walk(text: string, from: number, line: number, fields: Int32Array, visit: Visit): void {
  let at = line;
  let field = 0;
  let value = 0;
  let shift = 0;
  for (let i = from; i <= text.length; i++) {
    const code = i === text.length ? SEMICOLON : text.charCodeAt(i);
    if (code === COMMA || code === SEMICOLON) {
      if (field > 0 && !visit(i, at, fields, field)) return;
      field = 0;
      if (code === SEMICOLON) {
        at++;
        fields[SCRIPT_COLUMN] = 0;
      }
    } else {
      const digit = DIGITS[code] ?? 0;
      value |= (digit & DIGIT_MASK) << shift;
      shift += DIGIT_BITS;
      if ((digit & MORE_FOLLOW) === 0) {
        // The lowest bit is the sign.
        fields[field] = (fields[field] ?? 0) + ((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
        field++;
        value = shift = 0;
      }
    }
  }
}
