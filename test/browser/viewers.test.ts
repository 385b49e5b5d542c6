import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type HandOverOptions, handOver, type TraceServer } from '#src/view/server/hand-over.js';
import { launch, recordShop, screenshot, withoutBrowser } from './browser.js';

const SPEEDSCOPE = new URL('../../../dist/speedscope/', import.meta.url);
const DEVTOOLS = 'devtools://devtools/bundled/devtools_app.html?panel=timeline';
const VIEW = { width: 1400, height: 900 };
const UI = 'https://ui.perfetto.dev';

describe('in Chromium', { skip: withoutBrowser }, () => {
  let browser: Browser;
  let trace: Awaited<ReturnType<typeof recordShop>>;

  before(async () => {
    browser = await launch();
    trace = await recordShop();
  });
  after(async () => {
    await browser?.close();
    trace?.remove();
  });

  async function withServer(
    options: Partial<HandOverOptions>,
    use: (server: TraceServer) => Promise<void>,
  ): Promise<void> {
    const server = await handOver({
      file: trace.path,
      viewer: 'speedscope',
      speedscope: SPEEDSCOPE,
      ...options,
    });
    try {
      await use(server);
    } finally {
      await server.close();
    }
  }

  test('speedscope draws the trace that tracelane view --speedscope serves, without the internet', () =>
    withServer({}, async ({ address, served }) => {
      const page = await browser.newPage({ viewport: VIEW });
      const strangers: string[] = [];
      page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith('http') && hostname !== '127.0.0.1') strangers.push(request.url());
      });
      await page.goto(address);
      await served;
      await page.getByText('Sandwich').waitFor();
      await settled(page);
      const chart = await page.screenshot(screenshot('speedscope'));
      // The outer slice in the first row, all over; the inner one in the second, in the middle.
      const [first, second] = [153, 173];
      const middle = VIEW.width / 2;
      const [edge, outer, left, inner] = await colorsAt(page, chart, [
        [100, first],
        [middle, first],
        [100, second],
        [middle, second],
      ]);
      assert.equal(edge, outer);
      assert.equal(new Set([outer, left, inner]).size, 3, `${outer}, ${left}, ${inner}`);
      assert.equal(left, WHITE);
      await page.getByText('Sandwich').click();
      await page.getByText('count the coins').first().waitFor();
      await page.screenshot(screenshot('speedscope-sandwich'));
      const text = (await page.textContent('body')) ?? '';
      assert.match(text, /sell everything/);
      assert.deepEqual(strangers, []);
      await page.close();
    }));

  test('the Performance panel of DevTools shows the tracks and the slices on them', async () => {
    const page = await browser.newPage({ viewport: VIEW });
    await page.goto(DEVTOOLS);
    await page.locator('input[type=file]').first().setInputFiles(trace.path);
    const chart = page.getByRole('tree', { name: 'Flame chart' });
    await chart.waitFor();
    // It opens with the trace, and covers it.
    const help = page.getByRole('dialog').getByRole('button', { name: 'Close' });
    await help.click({ timeout: 5000 }).catch(() => {});
    await settled(page);
    // The chart is a canvas, and says to screen readers what is selected on it.
    await chart.focus();
    await press(page, 'ArrowDown', /^shop \(\d+\) selected$/);
    await page.keyboard.press('ArrowRight');
    await press(page, 'ArrowDown', /^till \(\d+\) selected$/);
    await page.getByRole('tab', { name: 'Call tree' }).click();
    const outer = page.getByRole('row', { name: 'sell everything' });
    await outer.waitFor();
    await outer.click();
    await page.keyboard.press('ArrowRight');
    const inner = page.getByRole('row', { name: 'count the coins' });
    await inner.waitFor();
    await page.screenshot(screenshot('devtools'));
    // Of the inner one: the panel opens with the edges of a trace out of sight, and counts so.
    const [, total] = await inner.getByRole('cell').allTextContents();
    const { ms } = /^(?<ms>[\d.]+)\s*ms/.exec(total ?? '')?.groups ?? {};
    assert.equal(Number(ms), Math.round(durationOf('count the coins') / 100) / 10);
    await page.close();
  });

  /** Microseconds of a slice in the file. */
  function durationOf(name: string): number {
    const events: { name: string; dur: number }[] = JSON.parse(trace.content.toString());
    return events.find((event) => event.name === name)?.dur ?? Number.NaN;
  }

  test('a page hands the trace over to the Perfetto UI, byte for byte', () =>
    // Any port but the one from which the UI fetches by itself.
    withServer({ viewer: 'perfetto', port: 0 }, async ({ address, served }) => {
      const context = await browser.newContext();
      await context.route(`${UI}/**`, (route) =>
        route.fulfill({ contentType: 'text/html', body: PERFETTO_STAND_IN }),
      );
      const page = await context.newPage();
      const refused: string[] = [];
      page.on('pageerror', (error) => refused.push(error.message));
      await page.goto(address);
      const opened = context.waitForEvent('page');
      await page.getByRole('button', { name: 'Open in the Perfetto UI' }).click();
      const ui = await opened;
      await ui.waitForFunction('globalThis.received !== undefined');
      await served;
      const { title, bytes } = await ui.evaluate<{ title: string; bytes: number[] }>(
        '({ title: received.title, bytes: Array.from(new Uint8Array(received.buffer)) })',
      );
      assert.equal(title, 'shop.json');
      assert.deepEqual(Buffer.from(bytes), trace.content);
      await page.getByText('Done.').waitFor();
      assert.deepEqual(refused, []);
      await context.close();
    }));
});
/** What the Perfetto UI does with messages of other pages. */
const PERFETTO_STAND_IN = `<!doctype html><script>
addEventListener('message', ({ data, source, origin }) => {
  if (data === 'PING') source.postMessage('PONG', origin);
  else if (data.perfetto) globalThis.received = data.perfetto;
});
</script>`;

const WHITE = '255,255,255';

/** The colours of a picture at some points. */
function colorsAt(page: Page, png: Buffer, points: readonly (readonly [number, number])[]) {
  return page.evaluate(
    async ({ base64, at }) => {
      const picture = new Image();
      picture.src = `data:image/png;base64,${base64}`;
      await picture.decode();
      const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
      canvas?.drawImage(picture, 0, 0);
      return at.map(([x, y]) => canvas?.getImageData(x, y, 1, 1).data.slice(0, 3).join(','));
    },
    { base64: png.toString('base64'), at: points },
  );
}

/** Two frames and a moment later: what was to be drawn is drawn. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 500)))');
}

/** Presses a key until the page says something to screen readers. */
async function press(page: Page, key: string, expected: RegExp): Promise<void> {
  const alert = page.getByRole('alert').filter({ hasText: expected });
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press(key);
    await page.waitForTimeout(200);
    if ((await alert.count()) > 0) return;
  }
  const said = await page.getByRole('alert').allTextContents();
  assert.fail(`${key} leads to ${JSON.stringify(said)}`);
}
