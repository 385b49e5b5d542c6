import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { Tracer } from 'tracelane';
import { findBrowser, pathOf } from './find-browser.js';

const SCREENSHOTS = fileURLToPath(new URL('../../screenshots/', import.meta.url));

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const CHROMIUM = findBrowser('Chromium', NAMES);
export const withoutBrowser = CHROMIUM.without;

export function launch(): Promise<Browser> {
  // Its sandbox does not work for root, as which CI runs; the pages here are all known.
  return chromium.launch({ executablePath: pathOf(CHROMIUM), args: ['--no-sandbox'] });
}

/** Where a screenshot goes: they are kept, to look at what a test saw. */
export function screenshot(name: string): { path: string } {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return { path: join(SCREENSHOTS, `${name}.png`) };
}

/** A trace of a process and a thread with names, in which nothing is too short to be seen. */
export async function recordShop(): Promise<{ path: string; content: Buffer; remove(): void }> {
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
