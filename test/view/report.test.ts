import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { TraceModel } from '#src/view/model/trace-model.js';
import { decodeModel, encodeModel } from '#src/view/report/model-bytes.js';
import { PackedArguments, unpack } from '#src/view/report/packed-arguments.js';
import { decodePayload } from '#src/view/report/payload.js';
import { writeReport } from '#src/view/report/write-report.js';
import type { FindAnswer, SliceDetails } from '#src/view/wire/questions.js';
import { temporaryFolder } from '../cli/run-cli.js';
import { B, event, X } from '../reader/read.js';
import { type Loaded, load } from './model/load-events.js';

const file = temporaryFolder();
const folder = file('page');
mkdirSync(folder);
const PARTS = {
  'page.css': 'body { color: red }',
  'page.js': 'thePage()',
  'take-part.js': 'defineT()',
  'open-report.js': 'openIt()',
  'report-worker.js': 'answer()',
};
for (const [name, text] of Object.entries(PARTS)) file(`page/${name}`, `${text}\n`);
const page = pathToFileURL(`${folder}/`);

const HOSTILE = '</script><script>alert(1)</script><!--\u202e\u0007"\'&';

/** A bit of everything. */
const EVENTS = [
  event('M', 'process_name', 0, { args: { name: HOSTILE } }),
  X(HOSTILE, 0, 10, { cat: HOSTILE, args: { text: HOSTILE, 'op.id': 'r' } }),
  X('inner', 2, 3, { args: { n: 42, 'op.root': 'r' } }),
  X('crossing', 5, 20),
  B('open', 8, { tid: 9 }),
  event('i', 'moment', 3, { s: 'g' }),
  event('C', 'heap', 1, { args: { used: 1.25, free: -3 } }),
  event('C', 'heap', 9, { args: { used: 2e9 } }),
  event('b', 'operation', 1, { id: 1 }),
  event('b', 'part', 2, { id: 1 }),
  event('e', 'part', 3, { id: 1 }),
  event('e', 'operation', 7_000_000_000, { id: 1 }),
  event('s', 'flow', 1, { id: 3 }),
  event('f', 'flow', 9, { id: 3, tid: 9, bp: 'e' }),
];

async function report(trace: Loaded, name: string, maxBytes = 1e6): Promise<string> {
  const output = file(name);
  const size = await writeReport(trace.trace, { output, title: HOSTILE, maxBytes, page });
  const html = readFileSync(output, 'utf8');
  assert.equal(Buffer.byteLength(html), size);
  return html;
}

/** What stands in the elements of a name. */
function elements(html: string, name: string): { attributes: string; text: string }[] {
  const pattern = new RegExp(`<${name}([^>]*)>(.*?)</${name}>`, 'gs');
  return Array.from(html.matchAll(pattern), ([, attributes = '', text = '']) => ({
    attributes,
    text,
  }));
}

describe('a report', () => {
  test('has no scripts and no styles but those whose hashes it names', async () => {
    const html = await report(await load(EVENTS), 'hashes.html');
    const policy = /http-equiv="content-security-policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    assert.match(policy, /^default-src 'none'; /);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const scripts = elements(html, 'script').filter(({ attributes }) => attributes === '');
    assert.deepEqual(
      new Set(scripts.map(({ text }) => text)),
      new Set(['thePage()', 'defineT()', 'T()', 'openIt()']),
    );
    for (const { text } of scripts) assert.ok(policy.includes(hash(text)), text);
    for (const { text } of elements(html, 'style')) assert.ok(policy.includes(hash(text)));
    assert.equal(html.match(/sha256-/g)?.length, 5);
    const withoutIcon = html.replace(/<link rel="icon" href="data:image\/svg\+xml,[^"]*">/, '');
    assert.doesNotMatch(withoutIcon, / style=| on[a-z]+=|javascript:|src=|href=/);
  });

  test('has nothing of a trace as markup', async () => {
    const html = await report(await load(EVENTS), 'hostile.html');
    assert.doesNotMatch(html, /alert\(1\)<\/script>|<!--|\u202e|[^\P{Cc}\n]/u);
    assert.match(html, /&lt;\/script&gt;&lt;script&gt;alert\(1\)/);
    for (const { attributes, text } of elements(html, 'script')) {
      if (attributes !== '') assert.match(text, /^[A-Za-z0-9+/]+=*$/);
    }
  });

  test('carries the trace, which answers as the trace itself does', async () => {
    const trace = await load(EVENTS);
    const html = await report(trace, 'whole.html');
    const data = elements(html, 'script').filter(({ attributes }) =>
      attributes.includes('"trace"'),
    );
    const bytes = Buffer.concat(data.map(({ text }) => Buffer.from(text, 'base64')));
    const { model, blocks } = decodePayload(Uint8Array.from(bytes));
    const decoded = decodeModel(await unpack(model, 'gzip'));
    const args = new PackedArguments(blocks, decoded.slices.count);
    const carried = new TraceModel(decoded, args);
    const facts = await trace.facts();
    // It is called what it is told to be: a part of a trace comes from a file of another name.
    assert.deepEqual(await carried.answer({ ask: 'trace' }), { ...facts, name: HOSTILE });
    const { start: from, end: to, tracks } = facts;
    for (const question of [
      { ask: 'draw', from, to, pixels: 100, tracks: tracks.map(({ track }) => track) },
      { ask: 'statistics', from, to },
      { ask: 'flame', from, to, direction: 'up' },
      { ask: 'requests' },
      { ask: 'find', text: 'arg:42', limit: 10 },
      { ask: 'find', text: 'arg:"</script>"', limit: 10 },
    ] as const) {
      assert.deepEqual(await carried.answer(question), await trace.model.answer(question));
    }
    for (let slice = 0; slice < decoded.slices.count; slice++) {
      const known = (await trace.model.answer({ ask: 'slice', slice })) as SliceDetails;
      const told = (await carried.answer({ ask: 'slice', slice })) as SliceDetails;
      const isEmpty = JSON.stringify(known.args) === '{}';
      assert.deepEqual(told, { ...known, args: isEmpty ? undefined : known.args, offset: -1 });
    }
    assert.equal(
      ((await carried.answer({ ask: 'find', text: 'arg:42', limit: 1 })) as FindAnswer).count,
      1,
    );
  });

  test('carries times of any size', async () => {
    const trace = await load([X('a', 0, 1), X('b', 2 ** 40, 2 ** 41), X('c', 2 ** 43, 0.001)]);
    const { data } = trace.trace;
    const { starts, ends } = decodeModel(encodeModel(data)).slices;
    assert.deepEqual([starts, ends], [data.slices.starts, data.slices.ends]);
  });

  test('leaves out arguments that are huge, and says so', async () => {
    const trace = await load([X('large', 0, 1, { args: { text: 'x'.repeat(100_000) } })]);
    const html = await report(trace, 'large.html');
    const data = elements(html, 'script').filter(({ attributes }) =>
      attributes.includes('"trace"'),
    );
    const { blocks } = decodePayload(Uint8Array.from(Buffer.from(data[0]?.text ?? '', 'base64')));
    assert.match(
      String(await new PackedArguments(blocks, 1).at(0)),
      /^\(100,011 characters, which are left out/,
    );
  });

  test('says the numbers where no script runs', async () => {
    const html = await report(await load([X('work', 0, 1500), X('work', 2000, 500)]), 'plain.html');
    const [summary] = /<div id="tracelane-summary">.*?<\/div>/s.exec(html) ?? [''];
    assert.match(summary, /2 events in 2.5 ms/);
    assert.match(
      summary,
      /<td>work<\/td><td>2<\/td><td>2<\/td><td>1<\/td><td>1.5<\/td><td>1.5<\/td>/,
    );
    assert.match(summary, /download this file/);
  });

  test('that would be too large is not written, and the message says what to do', async () => {
    const trace = await load(EVENTS);
    await assert.rejects(report(trace, 'too-large.html', 500), {
      code: 'TRACELANE_TOO_LARGE',
      message: /would have 0\.\d+ MB or more, .* Give --from and --to, .*tracelane cut/,
    });
    assert.equal(existsSync(file('too-large.html')), false);
  });
});
