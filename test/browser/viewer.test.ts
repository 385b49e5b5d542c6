import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { slice, temporaryFolder, tracelane } from '../cli/run-cli.js';
import { launch, screenshot, withoutBrowser } from './browser.js';
import { inViewer, until } from './viewer-page.js';

const file = temporaryFolder();

describe('the viewer, as a person uses it', { skip: withoutBrowser }, () => {
  let browser: Browser;
  let trace: string;

  before(async () => {
    browser = await launch();
    trace = file('shop.json', shop());
  });
  after(() => browser?.close());

  test('find goes to a slice, whose numbers are those of the file', () =>
    inViewer(browser, trace, async ({ page, problems }) => {
      await page.keyboard.press('/');
      await page.keyboard.type('refund arg:order-7');
      await page.getByRole('table', { name: 'Slices' }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'refund' }).waitFor();
      assert.equal(await factOf(page, 'Duration'), '1.250 000 ms');
      assert.equal(await factOf(page, 'Self time'), '1.250 000 ms (100.0 %)');
      assert.equal(await factOf(page, 'Category'), 'money');
      assert.match(await factOf(page, 'Track'), /shop.*till/);
      await page.getByText('order-7').waitFor();
      await page.screenshot(screenshot('viewer-find'));
      assert.deepEqual(problems, []);
    }));

  test('Escape leaves the box of find, and gives the keys back to the picture', () =>
    inViewer(browser, trace, async ({ page }) => {
      await page.keyboard.press('/');
      await page.keyboard.type('wd');
      assert.equal(await page.getByRole('searchbox', { name: 'Find' }).inputValue(), 'wd');
      assert.doesNotMatch(await page.evaluate('location.hash'), /view=/);
      await page.keyboard.press('Escape');
      await page.keyboard.press('w');
      await until('w zooms', () => page.evaluate('location.hash.includes("view=")'));
    }));

  test('the table of a range is that of summary --json', () =>
    inViewer(browser, trace, async ({ page }) => {
      await page.keyboard.press('Control+a');
      const table = page.getByRole('table', { name: 'Names' });
      await table.waitFor();
      const rows = await cellsOf(page, 'Names');
      const { stdout } = await tracelane(['summary', trace, '--json']);
      const { groups } = JSON.parse(stdout) as { groups: Group[] };
      assert.ok(groups.length >= 4, stdout);
      assert.deepEqual(
        rows.map(([name, count, total, self, , p50, p95, , max]) => [
          ...[name, Number(count), total, self, p50, p95, max],
        ]),
        groups.map((group) => [
          ...[group.key, group.count, said(group.total), said(group.self)],
          ...[said(group.p50), said(group.p95), said(group.max)],
        ]),
      );
      await page.getByRole('tab', { name: 'Call tree' }).click();
      await page.getByRole('table', { name: 'Call tree' }).waitFor();
      await page.getByRole('tab', { name: 'Threads' }).click();
      await page.getByRole('cell', { name: '%' }).first().waitFor();
      await page.screenshot(screenshot('viewer-range'));
    }));

  test('a drag selects a range of the tracks it goes over, and two ranges are compared', () =>
    inViewer(browser, trace, async ({ page }) => {
      await drag(page, '.picture', [0.2, 0.1], [0.5, 0.9]);
      await page.getByRole('table', { name: 'Names' }).waitFor();
      await page.getByRole('button', { name: 'Compare …' }).click();
      await drag(page, '.picture', [0.55, 0.1], [0.9, 0.9]);
      await page.getByRole('button', { name: 'Other total' }).waitFor();
      assert.match(await page.evaluate('location.hash'), /range=\d+_\d+/);
    }));

  test('ranges are compared by name, whatever categories it has there, and what is gone is told', () => {
    const slices = [
      slice('same', 0, 100),
      { ...slice('same', 1000, 150), cat: 'another' },
      slice('gone', 200, 20),
      slice('new', 1200, 30),
    ];
    const link = '#range=1000000_1300000&compared=0_300000';
    return inViewer(
      browser,
      file('two.json', slices),
      async ({ page }) => {
        await page.getByRole('button', { name: 'Other total' }).waitFor();
        const rows = await cellsOf(page, 'Names');
        assert.deepEqual(
          rows.map((row) => row.slice(0, 8)),
          [
            ['same', '1', '150.0 µs', '100.0 µs', '+50.00 µs', '1', '150.0 µs', '100.0 µs'],
            ['new', '1', '30.00 µs', '–', '+30.00 µs', '0', '30.00 µs', '–'],
            ['gone', '0', '0 ns', '20.00 µs', '-20.00 µs', '1', '–', '20.00 µs'],
          ],
        );
      },
      { hash: link },
    );
  });

  test('a request is followed from its route to its picture, and what is not its own turns grey', () =>
    inViewer(browser, trace, async ({ page }) => {
      await page.keyboard.press('r');
      await page.getByRole('button', { name: 'GET /orders' }).click();
      const slowest = page.locator('.slowest').getByRole('button').first();
      assert.equal(await slowest.textContent(), '9.000 ms');
      await slowest.click();
      await page.getByRole('button', { name: 'Show all again' }).waitFor();
      await page.getByRole('button', { name: 'Only its tracks' }).click();
      await until('tracks without anything of it have gone', async () => {
        const names = await page.getByRole('treeitem').allTextContents();
        return names.length > 0 && !names.some((name) => name.includes('idle'));
      });
      await page.screenshot(screenshot('viewer-request'));
    }));

  test('what a link says is on the screen when it is opened again', () =>
    inViewer(browser, trace, async ({ page, address }) => {
      await page.keyboard.press('/');
      await page.keyboard.type('refund');
      await page.getByRole('table', { name: 'Slices' }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await page.keyboard.press('f');
      await page.keyboard.press('m');
      const row = page.getByRole('treeitem', { name: 'idle' });
      await row.focus();
      await row.press('i');
      const till = page.getByRole('treeitem', { name: 'till' });
      await till.focus();
      await till.press('Alt+ArrowDown');
      let hash = '';
      for (const part of ['view', 'slice', 'find', 'pinned', 'moved', 'marks']) {
        await until(`the link has ${part}`, async () => {
          hash = await page.evaluate('location.hash');
          return hash.includes(`${part}=`);
        });
      }
      await page.goto('about:blank');
      await page.goto(address + hash);
      await page.getByRole('heading', { name: 'refund' }).waitFor();
      await page.getByRole('treeitem', { name: 'idle , pinned' }).waitFor();
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 400))');
      assert.equal(await page.evaluate('location.hash'), hash);
    }));

  test('a link says what is compared, what belongs together, filters and the clock, too', () =>
    inViewer(browser, trace, async ({ page, address, problems }) => {
      await page.keyboard.press('v');
      await page.getByRole('button', { name: 'Compare …' }).click();
      await page.keyboard.press('Escape');
      await page.keyboard.press('r');
      await page.getByRole('button', { name: 'GET /orders' }).click();
      await page.locator('.slowest').getByRole('button').first().click();
      await page.getByRole('button', { name: 'Only its tracks' }).click();
      await page.getByRole('searchbox', { name: 'Filter' }).fill('till');
      await page.getByRole('searchbox', { name: 'Filter' }).press('Escape');
      // Another one than the request itself.
      await page.keyboard.press('/');
      await page.keyboard.type('order');
      await page.getByRole('table', { name: 'Slices' }).waitFor();
      await page.getByRole('region', { name: 'Details' }).getByLabel('Close').first().click();
      let hash = '';
      const parts = ['compared', 'belonging', 'only', 'filter', 'find'];
      await until('the link has all of it, and no list that is open', async () => {
        hash = await page.evaluate('location.hash');
        return parts.every((part) => hash.includes(`${part}=`)) && !hash.includes('panel=');
      });
      await page.goto('about:blank');
      await page.goto(address + hash);
      await page.getByRole('button', { name: 'Show all again' }).waitFor();
      await page.getByRole('button', { name: 'All tracks' }).waitFor();
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 800))');
      assert.equal(await page.evaluate('location.hash'), hash);
      assert.equal(await page.getByRole('table', { name: 'Slices' }).count(), 0);
      assert.deepEqual(problems, []);
    }));

  test('a link to a slice that is not there says so, and all else is drawn', () =>
    inViewer(
      browser,
      trace,
      async ({ page }) => {
        await page.getByRole('alert').getByText('There is no slice 99999').waitFor();
        await page.keyboard.press('l');
        await page.getByRole('table', { name: 'Slices' }).waitFor();
        assert.equal(await page.getByRole('button', { name: 'Show all again' }).count(), 0);
      },
      { hash: '#belonging=99999&only=1' },
    ));

  test('keys are those that are printed where a keyboard has others in their places', () =>
    inViewer(browser, trace, async ({ page }) => {
      const press = (init: object) =>
        page.evaluate((how) => {
          const event = new KeyboardEvent('keydown', { ...how, bubbles: true, cancelable: true });
          return document.body.dispatchEvent(event);
        }, init);
      // French: A is in the place of Q, which ends the browser.
      assert.equal(await press({ key: 'q', code: 'KeyA', ctrlKey: true }), true);
      assert.equal(await page.locator('.range').count(), 0);
      assert.equal(await press({ key: 'a', code: 'KeyQ', ctrlKey: true }), false);
      await page.locator('.range').waitFor();
      await page.keyboard.press('Escape');
      // Russian has no A.
      assert.equal(await press({ key: 'ф', code: 'KeyA', ctrlKey: true }), false);
      await page.locator('.range').waitFor();
      // German: + is in the place of ], which is AltGr and 9.
      const said = page.getByRole('status').getByText('No arrow leads away');
      const bracket = { key: ']', code: 'Digit9', ctrlKey: true, altKey: true };
      assert.equal(await press({ ...bracket, modifierAltGraph: true }), false);
      await said.waitFor({ state: 'attached' });
    }));

  test('a track that is hidden leaves the focus to the one above it', () =>
    inViewer(browser, trace, async ({ page }) => {
      const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")');
      const till = page.getByRole('treeitem', { name: 'till' });
      await till.focus();
      await till.press('i');
      await page.getByRole('treeitem', { name: 'till , pinned' }).waitFor();
      const idle = page.getByRole('treeitem', { name: 'idle' });
      const above = await page.evaluate(() => {
        const items = [...document.querySelectorAll('.moving [role=treeitem]')];
        const at = items.findIndex((item) => item.textContent?.includes('idle'));
        return items[at - 1]?.getAttribute('aria-label');
      });
      await idle.focus();
      await idle.press('Delete');
      await until('it has the focus', async () => (await focused()) === above);
    }));

  test('a range of more tracks than fit on many screens has its numbers, and so has one below them', () => {
    const many = Array.from({ length: 21_000 }, (_, tid) =>
      slice('work', tid, 10, { tid: 10 + tid }),
    );
    return inViewer(browser, file('many.json', many), async ({ page, problems }) => {
      await page.keyboard.press('Control+a');
      await page.getByRole('table', { name: 'Names' }).getByText('21,000').waitFor();
      await page.getByRole('tab', { name: 'Call tree' }).click();
      await page.getByRole('table', { name: 'Call tree' }).getByText('21,000').waitFor();
      // A closed process stands for all that is in it.
      await page.getByRole('treeitem', { name: 'process' }).press('ArrowLeft');
      await until('it is closed', async () => (await page.getByRole('treeitem').count()) === 1);
      const { x, y, width, height } = (await page.locator('.picture').boundingBox()) as DOMRect;
      const drag = async (from: number, to: number) => {
        await page.mouse.move(x + width * 0.1, y + from);
        await page.mouse.down();
        await page.mouse.move(x + width * 0.9, y + to, { steps: 3 });
        await page.mouse.up();
      };
      await drag(8, 14);
      await page.locator('.range').getByText('21,001 tracks', { exact: false }).waitFor();
      await page.getByRole('table', { name: 'Call tree' }).getByText('work').waitFor();
      // The link names the process only.
      const hash = await until('the link has it', async () => {
        const now = await page.evaluate<string>('location.hash');
        return now.includes('of=') && now;
      });
      assert.ok(hash.length < 200, `${hash.length}`);
      await page.reload();
      await page.locator('.range').getByText('21,001 tracks').waitFor();
      await drag(height - 20, height - 10);
      await page.locator('.range').getByText('all tracks', { exact: false }).waitFor();
      assert.deepEqual(problems, []);
    });
  });

  test('a trace that has two clocks in it, and is fifty years long, can be looked at', () =>
    inViewer(
      browser,
      file('clocks.json', [slice('early', 0, 10), slice('late', 1764450000000000, 1000)]),
      async ({ page, address, problems }) => {
        await page.keyboard.press('Control+a');
        await page.getByRole('table', { name: 'Names' }).getByText('late').waitFor();
        await page.keyboard.press('/');
        await page.keyboard.type('late');
        await page.getByRole('table', { name: 'Slices' }).waitFor();
        for (const key of ['Enter', 'Escape', 'f', 'm']) await page.keyboard.press(key);
        let hash = '';
        await until('the link says where that is', async () => {
          hash = await page.evaluate('location.hash');
          return hash.includes('view=') && hash.includes('marks=');
        });
        await page.goto('about:blank');
        await page.goto(address + hash);
        await page.locator('.slice h2').waitFor();
        await page.evaluate('new Promise((resolve) => setTimeout(resolve, 600))');
        assert.equal(await page.evaluate('location.hash'), hash);
        assert.deepEqual(problems, []);
      },
    ));

  test('what is on the screen is selected without the empty space beside the trace', () =>
    inViewer(browser, file('busy.json', [slice('all', 0, 1000)]), async ({ page }) => {
      await page.keyboard.press('v');
      await page.getByRole('tab', { name: 'Threads' }).click();
      await page.getByRole('table', { name: 'Threads' }).getByText('100.0 %').waitFor();
      assert.equal(await page.locator('.range h2').textContent(), '1.000 ms');
    }));

  test('tracks keep some room beside the details when the window becomes lower', () =>
    inViewer(browser, trace, async ({ page }) => {
      await page.setViewportSize({ width: 1280, height: 1400 });
      await page.keyboard.press('v');
      await page.locator('.panels').waitFor();
      await page.setViewportSize({ width: 1280, height: 500 });
      const heightOf = async (part: string) =>
        (await page.locator(part).boundingBox())?.height ?? 0;
      await until('they share it', async () => (await heightOf('.panels')) <= 280);
      assert.ok((await heightOf('.scroller')) > 90);
    }));

  test('all buttons of the bar are on a narrow screen, too', () =>
    inViewer(
      browser,
      trace,
      async ({ page }) => {
        const edge = await page.evaluate(() => {
          const buttons = [...document.querySelectorAll('.bar button, .bar h1')];
          return Math.max(...buttons.map((one) => one.getBoundingClientRect().right));
        });
        assert.ok(edge <= 480, `${edge}`);
      },
      { viewport: { width: 480, height: 800 } },
    ));

  test('what has no name is called so, wherever it can be chosen', () =>
    inViewer(browser, file('no-name.json', [slice('', 0, 1000)]), async ({ page }) => {
      await page.keyboard.press('l');
      await page.getByRole('table', { name: 'Slices' }).getByRole('button').last().click();
      await page.getByRole('heading', { name: '(unnamed)' }).waitFor();
      await page.keyboard.press('v');
      await page.getByRole('table', { name: 'Names' }).getByText('(unnamed)').waitFor();
      await page.getByRole('tab', { name: 'Call tree' }).click();
      await page.getByRole('table', { name: 'Call tree' }).getByText('(unnamed)').waitFor();
    }));

  test('keys that are faster than answers wait for what they are about', () =>
    inViewer(browser, trace, async ({ page }) => {
      await page.route('**/*', async (route) => {
        if (route.request().method() === 'POST') await setTimeout(300);
        await route.continue();
      });
      await page.keyboard.press('/');
      await page.keyboard.type('refund');
      await page.getByRole('table', { name: 'Slices' }).waitFor();
      for (const key of ['Enter', 'Escape', 'n', ',', 'f']) await page.keyboard.press(key);
      await page.getByRole('heading', { name: 'sell' }).waitFor();
      // The second refund has the number 7, and so does what was sold before it.
      assert.equal(await factOf(page, 'Duration'), '3.700 000 ms');
      await until('it is large', () => page.evaluate('location.hash.includes("view=")'));
    }));

  test('everything is reached by keys: tracks open, close and move; steps go from slice to slice', () =>
    inViewer(browser, trace, async ({ page }) => {
      const till = page.getByRole('treeitem', { name: 'till' });
      await till.focus();
      // The page draws what has changed a moment later.
      const isExpanded = (expected: string) =>
        until(`aria-expanded is ${expected}`, async () => {
          return (await till.getAttribute('aria-expanded')) === expected;
        });
      await till.press('ArrowLeft');
      await isExpanded('false');
      await till.press('ArrowRight');
      await isExpanded('true');
      const before = await page.getByRole('treeitem').allTextContents();
      await till.press('Alt+ArrowDown');
      await until('the track has moved', async () => {
        const now = await page.getByRole('treeitem').allTextContents();
        return now.join() !== before.join();
      });
      await page.keyboard.press('l');
      await page.getByRole('table', { name: 'Slices' }).getByRole('button').nth(6).click();
      const first = await factOf(page, 'Starts at');
      await page.keyboard.press('.');
      await until('another one is selected', async () => {
        return (await factOf(page, 'Starts at')) !== first;
      });
    }));
});

interface Group {
  readonly key: string;
  readonly count: number;
  readonly total: number;
  readonly self?: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

function said(nanoseconds: number | undefined): string {
  if (nanoseconds === undefined) return '–';
  const ms = nanoseconds / 1e6;
  if (ms < 1) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  return `${ms.toFixed(ms >= 100 ? 1 : ms >= 10 ? 2 : 3)} ms`;
}

async function factOf(page: Page, name: string): Promise<string> {
  const value = page.locator(`dt:text-is("${name}") + dd`);
  return ((await value.textContent()) ?? '').replaceAll('\u202f', ' ');
}

async function cellsOf(page: Page, table: string): Promise<string[][]> {
  const rows = await page.getByRole('table', { name: table }).locator('tbody tr').all();
  return Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
}

/** From one place to another, in parts of the width and height. */
async function drag(page: Page, selector: string, from: number[], to: number[]): Promise<void> {
  const box = await page.locator(selector).boundingBox();
  assert.ok(box);
  const place = ([x = 0, y = 0]: number[]) =>
    [box.x + x * box.width, box.y + y * Math.min(box.height, 300)] as const;
  await page.mouse.move(...place(from));
  await page.mouse.down();
  await page.mouse.move(...place(to), { steps: 4 });
  await page.mouse.up();
}

/** Two threads with slices, requests as operations, a counter, and a thread that does little. */
function shop(): object[] {
  const at = { pid: 1, cat: 'money' };
  const events: object[] = [
    { ph: 'M', name: 'process_name', pid: 1, tid: 1, args: { name: 'shop' } },
    ...['till', 'idle'].map((name, index) => ({
      ...{ ph: 'M', name: 'thread_name', pid: 1, tid: index + 1, args: { name } },
    })),
    { ...at, ph: 'X', name: 'sleep', tid: 2, ts: 100, dur: 20_000, args: {} },
  ];
  for (let i = 0; i < 10; i++) {
    const ts = 1000 + i * 10_000;
    const root = { 'op.id': `1-a.1.${i}`, 'op.root': `1-a.1.${i}` };
    const request = { ...at, cat: 'http', id: `r${i}`, tid: 1, name: 'GET /orders' };
    events.push(
      { ...request, ph: 'b', ts, args: { ...root, 'http.request.method': 'GET' } },
      { ...at, ph: 'X', name: 'sell', tid: 1, ts: ts + 100, dur: 3000 + i * 100, args: root },
      { ...at, ph: 'X', name: 'count coins', tid: 1, ts: ts + 200, dur: 500, args: {} },
      { ...request, ph: 'e', ts: ts + 4500 + i * 500, args: {} },
      {
        ph: 'C',
        name: 'coins',
        pid: 1,
        tid: 1,
        ts,
        cat: 'money',
        args: { gold: i, silver: 2 * i },
      },
    );
    if (i % 4 === 3) {
      const args = { order: `order-${i}` };
      events.push({ ...at, ph: 'X', name: 'refund', tid: 1, ts: ts + 5000, dur: 1250, args });
    }
  }
  return events;
}
