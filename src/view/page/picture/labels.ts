import { visible } from '../time/words.js';

/** No label is longer, whatever the name is. */
const LONGEST = 160;
const ELLIPSIS = '…';
const HALF = /[\uD800-\uDBFF]$/;

/** How wide a text is. */
export type Measure = (text: string) => number;

/** Measures by the widths of single characters, each of which is measured once. */
export function byCharacter(measure: Measure): Measure {
  const widths = new Map<string, number>();
  return (text) => {
    let sum = 0;
    for (const character of text) {
      let width = widths.get(character);
      if (width === undefined) {
        width = measure(character);
        // Names may hold any character: this must not grow with them.
        if (widths.size > 2000) widths.clear();
        widths.set(character, width);
      }
      sum += width;
    }
    return sum;
  };
}

/**
 * As much of a text as has room, with a sign that there is more; empty where that says nothing. What would
 * not be seen is.
 */
export function fitted(text: string, room: number, measure: Measure): string {
  const isCut = text.length > LONGEST;
  // The first half of a character that is cut in two would become a sign of its own.
  const cut = visible(isCut ? text.slice(0, LONGEST).replace(HALF, '') : text);
  if (!isCut && measure(cut) <= room) return cut;
  const left = room - measure(ELLIPSIS);
  let sum = 0;
  let kept = '';
  for (const character of cut) {
    sum += measure(character);
    if (sum > left) break;
    kept += character;
  }
  return kept.length < 2 ? '' : kept.trimEnd() + ELLIPSIS;
}
