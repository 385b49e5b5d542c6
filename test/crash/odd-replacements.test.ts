import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countEvents, problems, runProgram } from '../run-program.js';

/** What a program may do to what it runs on that is more than to replace a function. */
const REPLACEMENTS: readonly (readonly [name: string, program: string])[] = [
  [
    'looks a global up by a getter that records and flushes',
    `const Original = Map;
     class Own extends Original {}
     Object.defineProperty(globalThis, 'Map', {
       get() { tracer.counter('looked up', 1); tracer.flushSync(); return Own; },
     });`,
  ],
  [
    'makes arrays of its own kind',
    `Object.defineProperty(Array, Symbol.species, { get() { throw new Error('species'); } });`,
  ],
  ['has put numbered properties into Object.prototype', `Object.prototype[0] = 'zero';`],
  ['has replaced then of promises', `Promise.prototype.then = () => { throw new Error('then'); };`],
  [
    'has replaced the methods of AsyncLocalStorage',
    `const { AsyncLocalStorage } = await import('node:async_hooks');
     for (const name of ['run', 'getStore', 'enterWith', 'exit', 'disable']) {
       AsyncLocalStorage.prototype[name] = () => { throw new Error(name); };
     }`,
  ],
];

describe('nothing is thrown or lost where the program', () => {
  for (const [name, program] of REPLACEMENTS) {
    for (const flushInterval of [0, 100]) {
      test(`${name}: flushInterval ${flushInterval}`, async () => {
        const run = await runProgram(`
const tracer = new Tracer('trace.json', { writer: 'inline', flushInterval: ${flushInterval} }).start();
${program}
for (let i = 0; i < 50; i++) tracer.instant('instant');
tracer.span('span').end({ list: [1, { two: 2 }] });
tracer.trace('call', () => tracer.current().set({ a: 1 }));
await tracer.trace('operation', async () => {});
await tracer.flush();
const { lost } = await tracer.stop();
console.log(lost);`);
        assert.equal(run.stdout, '0\n', run.stderr);
        const { 'C looked up': _, ...counts } = countEvents(run.text);
        assert.deepEqual(counts, {
          'i instant': 50,
          'X span': 1,
          'X call': 1,
          'b operation': 1,
          'e operation': 1,
        });
        assert.deepEqual(problems(run.text), []);
      });
    }
  }
});
