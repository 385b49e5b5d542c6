import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A browser as the system has it: nothing is downloaded. */
export interface Found {
  readonly path: string | undefined;
  /**
   * Why tests in it are left out, if they are. In CI they fail instead, unless it says that it has none.
   */
  readonly without: string | false;
}

/**
 * A variable like CHROMIUM says where it is, or `none`. Where that is not set, it is searched by its names.
 */
export function findBrowser(browser: string, names: readonly string[]): Found {
  const variable = browser.toUpperCase();
  const given = process.env[variable];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const there = folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  const path = given === 'none' ? undefined : (given ?? there);
  const isLeftOut = path === undefined && (given === 'none' || process.env['CI'] === undefined);
  const without =
    isLeftOut && `no ${browser}: install it, or set ${variable} to its path (see CONTRIBUTING.md)`;
  if (without !== false) console.log(`# Tests in a browser are SKIPPED: ${without}`);
  return { path, without };
}

export function pathOf(browser: Found): string {
  if (browser.path === undefined)
    throw new Error('There is no such browser, and this is CI, where it must be.');
  return browser.path;
}
