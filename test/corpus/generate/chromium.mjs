// Chromium's own tracing, over the DevTools protocol: node test/corpus/generate/chromium.mjs
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const session = await browser.newBrowserCDPSession();
const page = await browser.newPage();
const includedCategories = ['blink.user_timing', 'devtools.timeline'];
await session.send('Tracing.start', {
  transferMode: 'ReturnAsStream',
  traceConfig: { includedCategories, excludedCategories: ['*'] },
});
await page.setContent('<p>hello</p>');
await page.evaluate(() => {
  performance.mark('begin');
  performance.measure('work', 'begin');
});
const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
await session.send('Tracing.end');
const { stream: handle } = await complete;
let text = '';
for (let eof = false; !eof; ) {
  const piece = await session.send('IO.read', { handle });
  text += piece.data;
  eof = piece.eof;
}
await browser.close();
const real = new URL('../real/', import.meta.url);
writeFileSync(new URL('chromium.json', real), text);
writeFileSync(new URL('chromium.json.gz', real), gzipSync(text));
