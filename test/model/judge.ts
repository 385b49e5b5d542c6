import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { viewTrace } from '../perfetto/view.js';
import type { RecordedEvent } from '../record-trace.js';
import { checkTrace } from '../viewers/checker.js';
import {
  compareCounters,
  compareDetails,
  compareFlows,
  compareMarks,
  compareNesting,
  compareOperations,
  compareRest,
  compareStats,
} from './compare-file.js';
import { comparePerfetto } from './compare-perfetto.js';
import { compareViewers } from './compare-viewers.js';
import { Drawing, isDecided } from './drawing.js';
import type { Result } from './ledger.js';
import { compareLineage } from './lineage.js';
import { perfettoEvents } from './perfetto-events.js';
import type { Program } from './program.js';
import { Timeline } from './timeline.js';

export interface Verdict {
  /** Where the trace, or a viewer, does not show what has happened. */
  readonly problems: readonly string[];
  /** False: threads came so close that what should be drawn cannot be told, and was not compared. */
  readonly decided: boolean;
}

/** Holds the trace of a program, as viewers read it, against what the program says it has done. */
async function judge(program: Program, result: Result): Promise<Verdict> {
  const problems = result.threads.flatMap((thread) => thread.problems);
  const problem = (text: string): void => void problems.push(text);
  const text = Buffer.from(result.bytes).toString();
  const view = result.format === 'perfetto' ? viewTrace(result.bytes) : undefined;
  if (view === undefined) {
    for (const { rule, line, message } of checkTrace(text)) {
      problem(`the checker finds ${rule} in event ${line}: ${message}`);
    }
  }
  if (problems.length > 0) return { problems, decided: true };
  const events: RecordedEvent[] =
    view === undefined ? JSON.parse(text) : withoutFlows(perfettoEvents(view), result);
  const counters = events.filter(({ ph }) => ph === 'C');

  const timeline = new Timeline(result, events);
  problems.push(...timeline.problems);
  compareMarks(timeline, problem);
  compareFlows(timeline, problem);
  compareCounters(timeline, counters, problem);
  // What is not there at all makes the rest meaningless.
  if (problems.length > 0) return { problems, decided: true };

  compareLineage(timeline, problem);
  const decided = isDecided(timeline);
  const drawing = decided ? new Drawing(timeline) : undefined;
  compareDetails(timeline, drawing, problem);
  if (drawing === undefined) return { problems, decided };
  compareOperations(drawing, problem);
  compareNesting(drawing, problem);
  if (view === undefined) await compareViewers(result, text, timeline, drawing, problem);
  else comparePerfetto(view, drawing, problem);
  for (const { name } of timeline.counterEvents) problem(`nobody has set the counter ${name}`);
  compareRest(timeline, problem);
  compareStats(result, drawing, program.children.length, problem);
  return { problems, decided };
}

/**
 * Slices and moments that were made for points of flows have their names, and what a point says stands
 * under that name among the arguments of what it lies in.
 */
function withoutFlows(events: RecordedEvent[], { threads }: Result): RecordedEvent[] {
  const entries = threads.flatMap((thread) => thread.entries);
  const names = new Set(entries.flatMap((entry) => (entry.what === 'flow' ? [entry.name] : [])));
  const own = ([name]: readonly [string, unknown]) => !names.has(name);
  return events
    .filter(({ name }) => !names.has(name))
    .map((event) => ({
      ...event,
      args: Object.fromEntries(Object.entries(event.args).filter(own)),
    }));
}

// In a thread of its own.
if (!isMainThread && workerData === 'judge') {
  parentPort?.on('message', async ({ program, result }: { program: Program; result: Result }) => {
    const verdict = await judge(program, result).catch((error) => ({
      problems: [`no verdict: ${error.stack}`],
      decided: true,
    }));
    parentPort?.postMessage(verdict);
  });
}
