import { isReadAhead, readAhead } from '../ahead/read-ahead.js';
import type { Progress } from '../source/source.js';
import type { TraceInput } from '../source/trace-input.js';
import { type CheckOptions, type CheckResult, TraceCheck } from './check.js';

/** Checks a trace file, or what comes from a stream. Rejects with a TraceReadError. */
export async function checkFile(
  input: TraceInput,
  options?: CheckOptions,
  onProgress?: (progress: Progress) => void,
): Promise<CheckResult> {
  const check = new TraceCheck({ ...options, isReadAhead: isReadAhead(input) });
  try {
    const facts = await readAhead(input, { ...check.handlers, onProgress });
    return check.finish(facts);
  } finally {
    check.close();
  }
}
