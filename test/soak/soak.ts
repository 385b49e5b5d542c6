import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { TraceStats } from 'tracelane';
import { audit } from './audit.js';
import type { Fate, Orders } from './member.js';

/**
 * A mixed load on threads and child processes, with faults at random, round after round; then an
 * audit that each recorded event is accounted for. `npm run soak -- --minutes 20`.
 */

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '2' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not '${values.minutes}'.`);

const MEMBER = fileURLToPath(new URL('member.js', import.meta.url));
const pick = <T>(...choices: readonly T[]): T =>
  choices[Math.floor(Math.random() * choices.length)] as T;

function draw(folder: string): Orders {
  const overflow = pick('block', 'block', 'drop');
  return {
    seconds: 2 + 8 * Math.random(),
    threads: pick(0, 1, 2, 4),
    children: pick(0, 1, 3),
    fate: pick<Fate>('stop', 'stop', 'stop', 'return', 'exit', 'throw', 'SIGTERM', 'SIGKILL'),
    loseWriter: Math.random() < 0.3,
    trace: {
      file: join(folder, 'trace.json'),
      options: {
        overflow,
        bufferSize: pick(128 * 1024, 1024 * 1024, 16 * 1024 * 1024),
        flushInterval: pick(10, 100, 1000),
        writer: pick('thread', 'thread', 'inline'),
      },
    },
  };
}

/** One round: how many events were found, and what was wrong. */
async function round(): Promise<{ events: number; problems: string[]; orders: Orders }> {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const ledger = join(folder, 'ledger');
  const orders = draw(folder);
  const env = { ...process.env, SOAK_ORDERS: JSON.stringify(orders), SOAK_LEDGER: ledger };
  const root = spawn(process.execPath, [MEMBER], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  root.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const [code, signal] = (await once(root, 'close')) as [number | null, string | null];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const mayDrop = orders.trace?.options.overflow === 'drop';
  const torn = orders.fate === 'SIGKILL' || orders.children > 0;
  const result = await audit(
    files.map((name) => join(folder, name)),
    ledger,
    { torn, mayDrop },
  );
  const problems = [...result.problems];
  if (!endedAsTold(orders.fate, code, signal)) problems.push(`ended with ${code ?? signal}`);
  if (orders.fate === 'stop') {
    const stats = JSON.parse(output) as TraceStats;
    if (stats.lost > 0) problems.push(`${stats.lost} events lost`);
    if (!mayDrop && stats.dropped > 0) problems.push(`${stats.dropped} events dropped`);
  }
  if (problems.length === 0) rmSync(folder, { recursive: true });
  else problems.push(`the files are in ${folder}`);
  return { events: result.events, problems, orders };
}

function endedAsTold(fate: Fate, code: number | null, signal: string | null): boolean {
  if (fate === 'SIGTERM' || fate === 'SIGKILL') return signal === fate;
  return code === (fate === 'throw' ? 1 : 0);
}

const end = Date.now() + minutes * 60_000;
let rounds = 0;
let events = 0;
let failed = 0;
while (Date.now() < end) {
  const result = await round();
  rounds++;
  events += result.events;
  if (result.problems.length === 0) continue;
  failed++;
  console.error(`Round ${rounds}, ${JSON.stringify(result.orders)}:`);
  for (const problem of result.problems) console.error(`  ${problem}`);
}
console.log(
  `${rounds} rounds, ${events.toLocaleString('en')} events accounted for, ${failed} rounds with problems`,
);
process.exitCode = failed === 0 ? 0 : 1;
