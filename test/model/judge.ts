import { isMainThread, parentPort, workerData } from 'node:worker_threads';
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
import { compareViewers } from './compare-viewers.js';
import { Drawing, isDecided } from './drawing.js';
import type { Result } from './ledger.js';
import { compareLineage } from './lineage.js';
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
  for (const { rule, line, message } of checkTrace(result.text)) {
    problem(`the checker finds ${rule} in event ${line}: ${message}`);
  }
  if (problems.length > 0) return { problems, decided: true };
  const counters = (JSON.parse(result.text) as RecordedEvent[]).filter(({ ph }) => ph === 'C');

  const timeline = new Timeline(result);
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
  await compareViewers(result, timeline, drawing, problem);
  for (const { name } of timeline.counterEvents) problem(`nobody has set the counter ${name}`);
  compareRest(timeline, problem);
  compareStats(result, drawing, program.children.length, problem);
  return { problems, decided };
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
