import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RULES, type RuleName } from '#src/reader/check/rules.js';
import { checkTrace } from './checker.js';
import { type Fields, traceText } from './sample-trace.js';

export interface Case {
  rule: RuleName;
  /** What is found, and what that is close to it is not. */
  says: string;
  broken: readonly Fields[];
  /** The event that is to blame. */
  at: number;
  good: readonly Fields[];
}

/** Each broken trace has the one finding, and each good one none. */
export function runCases(cases: readonly Case[]): void {
  for (const { rule, says, broken, at, good } of cases) {
    test(`${rule}: ${says}`, () => {
      const found = checkTrace(traceText(broken));
      assert.deepEqual(
        found.map((finding) => [finding.rule, finding.line, finding.severity]),
        [[rule, at, RULES[rule].severity]],
      );
      assert.deepEqual(checkTrace(traceText(good)), []);
    });
  }
}
