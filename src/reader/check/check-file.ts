import { EntryParser, factsOf } from '../source/entries.js';
import { type Progress, type TraceInput, TraceSource } from '../source/source.js';
import { type CheckOptions, type CheckResult, START_BYTES, TraceCheck } from './check.js';

/** Checks a trace file, or what comes from a stream. Rejects with a TraceReadError. */
export async function checkFile(
  input: TraceInput,
  options?: CheckOptions,
  onProgress?: (progress: Progress) => void,
): Promise<CheckResult> {
  const source = new TraceSource(input);
  const check = new TraceCheck(options);
  const { splitter } = new EntryParser(check.take, check.takeProblem);
  let start: Buffer = Buffer.alloc(0);
  for await (const block of source.blocks()) {
    // The first blocks of a pipe may be short.
    if (start.length < START_BYTES) {
      start = Buffer.concat([start, block.subarray(0, START_BYTES - start.length)]);
    }
    splitter.push(block);
    onProgress?.(source.progress);
  }
  splitter.end();
  check.takeStart(start);
  return check.finish(factsOf(source, splitter));
}
