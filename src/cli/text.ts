import stringWidth from 'string-width';

/**
 * What a terminal would obey, and what makes text run the other way: control characters (C0 and C1,
 * so all escape sequences) and the controls of bidirectional text.
 */
const CONTROL = /[\p{Cc}\p{Bidi_Control}]/gu;
/** The same, without the ends of lines. */
const CONTROL_IN_LINES = /[^\P{Cc}\n]|\p{Bidi_Control}/gu;
/** The colours that this command line itself writes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what it is about.
const COLOR = /\x1b\[\d+m/g;

const INSTEAD = '\ufffd';

/**
 * A text from a trace, or a name of a file, as one line that is safe in a terminal: traces may come
 * from strangers.
 */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(CONTROL, INSTEAD);
}

/** The same for text of several lines, in which our own colours stay. */
export function printableLines(text: string, withColors: boolean): string {
  if (!withColors) return text.replace(CONTROL_IN_LINES, INSTEAD);
  const between = text.split(COLOR).map((part) => part.replace(CONTROL_IN_LINES, INSTEAD));
  const colors = text.match(COLOR) ?? [];
  return between.map((part, i) => part + (colors[i] ?? '')).join('');
}

/** JSON that says the same, but in which a terminal finds nothing to obey. */
export function printableJson(json: string): string {
  const escaped = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(CONTROL_IN_LINES, escaped);
}

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** What is behind so many characters of a text is on no screen. */
const LONGEST = 1000;

/** A text of a trace as one line, cut off where it takes more columns than this. */
export function shorten(text: string, columns = 60): string {
  return cut(printable(text), columns);
}

/** A line, cut off where it takes more columns than this. */
export function cut(line: string, columns = 60): string {
  return fits(line, columns) ? line : `${startOf(signsOf(line), columns - 1).join('')}…`;
}

/** A line of which the middle is left out where it takes more columns than this. */
export function cutInMiddle(line: string, columns = 60): string {
  if (fits(line, columns)) return line;
  const signs = signsOf(line);
  const end = startOf(signs.toReversed(), Math.floor((columns - 1) / 2)).reverse();
  const room = columns - 1 - widthOf(end.join(''));
  return `${startOf(signs, room).join('')}…${end.join('')}`;
}

function fits(line: string, columns: number): boolean {
  return line.length <= LONGEST && widthOf(line) <= columns;
}

/** Its signs as they are seen: one may be several characters. */
function signsOf(line: string): string[] {
  return Array.from(new Intl.Segmenter().segment(line.slice(0, LONGEST)), ({ segment }) => segment);
}

function startOf(signs: readonly string[], columns: number): string[] {
  let room = columns;
  const end = signs.findIndex((sign) => {
    room -= widthOf(sign);
    return room < 0;
  });
  return end < 0 ? [...signs] : signs.slice(0, end);
}
