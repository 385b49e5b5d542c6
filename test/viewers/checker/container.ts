import { isObject, type RawEvent, type Report } from './event.js';

// Perfetto recognises a JSON trace by these characters, white space left out.
const START = /^[ \t\r\n]*\[[ \t\r\n]*\{[ \t\r\n]*"/;
// An even number of backslashes before it: the escape itself is not escaped.
const SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The events of the file; `undefined` keeps the place of one that is not an object. */
export function readEvents(text: string, report: Report): (RawEvent | undefined)[] {
  if (!START.test(text)) {
    report('container-start', 0, 'the file must start with [{" for Perfetto to recognise it');
  }
  const lines = eventLines(text);
  for (const [line, content] of lines.entries()) checkCharacters(content, line, report);

  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // The parser names a position in the file; a raw control character can be named by its event.
    for (const [line, content] of lines.entries()) checkControlCharacters(content, line, report);
    report('json', 0, `DevTools parses strictly: ${String(error)}`);
    return [];
  }
  if (!Array.isArray(parsed)) {
    report('container-array', 0, 'the file must be one JSON array');
    return [];
  }
  if (lines.length !== parsed.length || !lines.every(isWholeObject)) {
    report('event-per-line', 0, `${parsed.length} events on ${lines.length} lines: one each`);
  }
  return parsed.map((value: unknown, line) => {
    if (isObject(value)) return value;
    report('event-object', line, 'an event must be a JSON object');
    return undefined;
  });
}

/** The text of each event, without the brackets and commas that hold the array together. */
function eventLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/^[\s,[]+/, '').replace(/[\s,\]]+$/, ''))
    .filter((line) => line !== '');
}

function isWholeObject(line: string): boolean {
  try {
    return isObject(JSON.parse(line));
  } catch {
    return false;
  }
}

function checkCharacters(content: string, line: number, report: Report): void {
  if (SURROGATE_ESCAPE.test(content)) {
    report('surrogate-escape', line, 'a \\uD800-\\uDFFF escape makes Perfetto drop the file');
  }
  if (LONE_SURROGATE.test(content)) {
    report('lone-surrogate', line, 'a lone surrogate has no UTF-8 form');
  }
}

function checkControlCharacters(content: string, line: number, report: Report): void {
  for (let i = 0; i < content.length; i++) {
    const code = content.charCodeAt(i);
    if (code < 0x20) {
      report('control-character', line, `U+00${code.toString(16).padStart(2, '0')} unescaped`);
      return;
    }
  }
}
