/**
 * A program that flushes as fast as it can, until it is killed. Spans are open all the while, others change
 * places with new ones at each flush; it says which flush is over.
 */
export const flushing = (file: string, operations = 200): string => `
import { writeSync } from 'node:fs';
const tracer = new Tracer('${file}', { flushInterval: 1000 }).start();
tracer.span('outermost', 'default', { list: [1, [2]] });
for (let i = 0; i < ${operations}; i++) tracer.asyncBegin('operation ' + i, undefined, 'default', { list: [i] });
let span = tracer.beginSpan('changing 0');
for (let i = 1; ; i++) {
  const next = tracer.beginSpan('changing ' + i);
  tracer.endSpan(span);
  span = next;
  for (let j = 0; j < 50; j++) tracer.instant('instant', 'default', { i, j });
  tracer.flushSync();
  writeSync(1, i + '\\n');
}
`;
