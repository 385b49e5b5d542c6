import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { viewerPage } from '../../locations.js';
import { NewFile } from '../../reader/output/new-file.js';
import type { LoadedTrace } from '../load/load-trace.js';
import { statistics } from '../model/statistics.js';
import { Tables } from '../model/tables.js';
import { encodeModel } from './model-bytes.js';
import { packArguments } from './pack-arguments.js';
import { encodePayload } from './payload.js';
import { ReportError } from './report-error.js';
import { type PageParts, type PlainSummary, reportHtml } from './report-html.js';

export interface ReportOptions {
  readonly output: string;
  /** What the page is called. */
  readonly title: string;
  /** Larger reports are refused. */
  readonly maxBytes: number;
  /** Where the page is. Default: where the build has put it. */
  readonly page?: URL;
}

/** Browsers open larger pages, too, but not every one, and not on every machine. */
export const DEFAULT_MAX_BYTES = 64e6;

/** Of base64, for each byte. */
const BASE64 = 4 / 3;
/** So many names stand in the table for where no scripts run. */
const NAMES = 50;

/**
 * Writes a trace and the page that shows it as one file. Gives its size in bytes.
 *
 * @throws {ReportError} where it would be too large.
 */
export async function writeReport(trace: LoadedTrace, options: ReportOptions): Promise<number> {
  const { output, title, maxBytes } = options;
  const parts = readParts(options.page ?? viewerPage());
  const data = { ...trace.data, name: title };
  const model = Uint8Array.from(gzipSync(encodeModel(data), { level: 9 }));
  const page = Object.values(parts).reduce((sum, part) => sum + part.length, 0);
  checkSize(page + BASE64 * model.length, maxBytes);
  const payload = encodePayload({ model, blocks: await packArguments(trace) });
  checkSize(page + BASE64 * payload.length, maxBytes);
  const file = new NewFile(output);
  return await file.write(async () => {
    const draft = file.draft();
    const written = writePieces(draft, reportHtml(parts, payload, summaryOf(trace, title)));
    file.accept(draft);
    return written;
  });
}

function checkSize(size: number, maxBytes: number): void {
  const megabytes = (bytes: number) =>
    `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 3 })} MB`;
  if (size <= maxBytes) return;
  const problem = `The report would have ${megabytes(size)} or more, and the limit is ${megabytes(maxBytes)}`;
  const remedy =
    'Give --from and --to, make a smaller trace first (tracelane cut), or raise --max-size: ' +
    'not every browser opens such a page.';
  throw new ReportError('TRACELANE_TOO_LARGE', `${problem}. ${remedy}`);
}

function readParts(folder: URL): PageParts {
  const read = (name: string): string => {
    try {
      return readFileSync(new URL(name, folder), 'utf8').trimEnd();
    } catch (cause) {
      const problem = `The viewer's page is missing: ${(cause as Error).message}. Install tracelane again.`;
      throw new ReportError('TRACELANE_CANNOT_READ', problem, { cause });
    }
  };
  return {
    style: read('page.css'),
    page: read('page.js'),
    takePart: read('take-part.js'),
    open: read('open-report.js'),
    worker: read('report-worker.js'),
  };
}

function summaryOf({ data }: LoadedTrace, title: string): PlainSummary {
  const { events, start, end, notes } = data;
  const { names } = statistics(new Tables(data), { ask: 'statistics', from: start, to: end });
  return { title, events, wall: end - start, notes, names: names.slice(0, NAMES) };
}

function writePieces(path: string, pieces: Iterable<string>): number {
  const fd = openSync(path, 'wx');
  let written = 0;
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      written += bytes.length;
    }
    return written;
  } finally {
    closeSync(fd);
  }
}
