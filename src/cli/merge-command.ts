import type { Alignment } from '../reader/merge/clocks.js';
import { mergeFiles } from '../reader/merge/merge.js';
import { tellLeftOut } from './left-out.js';
import { count, signedDuration } from './numbers.js';
import { badOption, colors, print, printJson, withProgress } from './output.js';
import { printable, shorten } from './text.js';

export interface MergeFlags {
  readonly output: string;
  readonly json?: boolean;
}

const CLOCKS: Readonly<Record<Alignment, string>> = {
  reference: 'its clock is that of the result',
  monotonic: 'aligned by the clock of the machine',
  wall: 'aligned by the time of day, as well as the clocks of the machines agree',
  none: 'not aligned: it does not say when it began',
};

/** `tracelane merge FILE… -o OUT` */
export async function mergeCommand(files: readonly string[], flags: MergeFlags): Promise<void> {
  if (files.includes('-')) {
    const problem = 'merge reads each file twice, and standard input can be read once only';
    throw badOption(problem);
  }
  const result = await withProgress((update) => mergeFiles(files, flags.output, update));
  tellLeftOut(flags.output, result);
  if (flags.json) {
    printJson({ output: flags.output, ...result });
    return;
  }
  for (const merged of result.files) {
    const { file, events, alignment, offset, pidsChanged, damaged, truncated, leftOut } = merged;
    const notes = [CLOCKS[alignment]];
    if (offset !== 0) notes.push(`${signedDuration(offset)}`);
    if (pidsChanged > 0) notes.push(`${count(pidsChanged, 'pid')} changed`);
    if (damaged > 0) notes.push(`${count(damaged, 'event')} could not be read`);
    if (truncated) notes.push('its end is missing');
    if (leftOut.length > 0) {
      const members = leftOut.map((member) => shorten(member)).join(', ');
      notes.push(`left out beside the events: ${members}`);
    }
    print(`${colors.bold(printable(file))}: ${count(events, 'event')}; ${notes.join('; ')}`);
  }
  const ids = result.idsChanged === 0 ? '' : `; ${count(result.idsChanged, 'id')} changed`;
  print(`${colors.bold(printable(flags.output))}: ${count(result.events, 'event')}${ids}`);
}
