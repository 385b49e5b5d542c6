import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { audit } from './audit.js';

/** Audits one file, with these numbers of one source, against a ledger of that source. */
async function problemsOf(
  numbers: readonly number[],
  atLeast: number,
  atMost: number | null,
  mayDrop = false,
  end = ']\n',
) {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  try {
    const file = join(folder, 'trace.json');
    const ledger = join(folder, 'ledger');
    const lines = numbers.map((n) => JSON.stringify({ ph: 'i', args: { source: 'a', n } }));
    writeFileSync(file, `[${lines.join(',\n')}\n${end}`);
    writeFileSync(ledger, `${JSON.stringify({ source: 'a', atLeast, atMost })}\n`);
    return (await audit([file], ledger, { torn: false, mayDrop })).problems;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the audit of the soak', () => {
  test('finds nothing where all is there', async () => {
    assert.deepEqual(await problemsOf([1, 2, 3], 3, 3), []);
    assert.deepEqual(await problemsOf([1, 2, 3], 2, null), []);
    assert.deepEqual(await problemsOf([1, 3], 3, 3, true), []);
  });

  for (const [what, found] of [
    ['a missing event', () => problemsOf([1, 3], 3, 3)],
    ['a missing end', () => problemsOf([1, 2], 3, 3)],
    ['a source that left nothing', () => problemsOf([], 1, null)],
    ['a doubled event', () => problemsOf([1, 2, 2, 3], 3, 3)],
    ['a doubled event among dropped ones', () => problemsOf([1, 3, 3], 4, 4, true)],
    ['an event out of order', () => problemsOf([2, 1, 3], 3, 3)],
    ['one that was never issued', () => problemsOf([1, 2, 3, 4], 3, 3)],
    ['a line that is cut', () => problemsOf([1, 2, 3], 3, 3, false, '{"ph":"i"')],
  ] as const) {
    test(`finds ${what}`, async () => assert.notDeepEqual(await found(), []));
  }
});
