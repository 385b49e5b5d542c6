import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { LiveTrace } from '#src/view/load/live-trace.js';
import { serveViewer } from '#src/view/server/viewer.js';

/** Where the build has put the page. */
export const PAGE = new URL('../../../dist/page/', import.meta.url);

/** The viewer with a trace in it, and what it has done that it should not. */
export interface Viewer {
  readonly page: Page;
  readonly address: string;
  /** Requests to anyone but the server, and errors of scripts. */
  readonly problems: string[];
}

/** Serves a file to the viewer, as `tracelane view` does, and ends that afterwards. */
export async function serving(
  file: string,
  use: (address: string) => Promise<void>,
): Promise<void> {
  const trace = new LiveTrace();
  await trace.load(file);
  const server = await serveViewer({ name: basename(file), answering: trace, page: PAGE });
  try {
    await use(server.address);
  } finally {
    await server.close();
    trace.close();
  }
}

/** Opens a file in the viewer, and closes it afterwards. */
export function inViewer(
  browser: Browser,
  file: string,
  use: (viewer: Viewer) => Promise<void>,
  options: BrowserContextOptions & { hash?: string } = {},
): Promise<void> {
  const { hash = '', ...context } = options;
  return serving(file, async (address) => {
    const page = await browser.newPage({
      ...{ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', colorScheme: 'light' },
      ...context,
    });
    const problems = problemsOf(page, [address]);
    try {
      await page.goto(address + hash);
      await page.locator('.picture').waitFor();
      await use({ page, address, problems });
    } finally {
      await page.close();
    }
  });
}

/** What a page does that no trace may make it do. */
export function problemsOf(page: Page, addresses: readonly string[]): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!addresses.some((own) => request.url().startsWith(own)))
      problems.push(`a request of ${request.url()}`);
  });
  return problems;
}

/** Asks again and again until it is so, or ten seconds have gone. */
export async function until<Value>(
  what: string,
  look: () => Promise<Value | undefined | false>,
): Promise<Value> {
  const end = performance.now() + 10_000;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`it did not happen: ${what}`);
    await setTimeout(30);
  }
}
