import { convertTrace } from '../reader/convert/convert.js';
import { isProfile } from '../reader/output/open-trace.js';
import type { ThreadInfo } from '../reader/output/profile/thread-slices.js';
import { describeUnread } from '../reader/source/unread.js';
import { nameFilter } from './filters.js';
import { tellLeftOut } from './left-out.js';
import { bytes, count } from './numbers.js';
import { badOption, colors, complain, inputOf, print, printJson, withProgress } from './output.js';
import { printable } from './text.js';

export interface ConvertFlags {
  readonly output: string;
  readonly thread?: string;
  readonly json?: boolean;
}

/** `tracelane convert IN -o OUT` */
export async function convertCommand(file: string, flags: ConvertFlags): Promise<void> {
  const { output } = flags;
  if (flags.thread !== undefined && !isProfile(output)) {
    throw badOption(
      `--thread chooses the thread of a profile, and ${output} is none: ` +
        'leave it out, or give a name that ends in .cpuprofile or .speedscope.json',
    );
  }
  const thread = flags.thread === undefined ? undefined : threadChoice(flags.thread);
  const result = await withProgress((onProgress) =>
    convertTrace(inputOf(file), output, { thread, onProgress }),
  );
  tellLeftOut(output, result);
  const unread = describeUnread(result.unread);
  if (unread !== undefined) complain(`${result.input}: ${unread}`);
  if (flags.json) {
    printJson(result);
    return;
  }
  const { eventsRead, damaged, truncated } = result;
  const notes = [`${count(eventsRead, 'event')} read`, bytes(result.bytes)];
  if (damaged > 0) notes.push(`${count(damaged, 'event')} could not be read`);
  if (truncated) notes.push('the end of the input is missing');
  print(`${colors.bold(printable(output))}: ${notes.join(', ')}`);
}

function threadChoice(wanted: string): (thread: ThreadInfo) => boolean {
  const matches = nameFilter(wanted, '--thread');
  return ({ pid, tid, name }) =>
    String(tid) === wanted || `${pid}/${tid}` === wanted || (name !== '' && matches(name));
}
