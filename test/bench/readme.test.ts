import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { median } from '../../bench/statistics.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What the rows of the README's table are called in the benchmark. */
const SUBJECTS: Readonly<Record<string, string>> = {
  '**tracelane**': 'tracelane',
  '`JSON.stringify` and `writeSync`': 'stringify',
  '`performance.mark` and `measure`': 'perf-hooks',
  'chrome-trace-event': 'chrome-trace-event',
  OpenTelemetry: 'opentelemetry',
  pino: 'pino',
  'trace-event-lib': 'trace-event-lib',
};

interface Results {
  readonly measured: Readonly<Record<string, { node: string; date: string; machine: string }>>;
  readonly series: readonly {
    readonly case: string;
    readonly subject: string;
    readonly measure: string;
    readonly values: readonly number[];
  }[];
}

describe('what the README says of costs', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const results = JSON.parse(
    readFileSync(join(root, 'bench', 'results', 'node-26.json'), 'utf8'),
  ) as Results;
  const measured = (name: string, subject: string, measure: string) => {
    const found = results.series.find(
      (one) => one.case === name && one.subject === subject && one.measure === measure,
    );
    return median(found?.values ?? []);
  };

  test('is what the benchmark has measured', () => {
    const [, rows = ''] =
      /\n\| one span, in nanoseconds[^\n]*\n[^\n]*\n(.*?)\n\n/s.exec(readme) ?? [];
    const said = rows.split('\n').map((row) => {
      const [, name = '', ...cells] = row.split('|').map((cell) => cell.trim());
      return [name, ...cells.slice(0, 2).map((cell) => cell.replaceAll(/[*,]/g, ''))];
    });
    const clock = measured('calls', 'tracelane', 'two clock reads');
    const spans = Object.entries(SUBJECTS).map(([name, subject]) => {
      const cpu = (threads: string) => measured('disk', subject, `CPU ns, ${threads}`).toFixed(0);
      return [name, cpu('app thread'), cpu('all threads')];
    });
    assert.deepEqual(said, [['two readings of the clock', clock.toFixed(0), ''], ...spans]);
  });

  test('was measured when and where it says', () => {
    const { node, date } = results.measured['disk'] ?? { node: '', date: '' };
    assert.ok(
      readme.includes(`Node ${node.slice(1)} on two virtual processors of an AMD EPYC, ${date}`),
    );
  });
});
