import { performance as clock } from 'node:perf_hooks';

/** Word of 32 bits that says how far the records are committed. It has a cache line of its own. */
const COMMITTED = 0;
/** Words of 8 bytes: where the records begin, and what they take. */
const FIRST = 8;
const RECORD = 2;
const ARGUMENTS = 3;

/** Headers as a recorder would store them: what they say makes no difference to the time. */
const BEGIN = 7;
const END = 9;
const INTEGER = 42;
const STRING = 44;
const TEXT = 'hello';

/**
 * The least that any recorder of tracelane's design must do for a span: read the clock twice, put
 * two records into shared memory, and publish each by an atomic store. Nothing is looked up or
 * checked, no object stands for the span, and the memory is always the same.
 *
 * Each of the two loops is for so many spans at the most.
 */
export function leastWork(most: number): {
  readonly spans: (count: number) => void;
  readonly spansWithArgs: (count: number) => void;
} {
  const memory = new SharedArrayBuffer((FIRST + most * (2 * RECORD + ARGUMENTS)) * 8);
  const int32 = new Int32Array(memory);
  const float64 = new Float64Array(memory);
  const bytes = new Uint8Array(memory);

  return {
    spans(count) {
      let at = FIRST;
      for (let i = 0; i < count; i++) {
        int32[at << 1] = BEGIN;
        int32[(at << 1) + 1] = i;
        float64[at + 1] = clock.now();
        at += RECORD;
        Atomics.store(int32, COMMITTED, at);

        int32[at << 1] = END;
        int32[(at << 1) + 1] = i;
        float64[at + 1] = clock.now();
        at += RECORD;
        Atomics.store(int32, COMMITTED, at);
      }
    },

    /** With a number and a short string, as the subjects have them. */
    spansWithArgs(count) {
      let at = FIRST;
      for (let i = 0; i < count; i++) {
        const args = at + RECORD;
        int32[args << 1] = INTEGER;
        int32[(args << 1) + 1] = i;
        int32[(args + 1) << 1] = STRING;
        int32[((args + 1) << 1) + 1] = TEXT.length;
        const text = (args + 2) << 3;
        for (let k = 0; k < TEXT.length; k++) bytes[text + k] = TEXT.charCodeAt(k);
        int32[at << 1] = BEGIN;
        int32[(at << 1) + 1] = i;
        float64[at + 1] = clock.now();
        at += RECORD + ARGUMENTS;
        Atomics.store(int32, COMMITTED, at);

        int32[at << 1] = END;
        int32[(at << 1) + 1] = i;
        float64[at + 1] = clock.now();
        at += RECORD;
        Atomics.store(int32, COMMITTED, at);
      }
    },
  };
}
