import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explore, type Result } from './model/explore.js';
import type { Scenario, Variant } from './model/state.js';

/** Two chunks for one thread and one for the other, one more than there are. */
const FULL: Scenario = { scripts: ['TRE', 'TE'] };
/** A definition at the end of a chunk, and what uses it at the beginning of the next. */
const DEFINING: Scenario = { scripts: ['TE', 'TDR E'] };
/** The second thread stops anywhere, and the first one reports it before its own end. */
const DYING: Scenario = { scripts: ['T E', 'TRE'], mortal: true };
/** The same where the first one reports nothing: the writer asks which threads are gone. */
const UNSEEN: Scenario = { scripts: ['T E', 'TRE'], mortal: true, asks: true };
/** A chunk each. */
const SMALL: Scenario = { scripts: ['TE', 'TE'] };

/** The order of steps that breaks a promise is what one wants to see when a check fails. */
const story = ({ violation, steps }: Result) =>
  `${violation}, after ${steps.length} steps:\n${steps.join('\n')}`;

function assertSound(scenario: Scenario): Result {
  const result = explore(scenario);
  assert.equal(result.violation, undefined, story(result));
  // Were a thread stuck at its first steps, there would be nothing to find either.
  assert.ok(result.states > 100_000, `${result.states} states`);
  return result;
}

function assertBroken(scenario: Scenario, variant: Variant, violation: string): void {
  const result = explore(scenario, variant);
  assert.equal(result.violation, violation, story(result));
}

describe('in every order of steps', () => {
  test('threads that need more chunks than there are get all they write read, once and in order', () => {
    assert.equal(assertSound(FULL).lostEmptyChunk, false);
  });

  test('a definition is read before what uses it, in whichever chunks they stand', () => {
    assert.equal(assertSound(DEFINING).lostEmptyChunk, false);
  });

  test('the chunks of a thread that dies come back, save one that it had committed nothing in', () => {
    assert.equal(assertSound(DYING).lostEmptyChunk, true);
  });
});

describe('in every order of steps, where the system says which threads are gone', () => {
  test('all chunks of a thread that dies come back, and all that it committed is read', () => {
    assert.equal(assertSound(UNSEEN).lostEmptyChunk, false);
  });
});

const TWO_OWNERS = 'a chunk has two owners';
const FOREIGN = 'a thread writes into a foreign chunk';
const HALF_WRITTEN = 'a record is read half-written';
const OUT_OF_ORDER = 'a record is read out of order or twice';
const BEHIND_END = 'a record is read behind the end of its stream';
const NOT_LOOKED_AT = 'a sealed chunk is not looked at';
const SLEEPS = 'a thread sleeps for ever';

describe('some order of steps does harm', () => {
  test('where a claim stores instead of swapping', () => {
    assertBroken(SMALL, { claimByStore: true }, TWO_OWNERS);
  });

  test('where a record is committed before it is written', () => {
    assertBroken(SMALL, { commitFirst: true }, HALF_WRITTEN);
  });

  test('where a seal stores instead of swapping', () => {
    assertBroken(SMALL, { sealByStore: true }, FOREIGN);
  });

  test('where the scan loads the commit before the state', () => {
    assertBroken(DEFINING, { scanCommitFirst: true }, OUT_OF_ORDER);
  });

  test('where a chunk is free before its commit is 0', () => {
    assertBroken(SMALL, { freeStateFirst: true }, NOT_LOOKED_AT);
  });

  test('where a wake notifies before it counts', () => {
    assertBroken(DYING, { notifyFirst: true }, SLEEPS);
  });

  test('where the writer loads the count of wakes after its turn', () => {
    assertBroken(DYING, { seenAfterTurn: true }, SLEEPS);
  });

  test('where the writer sleeps without a look at the count of wakes', () => {
    assertBroken(DYING, { sleepUnchecked: true }, SLEEPS);
  });

  test('where a thread loads the count of freed chunks after it has searched in vain', () => {
    assertBroken(DYING, { freedAfterSearch: true }, SLEEPS);
  });

  test('where a chunk that was read before its seal goes back only with the next record', () => {
    assertBroken(DYING, { settleOnlyIfTaken: true }, SLEEPS);
  });

  test('where a stream ends in the pass that finds its thread gone', () => {
    assertBroken(UNSEEN, { endAtOnce: true }, BEHIND_END);
  });

  test('where an empty chunk is freed without the knowledge that its thread is gone', () => {
    assertBroken(UNSEEN, { freeUnasked: true }, FOREIGN);
  });

  test('where a stream is read on behind a chunk that the scan saw too early', () => {
    assertBroken(DEFINING, { readBehindGaps: true }, OUT_OF_ORDER);
  });
});
