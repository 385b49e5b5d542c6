/** No label is longer, whatever the name is. */
const LONGEST = 160;
const ELLIPSIS = '…';

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

/** As much of a text as has room, with a sign that there is more; empty where that says nothing. */
export function fitted(text: string, room: number, measure: Measure): string {
  const cut = text.length > LONGEST ? text.slice(0, LONGEST) : text;
  if (cut === text && measure(text) <= room) return text;
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
