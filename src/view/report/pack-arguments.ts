import { deflateSync } from 'node:zlib';
import { readEntries } from '../../reader/source/entries.js';
import type { EventBatch } from '../../reader/source/event-batch.js';
import { mergeArguments } from '../load/end-places.js';
import type { LoadedTrace } from '../load/load-trace.js';
import type { Block } from './packed-arguments.js';

/** A block is about as large before it is packed: what is looked at of it is unpacked whole. */
const BLOCK_CHARACTERS = 256 * 1024;
/** Arguments that are longer are left out. */
const MAX_CHARACTERS = 64 * 1024;

/** Reads the arguments of all slices of a trace once more, and packs them. */
export async function packArguments(trace: LoadedTrace): Promise<Block[]> {
  const lines = await readLines(trace);
  const blocks: Block[] = [];
  for (let first = 0; first < lines.length; ) {
    let end = first;
    let size = 0;
    while (end < lines.length && size < BLOCK_CHARACTERS) size += (lines[end++] ?? '').length + 1;
    const text = Array.from({ length: end - first }, (_, i) => lines[first + i] ?? '').join('\n');
    const bytes = Uint8Array.from(deflateSync(text, { level: 9 }));
    blocks.push({ first, bytes });
    first = end;
  }
  return blocks;
}

/** By slice, as JSON. */
async function readLines({ data, ends, file }: LoadedTrace): Promise<(string | undefined)[]> {
  const order = ends.withEnds(data.slices.offsets);
  const lines = new Array<string | undefined>(data.slices.count);
  let place = 0;
  const take = (offset: number, argumentsOf: () => unknown): void => {
    while (order.offsets[place] < offset) place++;
    if (order.offsets[place] !== offset) return;
    const own = argumentsOf();
    const ownText = JSON.stringify(own);
    if (ownText === undefined || ownText === '{}') return;
    const slice = order.slices[place];
    const begin = lines[slice];
    // The end of a slice comes behind its begin.
    const text =
      begin === undefined ? ownText : JSON.stringify(mergeArguments(JSON.parse(begin), own));
    const isLong = text.length > MAX_CHARACTERS;
    lines[slice] = isLong ? JSON.stringify(tooLong(text.length)) : text;
  };
  const onBatch = (batch: EventBatch): void => {
    for (let row = 0; row < batch.count; row++) {
      take(batch.offset[row], () => JSON.parse(batch.text(row)).args);
    }
  };
  await readEntries(file.input, {
    onEntry: ({ offset, event }) => take(offset, () => event?.args),
    onBatch,
    onProblem: () => {},
  });
  file.checkUnchanged();
  return lines;
}

function tooLong(characters: number): string {
  return `(${characters.toLocaleString('en')} characters, which are left out of this report)`;
}
