import { factsOf, RecordParser } from '../trace/records.js';
import { type Progress, type TraceInput, TraceSource } from '../trace/source.js';
import { type CheckOptions, type CheckResult, TraceCheck } from './check.js';

/** Longer than any white space in front of the first event. */
const START_BYTES = 256;

/** Checks a trace file, or what comes from a stream. Rejects with a TraceReadError. */
export async function checkFile(
  input: TraceInput,
  options?: CheckOptions,
  onProgress?: (progress: Progress) => void,
): Promise<CheckResult> {
  const source = new TraceSource(input);
  const check = new TraceCheck(options);
  const { splitter } = new RecordParser(check.take, check.takeProblem);
  let first = true;
  for await (const block of source.blocks()) {
    if (first) check.takeStart(block.toString('utf8', 0, START_BYTES));
    first = false;
    splitter.push(block);
    onProgress?.(source.progress);
  }
  splitter.end();
  return check.finish(factsOf(source, splitter));
}
