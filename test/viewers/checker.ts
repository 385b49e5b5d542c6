import { checkText } from '#src/reader/check/check.js';
import type { Finding as CheckFinding } from '#src/reader/check/findings.js';
import type { RuleName } from '#src/reader/check/rules.js';

export interface Finding {
  readonly rule: RuleName | 'event-per-line' | 'array-form';
  readonly severity: CheckFinding['severity'];
  /** Index of the event, 0-based: the file has one event a line. */
  readonly line: number;
  readonly message: string;
}

/**
 * What the viewers would drop, misread or choke on in a finished trace file, as `tracelane check`
 * finds it, and what breaks tracelane's own rules: an array, and an event a line.
 */
export function checkTrace(text: string): Finding[] {
  const { findings } = checkText(text);
  const own: Finding[] = findings.map(({ rule, severity, event, message }) => ({
    rule,
    severity,
    line: Math.max(0, event),
    message,
  }));
  if (!text.trimStart().startsWith('['))
    own.push(problem('array-form', 'the file must be an array'));
  else if (own.length === 0 && !isEventPerLine(text)) {
    own.push(problem('event-per-line', 'the file must have one event a line'));
  }
  return own.sort((a, b) => a.line - b.line);
}

function problem(rule: Finding['rule'], message: string): Finding {
  return { rule, severity: 'error', line: 0, message };
}

function isEventPerLine(text: string): boolean {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^[\s,[]+/, '').replace(/[\s,\]]+$/, ''))
    .filter((line) => line !== '');
  return lines.every((line) => {
    try {
      return line.startsWith('{') && typeof JSON.parse(line) === 'object';
    } catch {
      return false;
    }
  });
}
