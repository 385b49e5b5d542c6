import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { slice, temporaryFolder } from '../cli/run-cli.js';
import { launch, withoutBrowser } from './browser.js';
import { inViewer } from './viewer-page.js';

const file = temporaryFolder();
const TRACE = fileURLToPath(new URL('../../../test/corpus/real/tracelane.json', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('the viewer for everyone', { skip: withoutBrowser }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  test('the table of what is on the screen is there, too, where the trace is one moment long', () =>
    inViewer(browser, file('moment.json', [slice('at once', 5, 0)]), async ({ page, problems }) => {
      await page.keyboard.press('l');
      await page.getByText('1 slice on the screen.').waitFor();
      assert.deepEqual(problems, []);
    }));

  // The checker is a script of the test's, which the page's own rules would not let run.
  const context = { bypassCSP: true };

  test('axe finds nothing wrong with any state of it', () =>
    inViewer(browser, TRACE, ({ page }) => look(page, {}), context));

  test('nor with its colours in the dark', () =>
    inViewer(browser, TRACE, ({ page }) => look(page, { runOnly: ['color-contrast'] }), {
      ...context,
      colorScheme: 'dark',
    }));
});

async function look(page: Page, options: object): Promise<void> {
  const check = (state: string) => checkState(page, state, options);
  await page.evaluate(AXE);
  await page.getByRole('treeitem').first().waitFor();
  await check('at first');
  await page.keyboard.press('l');
  await page.getByRole('table', { name: 'Slices' }).getByRole('button').nth(5).click();
  await page.locator('.slice h2').waitFor();
  await check('a slice and the table');
  await page.keyboard.press('b');
  await page.keyboard.press('Control+a');
  await page.getByRole('table', { name: 'Names' }).waitFor();
  await page.getByRole('button', { name: 'Compare …' }).click();
  await check('a range');
  for (const tab of ['Flame graph', 'Bottom-up', 'Threads', 'Counters']) {
    await page.getByRole('tab', { name: tab }).click();
    await page.locator('.tab > *').first().waitFor();
    await check(tab);
  }
  await page.keyboard.press('/');
  await page.keyboard.type('dur>oops');
  await page.locator('.hits').waitFor();
  await check('a text that cannot be understood');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await check('help');
}

async function checkState(page: Page, state: string, options: object): Promise<void> {
  const asked = JSON.stringify({ resultTypes: ['violations'], ...options });
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    `axe.run(document, ${asked}).then(({ violations }) => violations)`,
  );
  const said = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
  assert.deepEqual(said, [], state);
}
