import { METADATA_CATEGORY } from '../../trace-event/defaults.js';
import { type CheckOptions, type CheckResult, TIME_UNIT, TIME_UNITS } from '../check/check.js';
import { checkFile } from '../check/check-file.js';
import { NewFile } from '../output/new-file.js';
import { formatOf, type NewTrace, openTrace } from '../output/open-trace.js';
import type { ContainerRule } from '../source/container-problem.js';
import { readEntries } from '../source/entries.js';
import { checkRereadable, type Progress } from '../source/source.js';
import { TraceWriteError } from '../source/write-error.js';
import { EventRepair } from './repair-event.js';
import { RepairPlan } from './repair-plan.js';
import type { RepairCode, Say } from './repairs.js';

/**
 * One repair may uncover what only the next one can mend: of a flow whose start was dropped, say,
 * the other points have to go, too.
 */
const MAX_PASSES = 6;

/** What is mended where the file is read: in the text around the events, and in that of events. */
const MENDED: Readonly<Partial<Record<ContainerRule, RepairCode>>> = {
  truncated: 'list-closed',
  'trailing-comma': 'commas-mended',
  'missing-comma': 'commas-mended',
  'byte-order-mark': 'byte-order-mark-left-out',
  'trailing-data': 'trailing-data-left-out',
  'control-character': 'control-characters-escaped',
  'lone-backslash': 'backslashes-escaped',
  'stray-quote': 'quotes-escaped',
  'foreign-literal': 'literals-replaced',
  'extra-comma': 'extra-commas-left-out',
  'large-id': 'large-ids-made-text',
};

/** Written where no event can be kept: Perfetto takes a list without events for no trace. */
const NOTHING_LEFT = JSON.stringify({
  name: 'process_labels',
  cat: METADATA_CATEGORY,
  ph: 'M',
  ts: 0,
  pid: 1,
  tid: 1,
  args: { labels: 'no event could be kept' },
});

/** How many findings of each rule are kept that the repaired trace has still. */
export type RepairOptions = Pick<CheckOptions, 'keep'>;

export interface RepairResult {
  /** What was done, and how often. */
  readonly done: ReadonlyMap<RepairCode, number>;
  /** Names of what stood beside the events and could not be kept: too long, too deep, too many, no JSON, or packets that are not read. */
  readonly leftOut: readonly string[];
  /** The check of what was written. */
  readonly result: CheckResult;
}

/**
 * Writes a trace that viewers read, with all that can be kept of one that they do not. Input and
 * output may be the same file. Rejects with a TraceReadError if the input is no trace.
 */
export async function repairFile(
  input: string,
  output: string,
  options?: RepairOptions,
  onProgress?: (progress: Progress) => void,
): Promise<RepairResult> {
  const done = new Map<RepairCode, number>();
  const leftOut: string[] = [];
  const say: Say = (repair) => void done.set(repair, (done.get(repair) ?? 0) + 1);
  const checkUnchanged = checkRereadable(input);
  if (formatOf(output) !== 'json') {
    const remedy = 'Give a name that ends in .json, and convert that file.';
    throw new TraceWriteError(output, "what is repaired is in Chrome's format", {}, remedy);
  }
  const file = new NewFile(output);
  return file.write(async () => {
    let from = input;
    let plan = new RepairPlan();
    const { form } = await checkFile(from, { keep: 0, observer: plan }, onProgress);
    for (let pass = 1; ; pass++) {
      const draft = file.draft(pass);
      const repair = new EventRepair(plan, pass);
      const members = await rewrite(from, { draft, output, form, input }, repair, say, onProgress);
      if (pass === 1) checkUnchanged();
      leftOut.push(...members);
      if (pass > 1) file.discard(from);
      from = draft;
      plan = new RepairPlan();
      const result = await checkFile(from, { ...options, observer: plan }, onProgress);
      if (result.errors > 0 && pass < MAX_PASSES) continue;
      file.accept(draft);
      return { done, leftOut, result };
    }
  });
}

function repairMembers(
  members: ReadonlyMap<string, unknown>,
  say: Say,
): ReadonlyMap<string, unknown> {
  const unit = members.get(TIME_UNIT);
  if (unit === undefined || TIME_UNITS.includes(unit)) return members;
  say('display-time-unit-set');
  return new Map(members).set(TIME_UNIT, 'ms');
}

/** Gives the names of what stands beside the events and cannot be kept. */
async function rewrite(
  input: string,
  made: NewTrace,
  repair: EventRepair,
  say: Say,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<readonly string[]> {
  const out = openTrace(made);
  try {
    const { members, membersLeftOut, unread } = await readEntries(input, {
      handsOn: true,
      onEntry: (entry) => {
        for (const text of repair.repair(entry, say)) out.write(text);
      },
      onProblem: ({ rule, isPassedOver }) => {
        const mended = isPassedOver === true ? 'damage-left-out' : MENDED[rule];
        if (mended !== undefined) say(mended);
      },
      onProgress,
    });
    if (out.events === 0) out.write(NOTHING_LEFT);
    const leftOut = [...membersLeftOut, ...Object.keys(unread)];
    for (const _ of leftOut) say('members-left-out');
    await out.end(repairMembers(members, say));
    return leftOut;
  } finally {
    out.close();
  }
}
