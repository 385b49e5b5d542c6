import { METADATA_CATEGORY } from '../../trace-event/defaults.js';
import type { CheckResult } from '../check/check.js';
import { checkFile } from '../check/check-file.js';
import { EventFile } from '../output/event-file.js';
import { NewFile } from '../output/new-file.js';
import { readEntries, type TextFacts } from '../source/entries.js';
import { checkRereadable, type Progress } from '../source/source.js';
import { EventRepair } from './repair-event.js';
import { RepairPlan } from './repair-plan.js';

/** What one repair uncovers, the next one mends: a flow whose start was dropped, say. */
const MAX_PASSES = 6;
/** A trace without any event is none to Perfetto. */
const NOTHING_LEFT = JSON.stringify({
  name: 'process_labels',
  cat: METADATA_CATEGORY,
  ph: 'M',
  ts: 0,
  pid: 1,
  tid: 1,
  args: { labels: 'no event could be kept' },
});

export interface RepairResult {
  /** What was done, and how often. */
  readonly done: ReadonlyMap<string, number>;
  /** The check of what was written. */
  readonly result: CheckResult;
}

/**
 * Writes a trace that viewers read, with all that can be kept of one that they do not. Both may be
 * the same file. Rejects with a TraceReadError where there is no trace to begin with.
 */
export async function repairFile(
  input: string,
  output: string,
  onProgress?: (progress: Progress) => void,
): Promise<RepairResult> {
  const done = new Map<string, number>();
  checkRereadable(input);
  const file = new NewFile(output);
  return file.write(async () => {
    let from = input;
    let plan = new RepairPlan();
    const { form } = await checkFile(from, { keep: 0, observer: plan }, onProgress);
    for (let pass = 1; ; pass++) {
      const draft = file.draft(pass);
      await rewrite(from, draft, form, plan, done, onProgress);
      if (pass > 1) file.discard(from);
      from = draft;
      plan = new RepairPlan();
      const result = await checkFile(from, { observer: plan }, onProgress);
      if (result.errors > 0 && pass < MAX_PASSES) continue;
      file.accept(draft);
      return { done, result };
    }
  });
}

async function rewrite(
  input: string,
  output: string,
  form: TextFacts['form'],
  plan: RepairPlan,
  done: Map<string, number>,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<void> {
  const say = (what: string): void => void done.set(what, (done.get(what) ?? 0) + 1);
  const repair = new EventRepair(plan);
  const out = new EventFile(output, form);
  try {
    const { members, membersLeftOut } = await readEntries(input, {
      onEntry: (entry) => {
        for (const text of repair.repair(entry, say)) out.write(text);
      },
      onProblem: ({ rule }) => {
        if (rule === 'truncated') say('closed the list, and dropped what was cut off');
        if (rule === 'trailing-comma' || rule === 'missing-comma') say('mended commas');
        if (rule === 'byte-order-mark') say('left out the byte order mark');
        if (rule === 'trailing-data') say('left out what comes behind the list of events');
      },
      onProgress,
    });
    if (out.events === 0) out.write(NOTHING_LEFT);
    for (const name of membersLeftOut) say(`left out "${name}", which is too long to be kept`);
    out.end(members);
  } finally {
    out.close();
  }
}
