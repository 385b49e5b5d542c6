import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Entry } from './member.js';

/** What the files of a round hold of one source. */
interface Found {
  count: number;
  last: number;
  outOfOrder: number;
}

export interface AuditResult {
  readonly events: number;
  readonly sources: number;
  /** Events that are missing, doubled or out of order; lines that are no JSON. */
  readonly problems: readonly string[];
}

/**
 * Compares what the files hold with the ledger: each source's events are there from 1 on without a
 * gap, in their order, as many as the ledger says. `torn`: the writer of the trace was killed, and
 * what it was writing may be there in half. `mayDrop`: gaps are no problem, doubled events are.
 */
export async function audit(
  files: readonly string[],
  ledger: string,
  { torn, mayDrop }: { torn: boolean; mayDrop: boolean },
): Promise<AuditResult> {
  const found = new Map<string, Found>();
  const problems: string[] = [];
  for (const file of files) {
    const broken = await readFile(file, found);
    if (broken > (torn ? 1 : 0)) problems.push(`${file}: ${broken} lines are no JSON`);
  }
  for (const [source, { atLeast, atMost }] of readLedger(ledger)) {
    const { count, last, outOfOrder } = found.get(source) ?? { count: 0, last: 0, outOfOrder: 0 };
    if (outOfOrder > 0) problems.push(`${source}: ${outOfOrder} events out of order`);
    if (!mayDrop && count !== last)
      problems.push(`${source}: ${count} events up to number ${last}`);
    if (!mayDrop && count < atLeast) problems.push(`${source}: ${count} of ${atLeast} events`);
    if (atMost !== null && count > atMost) problems.push(`${source}: ${count}, issued ${atMost}`);
  }
  let events = 0;
  for (const { count } of found.values()) events += count;
  return { events, sources: found.size, problems };
}

/** Of all lines about a source the last one counts. */
function readLedger(path: string): Map<string, Entry> {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => JSON.parse(line) as Entry).map((entry) => [entry.source, entry]),
  );
}

/** Counts the events of a file; says how many lines are no JSON. */
async function readFile(file: string, found: Map<string, Found>): Promise<number> {
  let broken = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const text = line.replace(/^\[/, '').replace(/,$/, '').trim();
    if (text === '' || text === ']') continue;
    try {
      count(JSON.parse(text), found);
    } catch {
      broken++;
    }
  }
  return broken;
}

function count(
  { ph, args }: { ph: string; args: { source?: string; n?: number } },
  found: Map<string, Found>,
): void {
  const { source, n } = args;
  if (source === undefined || n === undefined || ph === 'e') return;
  let entry = found.get(source);
  if (entry === undefined) {
    entry = { count: 0, last: 0, outOfOrder: 0 };
    found.set(source, entry);
  }
  if (n <= entry.last) entry.outOfOrder++;
  entry.count++;
  entry.last = n;
}
