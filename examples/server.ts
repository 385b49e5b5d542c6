/**
 * Runs a small shop under load, recorded by `tracelane run`:
 *
 *     npm run example -- server        # for five seconds, into trace.json
 *     npm run example -- server 20     # longer
 *
 * The shop (`shop/shop.ts`) knows nothing of tracelane. Its customers are in this process, which is not
 * recorded: what they cost is not in the trace.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCustomers } from './shop/customers.js';

const TRACELANE = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const SHOP = fileURLToPath(new URL('./shop/shop.js', import.meta.url));
const TRACE = 'trace.json';
const CUSTOMERS = 8;

const seconds = Number(process.argv[3] ?? 5);
if (!(seconds > 0)) throw new Error(`Seconds of load are a number: ${process.argv[3]} is none.`);

const shop = spawn(process.execPath, [TRACELANE, 'run', '--output', TRACE, SHOP], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const ended = exitOf(shop);
const address = await addressFrom(shop.stdout);
if (address !== undefined) {
  console.log(`The shop is open at ${address}: ${CUSTOMERS} customers for ${seconds} s.`);
  const before = process.cpuUsage();
  const answers = await runCustomers(address, CUSTOMERS, seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  for (const [request, count] of answers) console.log(`${count} × ${request}`);
  console.log(`The customers took ${((user + system) / 1e6).toFixed(1)} s of CPU, untraced.\n`);
}
// The shop closes when its input does, and tracelane says where the trace is.
shop.stdin.end();
await ended;

console.log(`\n$ npx tracelane summary ${TRACE} --requests`);
await exitOf(
  spawn(process.execPath, [TRACELANE, 'summary', TRACE, '--requests'], { stdio: 'inherit' }),
);

/** The address that the shop says it is open at. Undefined where it ends before. */
async function addressFrom(output: Readable): Promise<string | undefined> {
  for await (const line of createInterface(output)) {
    const [address] = /http:\S+/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  return undefined;
}

async function exitOf(child: ChildProcess): Promise<void> {
  const [code, signal] = await once(child, 'exit');
  if (code === 0) return;
  throw new Error(`${child.spawnargs.join(' ')} has ended with ${code ?? signal}`);
}
