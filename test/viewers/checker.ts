import { checkAsync } from './checker/async.js';
import { readEvents } from './checker/container.js';
import { checkCounters } from './checker/counters.js';
import type { Finding, Report } from './checker/event.js';
import { checkFields } from './checker/fields.js';
import { checkFlows } from './checker/flows.js';
import { checkMetadata } from './checker/metadata.js';
import { checkNames } from './checker/names.js';
import { checkThreads } from './checker/threads.js';

export type { Finding } from './checker/event.js';

/**
 * What the viewers would drop, misread or choke on in a finished trace file, by the order of its
 * events. A `B` without an `E`, or a `b` without an `e`, is a span that never ended: no finding.
 */
export function checkTrace(text: string): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (rule, line, message, severity = 'error') => {
    findings.push({ rule, severity, line, message });
  };
  const events = readEvents(text, report);
  const timed = checkFields(events, report);
  checkNames(events, report);
  checkMetadata(events, report);
  const slices = checkThreads(timed, report);
  checkAsync(timed, report);
  checkFlows(timed, slices, report);
  checkCounters(timed, report);
  return findings.sort((a, b) => a.line - b.line);
}
