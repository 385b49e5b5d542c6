import { cutTrace } from '../reader/cut/cut.js';
import type { CutOptions } from '../reader/cut/cut-options.js';
import { describeUnread } from '../reader/source/unread.js';
import { describeUnplaced } from '../reader/timeline/unplaced.js';
import { nameFilter } from './filters.js';
import { tellLeftOut } from './left-out.js';
import { bytes, count, duration } from './numbers.js';
import { badOption, colors, complain, print, printJson, withProgress } from './output.js';
import { printable, shorten } from './text.js';

export interface CutFlags {
  readonly output: string;
  readonly from?: number;
  readonly to?: number;
  readonly around?: string;
  readonly before: number;
  readonly after: number;
  readonly request?: string;
  readonly name?: string;
  readonly category?: string;
  readonly thread?: string;
  readonly process?: string;
  readonly minDuration?: number;
  readonly depth?: number;
  readonly sample?: number;
  readonly maxSize?: number;
  readonly split?: number;
  readonly json?: boolean;
}

/** `tracelane cut IN -o OUT` */
export async function cutCommand(file: string, flags: CutFlags): Promise<void> {
  if (file === '-') {
    throw badOption('cut reads a trace twice, and standard input can be read once only');
  }
  const { from = 0, to = Number.POSITIVE_INFINITY } = flags;
  if (from > to) throw badOption('--from must not be later than --to');
  const options = optionsOf(flags);
  const result = await withProgress((update) => cutTrace(file, flags.output, options, update));
  for (const made of result.files) tellLeftOut(made.file, made);
  for (const path of result.filesLeftOut) {
    complain(`${shorten(path)}: not written: there are no slices of threads in its time`);
  }
  if (flags.json) {
    printJson(result);
    return;
  }
  const { files, events, damaged, leftOutBelow, flowsLeftOut } = result;
  for (const made of files) {
    const name = colors.bold(printable(made.file));
    print(`${name}: ${count(made.events, 'event')}, ${bytes(made.bytes)}`);
  }
  const kept = files.reduce((sum, made) => sum + made.events, 0);
  const notes = [`of ${count(events, 'event')}`];
  if (files.length > 1) notes.unshift(`${count(kept, 'event')} in ${count(files.length, 'file')}`);
  if (result.from !== undefined) notes.push(`from ${duration(result.from)}`);
  if (result.to !== undefined) notes.push(`to ${duration(result.to)}`);
  if ((result.from ?? 0) > result.wall) {
    notes.push(`the trace is over after ${duration(result.wall)}`);
  }
  if (leftOutBelow !== undefined)
    notes.push(`calls shorter than ${duration(leftOutBelow)} left out, to fit into --max-size`);
  if (flowsLeftOut > 0) notes.push(`${count(flowsLeftOut, 'arrow')} left out`);
  const unread = describeUnread(result.unread);
  if (unread !== undefined) notes.push(unread);
  notes.push(...describeUnplaced(result.unplaced));
  if (damaged > 0) notes.push(`${count(damaged, 'event')} could not be read`);
  if (result.truncated) notes.push('the end of the trace is missing');
  print(colors.dim(notes.join('; ')));
}

function optionsOf(flags: CutFlags): CutOptions {
  const { from, to, around, before, after, request, name, category, thread, process } = flags;
  const { minDuration, depth, sample, maxSize, split } = flags;
  const isThis = (wanted: string | undefined, option: string) => {
    if (wanted === undefined) return undefined;
    const matches = nameFilter(wanted, option);
    return (id: number | string, called: string) => String(id) === wanted || matches(called);
  };
  return {
    ...{ from, to, request, minDuration, depth, sample, maxSize, split },
    ...(around === undefined ? {} : { around: { name: around, before, after } }),
    name: name === undefined ? undefined : nameFilter(name, '--name'),
    category: category === undefined ? undefined : categoryFilter(category),
    thread: isThis(thread, '--thread'),
    process: isThis(process, '--process'),
  };
}

/** An event may have several categories, with commas between them: one is enough. */
function categoryFilter(list: string): (category: string) => boolean {
  const wanted = new Set(list.split(',').map((category) => category.trim()));
  return (category) => category.split(',').some((one) => wanted.has(one.trim()));
}
