import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { LiveTrace } from '#src/view/load/live-trace.js';
import { serveViewer } from '#src/view/server/viewer.js';
import { slice, temporaryFolder, tracelane } from '../cli/run-cli.js';
import { launch, screenshot, withoutBrowser } from './browser.js';
import { PAGE, problemsOf, until } from './viewer-page.js';

const file = temporaryFolder();
const TRACE = fileURLToPath(new URL('../../../test/corpus/real/tracelane.json', import.meta.url));

describe('how a trace comes to the viewer', { skip: withoutBrowser }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  test('a report opens from the disk, answers all that is asked, and asks nobody', async () => {
    const path = file('report.html');
    const { code, stderr } = await tracelane(['report', TRACE, '-o', path]);
    assert.equal(code, 0, stderr);
    const address = pathToFileURL(path).href;
    const page = await browser.newPage({ reducedMotion: 'reduce' });
    const problems = problemsOf(page, [address, 'blob:null/']);
    await page.goto(address);
    await page.getByRole('treeitem').first().waitFor();
    await page.keyboard.press('l');
    await page.getByRole('table', { name: 'Slices' }).getByRole('button').nth(5).click();
    await page.locator('.slice h2').waitFor();
    await page.keyboard.press('Control+a');
    await page.getByRole('table', { name: 'Names' }).waitFor();
    await page.getByRole('tab', { name: 'Bottom-up' }).click();
    await page.getByRole('table', { name: 'Bottom-up' }).waitFor();
    await page.screenshot(screenshot('viewer-report'));
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('a trace that grows is followed, at its end, and keeps what is selected', async () => {
    const events = [slice('start', 0, 10, { tid: 2 }), slice('first', 500, 1000, { tid: 2 })];
    const path = file('growing.json', events);
    await following(browser, path, async (page) => {
      const number = () => page.evaluate('/slice=(\\d+)/.exec(location.hash)?.[1]');
      const before = await until('the link has its number', number);
      // Before it in the list of tracks, and in time: its number is another one then.
      writeFileSync(path, JSON.stringify([slice('second', 100, 100), ...events]));
      await page.getByRole('button', { name: 'second' }).waitFor();
      await until('it has another number', async () => (await number()) !== before);
      assert.equal(await page.locator('.slice h2').textContent(), 'first');
    });
  });

  test('what is before all that a growing trace had moves nothing that is looked at', async () => {
    // As clocks count that began in 1970: in nanoseconds, no number holds them.
    const day = 1.7e15;
    const events = [slice('start', day + 100, 10), slice('first', day + 600, 1000)];
    const path = file('earlier.json', events);
    await following(browser, path, async (page) => {
      const hash = (part: string) =>
        page.evaluate(`new URLSearchParams(location.hash.slice(1)).get('${part}') ?? undefined`);
      await page.keyboard.press('f');
      await page.keyboard.press('/');
      await page.keyboard.type('first');
      await page.getByText('First', { exact: false }).first().waitFor();
      await page.keyboard.press('Enter');
      await page.getByText('1 of 1').waitFor();
      await page.keyboard.press('Escape');
      const [from = 0, to = 0] = String(await until('it has a view', () => hash('view')))
        .split('_')
        .map(Number);
      writeFileSync(path, JSON.stringify([slice('first', day, 50), ...events]));
      await page.getByText('2 of 2').waitFor();
      await until('the view is where it was', async () => {
        return (await hash('view')) === `${from + 100_000}_${to + 100_000}`;
      });
      assert.equal(await page.locator('.slice h2').textContent(), 'first');
      // Another program.
      writeFileSync(path, JSON.stringify([slice('other', 0, 50)]));
      await page.getByText('1 event').waitFor();
      await until('nothing is found', async () => (await page.getByText('2 of').count()) === 0);
    });
  });

  test('a program that is started anew is followed, though what was selected of it is gone', async () => {
    const path = file('anew.json', [slice('first', 0, 1000, { tid: 2 })]);
    await following(browser, path, async (page) => {
      const begin = async (...events: object[]) => {
        writeFileSync(path, JSON.stringify(events));
        const { length } = events;
        await page.getByText(`${length} event${length === 1 ? '' : 's'}`).waitFor();
      };
      await begin(slice('second', 0, 10, { tid: 7 }), slice('third', 20, 10, { tid: 7 }));
      await page.locator('.slice h2').waitFor({ state: 'detached' });
      const { x, y, width } = (await page.locator('.picture').boundingBox()) as DOMRect;
      await page.mouse.move(x + width * 0.1, y + 30);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.9, y + 36, { steps: 3 });
      await page.mouse.up();
      await page.getByRole('table', { name: 'Names' }).waitFor();
      await begin(...[4, 5, 6].map((tid) => slice('fourth', 0, 10, { tid })));
      await page.locator('.range').waitFor({ state: 'detached' });
      await begin(slice('last', 0, 1000, { tid: 1 }));
      assert.equal(await page.getByRole('alert').count(), 0);
    });
  });

  test('a trace that cannot be read says why', async () => {
    const trace = new LiveTrace();
    await assert.rejects(trace.load(file('no-trace.json', 'hello')));
    const server = await serveViewer({ name: 'no-trace.json', answering: trace, page: PAGE });
    const page = await browser.newPage();
    await page.goto(server.address);
    await page.getByRole('heading', { name: 'This trace cannot be shown' }).waitFor();
    assert.match((await page.getByRole('alert').textContent()) ?? '', /trace/);
    await page.close();
    await server.close();
    trace.close();
  });
});

/** Follows a file in a page, in which its slice called `first` is selected. */
async function following(
  browser: Browser,
  path: string,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const trace = new LiveTrace();
  const reading = trace.follow(path);
  const server = await serveViewer({ name: basename(path), answering: trace, page: PAGE });
  const page = await browser.newPage({ reducedMotion: 'reduce' });
  try {
    await page.goto(server.address);
    await page.getByText('live').waitFor();
    await page.keyboard.press('l');
    await page.getByRole('button', { name: 'first' }).click();
    await page.locator('.slice h2').waitFor();
    await use(page);
  } finally {
    await page.close();
    await server.close();
    trace.close();
    await reading;
  }
}
