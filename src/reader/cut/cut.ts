import { parse } from 'node:path';
import { nameUnpacked } from '../../trace-event/file-names.js';
import { bytesBeside } from '../output/event-file.js';
import { besideEvents } from '../output/left-out.js';
import { NewFile } from '../output/new-file.js';
import { formatOf, type NewTrace, openTrace } from '../output/open-trace.js';
import { refuseInput } from '../output/same-file.js';
import type { TraceFile } from '../output/trace-file.js';
import { requestIds } from '../requests/request-ids.js';
import { losesEvent } from '../source/container-problem.js';
import { readEntries, type TraceFacts } from '../source/entries.js';
import { NO_TEXT } from '../source/list-reader.js';
import { checkRereadable, type Progress } from '../source/source.js';
import { NothingToWriteError } from '../source/write-error.js';
import { Copier, EVERY_FILE, type Keep } from './copy.js';
import { CutError, type CutFile, type CutOptions, type CutResult } from './cut-options.js';
import { FirstLook, type Wanted } from './first-look.js';
import { Judge, type Range } from './judge.js';
import { GRADES, shortestOf } from './marks.js';
import { type Moment, momentOf } from './moment.js';
import { BytesByTime } from './spread.js';
import { threadFilter } from './threads.js';

/** What an event takes besides its own bytes: a comma and the end of the line. */
const SEPARATOR_BYTES = 2;
/** More files than that cannot be open at once. */
const MAX_FILES = 500;

/**
 * Makes a smaller trace of one, or several. Reads it twice: once to see what belongs together, and then
 * those parts of it again in which something is kept. Memory grows by two bytes for each event, and by eight
 * for each tree where only some are kept.
 *
 * @throws {CutError} where nothing is there to be cut by, or it cannot be made small enough.
 */
export async function cutTrace(
  input: string,
  output: string,
  options: CutOptions,
  onProgress?: (progress: Progress) => void,
): Promise<CutResult> {
  const checkUnchanged = checkRereadable(input);
  // What files --split makes is known when the trace was read.
  if (options.split === undefined) refuseInput(output, input, 'which is cut');
  const keepsThread = await threadFilter(input, options);
  const moment = options.around && (await momentOf(input, options.around.name));
  const bytesByTime = options.split === undefined ? undefined : new BytesByTime();
  const wanted: Wanted = {
    keepsThread,
    keepsCategory: options.category,
    keepsRoot: await rootFilter(input, options),
    sample: options.sample,
    nests: [options.depth, options.sample, options.split].some((option) => option !== undefined),
    onTime: bytesByTime && ((start, bytes) => bytesByTime.add(start, bytes + SEPARATOR_BYTES)),
    onMetadata:
      bytesByTime &&
      ((bytes) => {
        bytesByTime.everywhere += bytes + SEPARATOR_BYTES;
      }),
  };
  const look = new FirstLook(wanted);
  let damaged = 0;
  try {
    const facts = await readEntries(input, {
      onEntry: (entry) => look.take(entry),
      onBatch: (batch) => look.takeBatch(batch),
      wantsText: look.wantsTexts ? undefined : NO_TEXT,
      onProblem: ({ rule }) => {
        if (losesEvent(rule)) damaged++;
      },
      onProgress,
    });
    const { unplaced } = look.scale;
    const beside = bytesBeside(facts.form, facts.members);
    if (bytesByTime !== undefined) bytesByTime.everywhere += beside;
    const range = rangeOf(look, options, moment, bytesByTime);
    const judge = new Judge(look, range, options);
    judge.markPairs(facts);
    const copier = new Copier(look, judge, keepsThread);
    const copy = (keep: Keep) => copier.copy(input, facts, keep);
    const { maxSize } = options;
    const least = maxSize === undefined ? 0 : await leastGrade(copy, beside, maxSize);
    const copyUnchanged = async (keep: Keep) => {
      await copy(keep);
      checkUnchanged();
    };
    checkUnchanged();
    const { files, filesLeftOut } = await write(output, facts, range, copyUnchanged, least);
    const [earliest, latest] = look.blocks.range;
    return {
      files,
      filesLeftOut,
      events: facts.events,
      damaged,
      truncated: facts.truncated,
      from: finite(range.from - earliest),
      to: finite(range.to - earliest),
      wall: finite(latest - earliest) ?? 0,
      leftOutBelow: least === 0 ? undefined : shortestOf(least),
      flowsLeftOut: judge.flowsLeftOut,
      unread: facts.unread,
      unplaced,
    };
  } finally {
    look.close();
  }
}

/** What is kept of one request: by what events say that they belong to. */
async function rootFilter(input: string, { request }: CutOptions): Promise<Wanted['keepsRoot']> {
  if (request === undefined) return undefined;
  const ids = await requestIds(input, request);
  if (ids === undefined) {
    throw new CutError(
      `No call in ${input} has the id ${request}. tracelane summary --requests shows those that there are.`,
    );
  }
  return (root) => root !== undefined && ids.has(root);
}

function rangeOf(
  { scale, blocks }: FirstLook,
  { from, to, around, split }: CutOptions,
  moment: Moment | undefined,
  bytesByTime: BytesByTime | undefined,
): Range {
  const [earliest] = blocks.range;
  const room = (split ?? 0) - (bytesByTime?.everywhere ?? 0);
  if (bytesByTime !== undefined && room <= 0) {
    throw new CutError(
      `Each file has at least ${Math.ceil(bytesByTime.everywhere)} bytes, for metadata and what stands beside the events: give a larger --split.`,
    );
  }
  let [start, end] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (from !== undefined) start = earliest + from;
  if (to !== undefined) end = earliest + to;
  if (around !== undefined && moment !== undefined) {
    const begin = scale.nanoseconds(moment.ts);
    start = Math.max(start, begin - around.before);
    end = Math.min(end, begin + moment.length + around.after);
  }
  const bounds = bytesByTime?.bounds(room, start, end) ?? [];
  if (bounds.length >= MAX_FILES) {
    throw new CutError(
      `That would make more than ${MAX_FILES} files: give a larger --split, or cut by time first.`,
    );
  }
  return { from: start, to: end, bounds };
}

/** The lowest grade with which the file has so many bytes at most. */
async function leastGrade(
  copy: (keep: Keep) => Promise<void>,
  beside: number,
  most: number,
): Promise<number> {
  const byGrade = new Float64Array(GRADES);
  let fixed = beside;
  await copy((_, bytes, grade) => {
    if (grade === EVERY_FILE) fixed += bytes + SEPARATOR_BYTES;
    else byGrade[grade] += bytes + SEPARATOR_BYTES;
  });
  let bytes = fixed;
  let least = GRADES;
  while (least > 0 && bytes + byGrade[least - 1] <= most) {
    least--;
    bytes += byGrade[least];
  }
  // Something is kept, or there is nothing that could be.
  if (bytes > fixed || (least === 0 && bytes <= most)) return least;
  const needed = Math.ceil(bytes + (byGrade[least - 1] ?? 0));
  throw new CutError(
    `It cannot be made smaller than ${needed} bytes by leaving out short calls: the rest takes that much. Cut by time, category or thread, too.`,
  );
}

async function write(
  output: string,
  facts: TraceFacts,
  { bounds }: Range,
  copy: (keep: Keep) => Promise<void>,
  least: number,
): Promise<Pick<CutResult, 'files' | 'filesLeftOut'>> {
  const paths =
    bounds.length === 0
      ? [output]
      : Array.from({ length: bounds.length + 1 }, (_, i) => numbered(output, i + 1));
  const isSplit = paths.length > 1;
  for (const path of paths) refuseInput(path, facts.name, 'which is cut');
  const made: Made[] = [];
  const empty = new Set<Made>();
  const how = { output, form: facts.form, input: facts.name, isPart: true };
  await withFiles(paths, how, made, async () => {
    const files = made.map(({ trace }) => trace);
    await copy((text, _, share) => {
      if (share === EVERY_FILE) for (const file of files) file.write(text());
      else if (isSplit) files[share].write(text());
      else if (share >= least) files[0].write(text());
    });
    for (const one of made) {
      try {
        await one.trace.end(facts.members);
      } catch (error) {
        // Of a trace that is split, there are parts in which there is something, if not in all.
        if (!(error instanceof NothingToWriteError)) throw error;
        empty.add(one);
        if (empty.size === made.length) throw error;
      }
      one.trace.close();
    }
    for (const one of made) if (!empty.has(one)) one.file.accept(one.draft);
  });
  const isEmpty = (_: string, i: number) => empty.has(made[i]);
  const files = made.flatMap((one, i): CutFile[] => {
    if (empty.has(one)) return [];
    const { events, size: bytes, leftOut, overlapping } = one.trace;
    const told = Object.fromEntries(leftOut);
    for (const name of facts.membersLeftOut) told[besideEvents(name)] = 1;
    return [{ file: paths[i], events, bytes, leftOut: told, overlapping }];
  });
  return { files, filesLeftOut: paths.filter(isEmpty) };
}

/** The name of a part: its number stands before what says how it is written. */
function numbered(output: string, part: number): string {
  const unpacked = nameUnpacked(output);
  const { ext } = parse(unpacked);
  const ending = formatOf(output) === 'speedscope' ? `.speedscope${ext}` : ext;
  const at = unpacked.length - ending.length;
  return `${output.slice(0, at)}.${part}${output.slice(at)}`;
}

/** A file that is written, and what is written into it. */
interface Made {
  readonly file: NewFile;
  readonly draft: string;
  readonly trace: TraceFile;
}

/**
 * Opens files, one after the other, and runs what writes them: if it fails, no draft of any is left
 * behind.
 */
async function withFiles(
  paths: readonly string[],
  how: Omit<NewTrace, 'draft'>,
  made: Made[],
  run: () => Promise<void>,
): Promise<void> {
  if (made.length === paths.length) return run();
  const file = new NewFile(paths[made.length]);
  return file.write(async () => {
    const draft = file.draft();
    const trace = openTrace({ ...how, draft });
    made.push({ file, draft, trace });
    try {
      await withFiles(paths, how, made, run);
    } finally {
      trace.close();
    }
  });
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
