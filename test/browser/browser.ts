import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { Tracer } from 'tracelane';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Where Chromium is, or `none`. Not set: where the system has it. */
const GIVEN = process.env['CHROMIUM'];
const SCREENSHOTS = fileURLToPath(new URL('../../screenshots/', import.meta.url));

/** Chromium as the system has it: nothing is downloaded. */
function findChromium(): string | undefined {
  if (GIVEN !== undefined) return GIVEN === 'none' ? undefined : GIVEN;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

const executablePath = findChromium();

/**
 * Why tests in a browser are left out, if they are. In CI they fail instead, unless it says that it
 * has none.
 */
export const withoutBrowser: string | false =
  executablePath === undefined && (GIVEN === 'none' || process.env['CI'] === undefined)
    ? 'no Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM to its path'
    : false;
if (withoutBrowser !== false) console.log(`# Tests in a browser are SKIPPED: ${withoutBrowser}`);

export function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('There is no Chromium, and this is CI.');
  // Its sandbox does not work for root, as which CI runs; the pages here are all known.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Where a screenshot goes: they are kept, to look at what a test saw. */
export function screenshot(name: string): { path: string } {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return { path: join(SCREENSHOTS, `${name}.png`) };
}

/** A trace of a process and a thread with names, in which nothing is too short to be seen. */
export async function recordTrace(): Promise<{ path: string; content: Buffer; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'browser-'));
  const path = join(folder, 'shop.json');
  const tracer = new Tracer(path, { processName: 'shop' }).start();
  tracer.setThreadName('till');
  // Reported after the fact: the picture must not depend on how busy the machine is.
  const start = performance.now();
  await setTimeout(40);
  tracer.complete('count the coins', start + 10, 20);
  tracer.complete('sell everything', start, 35);
  await tracer.stop();
  return { path, content: readFileSync(path), remove: () => rmSync(folder, { recursive: true }) };
}
