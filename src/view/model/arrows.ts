import type { FlowFacts } from '../wire/questions.js';
import type { Tables } from './tables.js';

const MAX_ARROWS = 300;

/** Arrows that lead to a slice, and away from it. */
export function arrowsOf(tables: Tables, slice: number): FlowFacts[] {
  const { arrows, texts } = tables.data;
  const found: FlowFacts[] = [];
  for (let arrow = 0; arrow < arrows.from.length && found.length < MAX_ARROWS; arrow++) {
    const [from, to] = [arrows.from[arrow], arrows.to[arrow]];
    if (from !== slice && to !== slice) continue;
    found.push({
      name: texts[arrows.names[arrow]],
      from: tables.facts(from),
      to: tables.facts(to),
      start: arrows.starts[arrow],
      end: arrows.ends[arrow],
    });
  }
  return found;
}
