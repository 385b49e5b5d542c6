import Table from 'cli-table3';
import type { TraceStats } from 'tracelane';
import { spanStatistics } from './span-statistics.js';

/** Rows of the table. */
const SLOWEST = 10;

/** Shows what the trace says, and where it is. */
export async function printReport(traceFile: string, stats: TraceStats): Promise<void> {
  const table = new Table({
    head: ['span', 'count', 'total ms', 'mean ms', 'p95 ms'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, count, total, mean, p95 } of (await spanStatistics(traceFile)).slice(
    0,
    SLOWEST,
  )) {
    table.push([name, count, total.toFixed(1), mean.toFixed(3), p95.toFixed(3)]);
  }
  console.log(`\nWhere the time went (spans of one name may overlap):\n${table}\n`);

  const { written, dropped, bytesWritten } = stats;
  console.log(`${traceFile}: ${sizeOf(bytesWritten)}`);
  console.log(`${written} events written, ${dropped} dropped\n`);
  console.log(`Look at it: npx tracelane view ${traceFile}`);
}

export function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
