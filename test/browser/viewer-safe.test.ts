import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { temporaryFolder } from '../cli/run-cli.js';
import { repetitions } from '../effort.js';
import { launch, screenshot, withoutBrowser } from './browser.js';
import { inViewer } from './viewer-page.js';

const file = temporaryFolder();

const FOLDER = fileURLToPath(new URL('../../../test/corpus/', import.meta.url));
/** The oddest ones first; all of them where tests may take long. */
const ODD = [
  ...['real/tracelane-cut.json', 'broken/control-character.json', 'broken/event-depth.json'],
  ...['real/chromium.json', 'broken/args.json'],
];

function corpus(): string[] {
  const others = ['real', 'meaning', 'broken'].flatMap((folder) =>
    readdirSync(join(FOLDER, folder)).map((name) => `${folder}/${name}`),
  );
  const all = [...ODD, ...others.filter((name) => !ODD.includes(name))];
  // These are no traces at all, and the viewer says so.
  const traces = all.filter((name) => !/\.expected\.json$|container|\/empty\.json$/.test(name));
  return traces.slice(0, repetitions(4, { quick: 2, long: traces.length }));
}

const SCRIPT = '"><img src=x onerror="alert(1)"><script>alert(2)</script></script>';
const TURNED = '\u202egnp.exe\u202c\u0007\u0000';

describe('a hostile trace in the viewer', { skip: withoutBrowser }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  test('runs no script and makes no request, wherever its texts stand; what is hidden is shown', () =>
    inViewer(browser, file(`evil'"&.json`, evil()), async ({ page, problems }) => {
      await page.keyboard.press('l');
      await page.getByRole('table', { name: 'Slices' }).getByRole('button').nth(5).click();
      await page.locator('.slice h2').waitFor();
      const text = (await page.textContent('body')) ?? '';
      assert.ok(text.includes(SCRIPT));
      assert.ok(text.includes('[202E]gnp.exe[202C]␇␀'), text);
      assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069]/);
      assert.equal(
        await page.locator('#tracelane img, #tracelane script, #tracelane a').count(),
        0,
      );
      await page.keyboard.press('Control+a');
      await page.getByRole('table', { name: 'Names' }).waitFor();
      for (const tab of ['Flame graph', 'Call tree', 'Threads', 'Counters']) {
        await page.getByRole('tab', { name: tab }).click();
      }
      await page.getByRole('table', { name: 'Counters' }).waitFor();
      await page.locator('.picture').hover({ position: { x: 400, y: 40 } });
      await page.screenshot(screenshot('viewer-hostile'));
      assert.deepEqual(problems, []);
    }));

  test('a link that is no link of ours does no harm', () =>
    inViewer(
      browser,
      file('small.json', evil()),
      async ({ page, problems }) => {
        await page.getByRole('treeitem').first().waitFor();
        assert.deepEqual(problems, []);
      },
      { hash: `#view=9_1&range=x&panel=__proto__&marks=1e9.NaN&of=..&find=${'%22<b>'}` },
    ));

  const paths = corpus();
  test(`${paths.length} traces of the corpus open, those of other tools and those that break a rule`, async () => {
    for (const path of paths) {
      await inViewer(browser, join(FOLDER, path), async ({ page, problems }) => {
        await page.keyboard.press('Control+a');
        await page.locator('.range .tab > *').first().waitFor();
        assert.deepEqual(problems, [], path);
      });
    }
  });
});

/** Texts that would be scripts, in all places in which a trace can have one. */
function evil(): object[] {
  const args = JSON.parse(
    `{"__proto__":{"evil":1},"constructor":"x","link":"javascript:alert(3)"}`,
  ) as Record<string, unknown>;
  let deep: object = {};
  for (let i = 0; i < 60; i++) deep = { deep };
  const long = 'A'.repeat(100_000);
  const all = { ...{ [SCRIPT]: SCRIPT, [TURNED]: TURNED, deep, long, list: Array(500).fill(1) } };
  Object.defineProperty(all, '__proto__', { value: args, enumerable: true });
  const at = { pid: 1, tid: 1, cat: SCRIPT };
  return [
    { ph: 'M', name: 'process_name', pid: 1, tid: 1, args: { name: SCRIPT } },
    { ph: 'M', name: 'thread_name', pid: 1, tid: 1, args: { name: TURNED } },
    { ...at, ph: 'X', name: `${SCRIPT}${TURNED}`, ts: 0, dur: 1000, args: all },
    { ...at, ph: 'X', name: '__proto__', ts: 10, dur: 100, args: {} },
    { ...at, ph: 'X', name: long, ts: 200, dur: 100, args: {} },
    { ...at, ph: 'i', s: 't', name: TURNED, ts: 500, args: {} },
    { ...at, ph: 'b', id: SCRIPT, name: SCRIPT, ts: 0, args: {} },
    { ...at, ph: 'e', id: SCRIPT, name: SCRIPT, ts: 900, args: {} },
    { ...at, ph: 'C', name: SCRIPT, ts: 0, args: { [SCRIPT]: 1, __proto__x: 2 } },
    { ...at, ph: 'C', name: SCRIPT, ts: 500, args: { [SCRIPT]: 4, __proto__x: 3 } },
  ];
}
