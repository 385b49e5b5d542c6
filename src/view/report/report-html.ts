import { createHash } from 'node:crypto';
import { escaped, ICON } from '../wire/markup.js';
import type { NameStatistics } from '../wire/questions.js';

/** The scripts and the style of the page, as the build has made them. */
export interface PageParts {
  readonly style: string;
  /** The page itself, then what takes the data in, and what opens the trace behind it. */
  readonly page: string;
  readonly takePart: string;
  readonly open: string;
  /** Runs in a worker. */
  readonly worker: string;
}

/** What the page says where no script runs. */
export interface PlainSummary {
  readonly title: string;
  readonly events: number;
  /** Nanoseconds. */
  readonly wall: number;
  readonly notes: readonly string[];
  readonly names: readonly NameStatistics[];
}

/** Data is decoded piece by piece, while the file is read. A multiple of 3: base64 without padding. */
const PIECE_BYTES = 768 * 1024;

const TAKE = 'T()';

const SUMMARY_STYLE = `
#tracelane-summary{font:14px system-ui,sans-serif;margin:2rem;font-variant-numeric:tabular-nums}
#tracelane-summary td,#tracelane-summary th{padding:.1rem .6rem;text-align:right}
#tracelane-summary td:first-child,#tracelane-summary th:first-child{text-align:left}
`;

/** A report, piece by piece: one file that needs nothing else, and in which only its own scripts run. */
export function* reportHtml(
  { style, page, takePart, open, worker }: PageParts,
  payload: Uint8Array,
  summary: PlainSummary,
): Generator<string> {
  const styles = `${SUMMARY_STYLE}${style}`;
  const workerBytes = new TextEncoder().encode(worker);
  const scripts = [page, takePart, TAKE, open];
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `style-src ${hashOf(styles)}`,
    'img-src data: blob:',
    'worker-src blob:',
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  yield `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>${escaped(summary.title)}</title>
${ICON}
<style>${styles}</style>
<body>
${plainSummary(summary)}
<div id="tracelane" data-size="${payload.length + workerBytes.length}"></div>
<script>${page}</script>
<script>${takePart}</script>
`;
  yield* dataOf('worker', workerBytes);
  yield* dataOf('trace', payload);
  yield `<script>${open}</script>\n</body>\n</html>\n`;
}

function* dataOf(what: string, bytes: Uint8Array): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length; at += PIECE_BYTES) {
    const piece = buffer.toString('base64', at, Math.min(buffer.length, at + PIECE_BYTES));
    yield `<script type="text/plain" data-of="${what}">${piece}</script><script>${TAKE}</script>\n`;
  }
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function plainSummary({ title, events, wall, notes, names }: PlainSummary): string {
  const rows = names.map(({ name, count, total, mean, p95, max }) => {
    const numbers = [count.toLocaleString('en'), ...[total, mean, p95, max].map(milliseconds)];
    const cells = [name.slice(0, 200), ...numbers].map((cell) => `<td>${escaped(cell)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  const head = ['Name', 'Count', 'Total, ms', 'Mean, ms', 'p95, ms', 'Max, ms'];
  return `<div id="tracelane-summary">
<h1>${escaped(title)}</h1>
<p>${events.toLocaleString('en')} events in ${milliseconds(wall)} ms.
Scripts do not run here: download this file and open it in a browser to see the whole trace.</p>
${notes.map((note) => `<p>${escaped(note)}</p>`).join('\n')}
<table>
<tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr>
${rows.join('\n')}
</table>
</div>`;
}

function milliseconds(time: number): string {
  return (time / 1e6).toLocaleString('en', { maximumFractionDigits: 3 });
}
