import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkFile } from '#src/reader/check/check-file.js';
import { RULES } from '#src/reader/check/rules.js';
import { repairFile } from '#src/reader/repair/repair.js';

const CORPUS = fileURLToPath(new URL('../../test/corpus/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'corpus-'));
after(() => rmSync(scratch, { recursive: true }));

interface Case {
  readonly name: string;
  readonly path: string;
  readonly expected: unknown;
}

/** The traces of a folder, each with what stands beside it as `NAME.expected.json`. */
function casesIn(folder: string): Case[] {
  const files = readdirSync(join(CORPUS, folder));
  return files
    .filter((file) => !file.endsWith('.expected.json'))
    .map((file) => {
      const name = file.replace(/\..*$/, '');
      const expected = join(CORPUS, folder, `${name}.expected.json`);
      return {
        name: file,
        path: join(CORPUS, folder, file),
        expected: JSON.parse(readFileSync(expected, 'utf8')),
      };
    });
}

async function repair({ name, path }: Case) {
  const output = join(scratch, basename(name).replace(/\.gz$/, ''));
  const { result } = await repairFile(path, output);
  return { result, text: readFileSync(output, 'utf8') };
}

/** In these there is no list of events. */
const NO_TRACES = new Set(['container-array.json', 'container-start.txt', 'empty.json']);

describe('of a broken trace', () => {
  const cases = casesIn('broken');

  for (const one of cases) {
    test(`${one.name}: the check finds what is wrong and nothing else`, async () => {
      const { findings } = await checkFile(one.path);
      const found = findings.map(({ rule, event }) => ({ rule, event }));
      assert.deepEqual(found, one.expected);
    });
  }

  for (const one of cases) {
    if (NO_TRACES.has(one.name)) {
      test(`${one.name}: there is nothing to repair in what is no trace`, async () => {
        await assert.rejects(repair(one), { code: 'TRACELANE_NOT_A_TRACE' });
      });
      continue;
    }
    test(`${one.name}: the repair makes a trace without errors`, async () => {
      const { result, text } = await repair(one);
      assert.equal(result.errors, 0, JSON.stringify(result.findings));
      assert.doesNotThrow(() => JSON.parse(text));
    });
  }

  test('each rule is broken by one of them', () => {
    const broken = new Set(
      cases.flatMap(({ expected }) => (expected as { rule: string }[]).map(({ rule }) => rule)),
    );
    assert.deepEqual(
      Object.keys(RULES).filter((rule) => !broken.has(rule)),
      [],
    );
  });
});

describe('of a trace that a real tool has written', () => {
  for (const one of casesIn('real')) {
    test(`${one.name}: the check finds what is known of it`, async () => {
      const { counts, events } = await checkFile(one.path);
      assert.deepEqual({ events, counts: Object.fromEntries(counts) }, one.expected);
    });

    test(`${one.name}: the repair keeps its events, and makes it pass`, async () => {
      const { result } = await repair(one);
      assert.equal(result.errors, 0, JSON.stringify(result.findings));
    });
  }
});
