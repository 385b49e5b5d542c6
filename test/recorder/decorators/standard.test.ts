import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { traceAsyncFunction, traceFunction } from 'tracelane';
import { callOf, callsOf, isInside, recordCalls } from './record-calls.js';

// What the legacy dialect of decorators does not have, or has otherwise.

class Account {
  static #made = 0;
  #balance = 0;

  @traceFunction()
  static #count(): number {
    Account.#made++;
    return Account.#made;
  }

  @traceFunction({ args: (amount: number) => ({ amount }) })
  #add(amount: number): number {
    this.#balance += amount;
    return this.#balance;
  }

  @traceFunction()
  get #total(): number {
    return this.#balance;
  }

  @traceFunction()
  set #total(total: number) {
    this.#balance = total;
  }

  @traceAsyncFunction()
  async #load(): Promise<number> {
    await null;
    return this.#total;
  }

  @traceFunction()
  get balance(): number {
    return this.#balance;
  }

  set balance(balance: number) {
    this.#total = balance;
  }

  @traceFunction({ args: (amount: number) => ({ amount }) })
  deposit = (amount: number): number => this.#add(amount);

  @traceFunction()
  readonly #log = function log(this: unknown, text: string): unknown[] {
    return [this, text];
  };

  @traceAsyncFunction()
  static open = async (): Promise<Account> => {
    Account.#count();
    const account = new Account();
    await account.#load();
    return account;
  };

  log(text: string): unknown[] {
    return this.#log(text);
  }
}

describe('standard decorators', () => {
  test('a field that holds a function is recorded, with the instance as this', async () => {
    const account = new Account();
    const recorded = await recordCalls(() => {
      const { deposit } = account;
      assert.equal(deposit(5), 5);
      assert.equal(deposit(2), 7);
      assert.deepEqual(account.log('x'), [account, 'x']);
    });
    assert.deepEqual(
      callsOf(recorded, 'deposit').map(({ args }) => args),
      [{ amount: 5 }, { amount: 2 }],
    );
    assert.equal(callsOf(recorded, 'log').length, 1);
  });

  test('a private method is recorded', async () => {
    const recorded = await recordCalls(() => assert.equal(new Account().deposit(3), 3));
    const call = callOf(recorded, '#add');
    assert.deepEqual(call.args, { amount: 3 });
    assert.ok(isInside(call, callOf(recorded, 'deposit')));
  });

  test('private accessors are recorded, each by its own decorator', async () => {
    const recorded = await recordCalls(() => {
      const account = new Account();
      account.balance = 9;
      assert.equal(account.balance, 9);
    });
    assert.deepEqual(
      recorded.calls.map(({ name }) => name),
      ['set #total', 'get balance'],
    );
  });

  test('static and private members of an async field are recorded inside it', async () => {
    const recorded = await recordCalls(() => Account.open());
    const open = callOf(recorded, 'open');
    assert.equal(open.category, 'async_function');
    assert.ok(isInside(callOf(recorded, '#count'), open));
    const load = callOf(recorded, '#load');
    assert.ok(isInside(load, open));
    assert.equal(load.track, open.track);
    assert.ok(isInside(callOf(recorded, 'get #total'), load));
  });

  test('each instance has a field of its own', () => {
    assert.notEqual(new Account().deposit, new Account().deposit);
  });
});
