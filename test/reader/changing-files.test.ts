import assert from 'node:assert/strict';
import {
  appendFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { cutTrace } from '#src/reader/cut/cut.js';
import { mergeFiles } from '#src/reader/merge/merge.js';
import { repairFile } from '#src/reader/repair/repair.js';
import { loadTrace } from '#src/view/load/load-trace.js';
import { writeReport } from '#src/view/report/write-report.js';
import { slice, temporaryFolder } from '../cli/run-cli.js';

const EVENTS = [slice('a', 0, 10), slice('b', 20, 5), slice('c', 30, 5)];

const PAGE = ['page.css', 'page.js', 'take-part.js', 'open-report.js', 'report-worker.js'] as const;

/** What reads a file twice. */
const COMMANDS = {
  cut: (input: string, out: string, onProgress: () => void) =>
    cutTrace(input, out, { from: 0 }, onProgress),
  merge: (input: string, out: string, onProgress: () => void) =>
    mergeFiles([input], out, onProgress),
  repair: (input: string, out: string, onProgress: () => void) =>
    repairFile(input, out, { keep: 0 }, onProgress),
  report: async (input: string, output: string, onProgress: () => void) => {
    const page = temporaryFolder();
    for (const part of PAGE) page(part, '\n');
    const trace = await loadTrace(input, onProgress);
    try {
      const options = { output, title: 'changing', maxBytes: 64e6 };
      return await writeReport(trace, { ...options, page: pathToFileURL(page(PAGE[0])) });
    } finally {
      trace.file.close();
    }
  },
};

const CHANGES = {
  grown: (path: string) => appendFileSync(path, ' '),
  truncated: (path: string) => truncateSync(path, 20),
  replaced: (path: string) => {
    writeFileSync(`${path}.new`, JSON.stringify(EVENTS));
    renameSync(`${path}.new`, path);
  },
  removed: (path: string) => rmSync(path),
};

describe('a file that changes between two readings', () => {
  for (const [command, run] of Object.entries(COMMANDS)) {
    for (const [change, make] of Object.entries(CHANGES)) {
      test(`and is ${change} makes no result of ${command}`, async () => {
        const file = temporaryFolder();
        const input = file('trace.json', EVENTS);
        let isChanged = false;
        const atFirst = () => {
          if (!isChanged) make(input);
          isChanged = true;
        };
        await assert.rejects(run(input, file('out.json'), atFirst), (error: Error) => {
          assert.equal((error as NodeJS.ErrnoException).code, 'TRACELANE_CANNOT_READ');
          if (change !== 'removed') assert.match(error.message, /has changed while it was read/);
          return true;
        });
        assert.ok(isChanged);
        const left = readdirSync(dirname(input)).filter((name) => name !== 'trace.json');
        assert.deepEqual(left, []);
      });
    }
  }
});
