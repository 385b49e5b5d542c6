import type { CheckResult } from '../reader/check/check.js';
import { checkFile } from '../reader/check/check-file.js';
import type { Finding } from '../reader/check/findings.js';
import { RULES, type Rule, type RuleName } from '../reader/check/rules.js';
import { repairFile } from '../reader/repair/repair.js';
import { REPAIRS } from '../reader/repair/repairs.js';
import { describeUnread } from '../reader/source/unread.js';
import { count } from './numbers.js';
import { badOption, colors, EXIT, inputOf, print, printJson, withProgress } from './output.js';
import { printable } from './text.js';

export interface CheckFlags {
  readonly json?: boolean;
  readonly repair?: string;
  readonly limit: number;
}

/** `tracelane check FILE…` */
export async function checkCommand(files: readonly string[], flags: CheckFlags): Promise<void> {
  if (flags.repair !== undefined) {
    if (files.length !== 1 || files[0] === '-') {
      const problem = '--repair takes one file, by its name: it is read more than once';
      throw badOption(problem);
    }
    await repair(files[0], flags.repair, flags);
    return;
  }
  const checked: { file: string; result: CheckResult }[] = [];
  for (const file of files) {
    const options = { keep: flags.limit };
    const result = await withProgress((update) => checkFile(inputOf(file), options, update));
    checked.push({ file, result });
    if (!flags.json) print(describe(file, result));
  }
  if (flags.json) printJson(checked.map(({ file, result }) => asJson(file, result)));
  if (checked.some(({ result }) => result.errors > 0)) process.exitCode = EXIT.found;
}

async function repair(input: string, output: string, flags: CheckFlags): Promise<void> {
  const { done, leftOut, result } = await withProgress((update) =>
    repairFile(input, output, { keep: flags.limit }, update),
  );
  const repairs = Array.from(done, ([code, times]) => ({ code, what: REPAIRS[code], times }));
  if (flags.json) {
    printJson({ repairs, leftOut, ...asJson(output, result) });
  } else {
    const name = printable(input);
    print(repairs.length === 0 ? `${name}: nothing to repair` : `${name}:`);
    for (const { code, what, times } of repairs) {
      const names = code === 'members-left-out' ? ` (${leftOut.map(printable).join(', ')})` : '';
      print(`  ${what}: ${count(times, 'time')}${names}`);
    }
    print(describe(output, result));
  }
  if (result.errors > 0) process.exitCode = EXIT.found;
}

function asJson(file: string, result: CheckResult) {
  const { events, errors, warnings, counts, findings, unread } = result;
  const detailed = findings.map((finding) => {
    const { viewers, fix }: Rule = RULES[finding.rule];
    return { ...finding, viewers, fix };
  });
  const numbers = { events, errors, warnings, counts: Object.fromEntries(counts) };
  return { file, ...numbers, unread, findings: detailed };
}

function describe(file: string, result: CheckResult): string {
  const { events, errors, warnings, counts, findings } = result;
  const found =
    errors + warnings === 0
      ? colors.green('no findings')
      : `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
  const lines = [`${colors.bold(printable(file))}: ${found} in ${count(events, 'event')}`];
  const unread = describeUnread(result.unread);
  if (unread !== undefined) lines.push(colors.yellow(unread));
  // Errors first; among them, and among warnings, the most frequent rule first.
  const rules = Array.from(counts).sort(
    ([a, timesA], [b, timesB]) =>
      Number(RULES[b].severity === 'error') - Number(RULES[a].severity === 'error') ||
      timesB - timesA,
  );
  for (const [rule, times] of rules) {
    const own = findings.filter((finding) => finding.rule === rule);
    lines.push('', ...describeRule(rule, times, own));
  }
  return lines.join('\n');
}

function describeRule(rule: RuleName, times: number, findings: readonly Finding[]): string[] {
  const { severity, viewers, fix }: Rule = RULES[rule];
  const paint = severity === 'error' ? colors.red : colors.yellow;
  const lines = [`${paint(severity)} ${colors.bold(rule)} (${count(times, 'time')})`];
  for (const { event, offset, message } of findings) {
    const where = event < 0 ? `byte ${offset}` : `event ${event}, byte ${offset}`;
    lines.push(`  ${colors.dim(`${where}:`)} ${printable(message)}`);
  }
  if (times > findings.length) lines.push(`  … and ${times - findings.length} more`);
  for (const [viewer, what] of Object.entries(viewers)) lines.push(`  ${viewer}: ${what}`);
  lines.push(`  Fix: ${fix}`);
  return lines;
}
