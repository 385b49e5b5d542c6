import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { checkText } from '#src/reader/check/check.js';
import { repairFile } from '#src/reader/repair/repair.js';
import { summarize } from '#src/reader/summary/summarize.js';
import { repetitions } from '../../effort.js';

const scratch = mkdtempSync(join(tmpdir(), 'any-trace-'));
after(() => rmSync(scratch, { recursive: true }));

/** Few values, so that events meet each other; all kinds, also those that have no place there. */
const anything = fc.constantFrom<unknown>(null, -1, 0, 1.5, '', 'x', '\ud800', [], {}, true, 1e300);
const oneOf = (...values: readonly unknown[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: anything },
  );
const time = fc.oneof({ weight: 9, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: anything });

const event = fc.record(
  {
    name: oneOf('a', 'b', 'thread_name', 'TimerFire'),
    cat: oneOf('c', 'd'),
    ph: oneOf(...'XXXBBEEbnestfCiIMSTFpNZ'),
    ts: time,
    dur: time,
    pid: oneOf(1, 2),
    tid: oneOf(1, 2, 'main'),
    id: oneOf(1, 2, '1', '0xa', 'job'),
    id2: fc.constantFrom<unknown>(undefined, undefined, { local: '1' }, { global: 'g' }, 7),
    bp: oneOf('e', undefined),
    s: oneOf('t', undefined),
    args: oneOf({}, { a: 1 }, { a: 'text', name: 'n' }),
  },
  { requiredKeys: ['name', 'cat', 'ph', 'ts', 'pid', 'tid', 'args'] },
);
const trace = fc
  .array(event, { minLength: 1, maxLength: 12 })
  .map((events) => JSON.stringify(events));
/** The same with a piece cut out of it. */
const damaged = fc
  .tuple(trace, fc.nat(), fc.nat(20))
  .map(
    ([text, at, length]) =>
      text.slice(0, at % text.length) + text.slice((at % text.length) + length),
  );

describe('whatever stands in a trace', () => {
  for (const [what, texts] of [
    ['of any events', trace],
    ['that is damaged anywhere', damaged],
  ] as const) {
    test(`one ${what} is repaired into one that passes, or refused as no trace`, async () => {
      const [input, output] = [join(scratch, 'input.json'), join(scratch, 'output.json')];
      const repaired = async (text: string) => {
        writeFileSync(input, text);
        try {
          await repairFile(input, output);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'TRACELANE_NOT_A_TRACE');
          return;
        }
        const { errors, findings } = checkText(readFileSync(output));
        assert.equal(errors, 0, JSON.stringify(findings));
        JSON.parse(readFileSync(output, 'utf8'));
      };
      await fc.assert(fc.asyncProperty(texts, repaired), {
        numRuns: repetitions(1500, { quick: 300 }),
      });
    });

    test(`one ${what} is summarised without an error, or refused as no trace`, async () => {
      const options = { by: 'name', filter: () => true, top: 3, stretches: 7 } as const;
      const summarised = async (text: string) => {
        const bytes = (async function* () {
          yield Buffer.from(text);
        })();
        try {
          const { groups, wall } = await summarize(bytes, options);
          for (const { total, self } of groups) {
            assert.ok(total >= 0 && (self === undefined || (self >= 0 && self <= total)));
          }
          assert.ok(wall >= 0);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'TRACELANE_NOT_A_TRACE');
        }
      };
      await fc.assert(fc.asyncProperty(texts, summarised), {
        numRuns: repetitions(1500, { quick: 300 }),
      });
    });
  }
});
