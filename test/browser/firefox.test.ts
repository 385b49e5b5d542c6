import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { temporaryFolder, tracelane } from '../cli/run-cli.js';
import { screenshot } from './browser.js';
import { findBrowser, pathOf } from './find-browser.js';
import { assertThree, lanesOf, THREE } from './picture-pixels.js';
import { serving } from './viewer-page.js';

/**
 * Playwright drives a Firefox of its own only: puppeteer speaks with the system's, by WebDriver BiDi.
 */
const FIREFOX = findBrowser('Firefox', ['firefox-esr', 'firefox']);
const file = temporaryFolder();
const TRACE = fileURLToPath(new URL('../../../test/corpus/real/tracelane.json', import.meta.url));

describe('in Firefox', { skip: FIREFOX.without }, () => {
  let browser: Browser;

  before(async () => {
    browser = await puppeteer.launch({ browser: 'firefox', executablePath: pathOf(FIREFOX) });
  });
  after(() => browser?.close());

  /** Opens a page, and says what it did that it should not: errors, and requests beyond its own. */
  async function open(address: string, own: readonly string[]): Promise<[Page, string[]]> {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!own.some((start) => request.url().startsWith(start)))
        problems.push(`a request of ${request.url()}`);
    });
    await page.goto(address);
    await page.waitForSelector('[role=treeitem]');
    return [page, problems];
  }

  /** The text of the first element, once it is there. */
  async function textOf(page: Page, selector: string): Promise<string | null> {
    const found = await page.waitForSelector(selector);
    return found === null ? null : found.evaluate((element) => element.textContent);
  }

  test('the viewer draws slices at their pixels, finds one, and has the numbers of a range', () =>
    serving(file('three.json', THREE), async (address) => {
      const [page, problems] = await open(address, [address, 'data:']);
      assertThree(await lanesOf(page, [0, 1, 2]));
      await page.keyboard.press('/');
      await page.keyboard.type('inmost');
      await page.keyboard.press('Enter');
      assert.equal(await textOf(page, '.slice h2'), 'inmost');
      await page.keyboard.press('Escape');
      await page.keyboard.down('Control');
      await page.keyboard.press('a');
      await page.keyboard.up('Control');
      const names = await textOf(page, 'aria/[role="table"][name="Names"]');
      for (const { name } of THREE) assert.match(names ?? '', new RegExp(name));
      await page.screenshot(screenshot('firefox-view'));
      assert.deepEqual(problems, []);
      await page.close();
    }));

  test('a report opens from the disk, answers what is asked, and asks nobody', async () => {
    const path = file('report.html');
    const { code, stderr } = await tracelane(['report', TRACE, '-o', path]);
    assert.equal(code, 0, stderr);
    const address = pathToFileURL(path).href;
    const [page, problems] = await open(address, [address, 'blob:', 'data:']);
    await page.keyboard.press('/');
    await page.keyboard.type('operation');
    await page.keyboard.press('Enter');
    assert.equal(await textOf(page, '.slice h2'), 'operation');
    await page.screenshot(screenshot('firefox-report'));
    assert.deepEqual(problems, []);
    await page.close();
  });
});
