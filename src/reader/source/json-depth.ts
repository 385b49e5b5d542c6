import { MAX_JSON_DEPTH } from '../../trace-event/numbers.js';

/** Whether a text of JSON has more brackets in one another than it may. */
export function isTooDeep(text: string, most = MAX_JSON_DEPTH): boolean {
  // Most texts are shorter than brackets so deep would be.
  if (text.length < 2 * most) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = stringEnd(text, at);
        break;
      case '{':
      case '[':
        if (++depth > most) return true;
        break;
      case '}':
      case ']':
        depth--;
        break;
    }
  }
  return false;
}

/** The place of the quote that closes the string, or the end of the text. */
export function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
