import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { repetitions } from '../../effort.js';
import type { RecordedEvent } from '../../record-trace.js';
import { type OperationSeen, operationsIn, Project, TRACELANE } from '../run-traced.js';
import { filesOf } from './programs.js';

const REQUESTS = repetitions(1000, { quick: 300, long: 10_000 });
const SEEDS = process.env['TRACELANE_SEED'] ?? '1';

/** What the program says that it has done for a request. */
interface Entry {
  readonly request: string;
  /** `begin`, `ask`, or what a mark says. */
  readonly what: string;
  /** The step in which it was done; right in the request where there is none. */
  readonly step?: string;
  /** Of a request: its own address, or the one that was asked for. */
  readonly path?: string;
}

/** The calls of a trace, and what belongs to them. */
class Calls {
  readonly received = new Map<unknown, OperationSeen>();
  readonly sent = new Map<unknown, OperationSeen>();
  readonly steps: OperationSeen[] = [];
  readonly #names = new Map<unknown, string>();

  constructor(events: readonly RecordedEvent[]) {
    for (const call of operationsIn(events)) {
      const path = call.args['url.path'];
      if (call.name === 'step') {
        this.steps.push(call);
        this.#names.set(call.args['op.id'], String(call.args['step']));
      } else if (call.cat === 'http') {
        const requests = call.name.includes('→') ? this.sent : this.received;
        assert.ok(!requests.has(path), `${path} is there once`);
        requests.set(path, call);
        if (requests === this.received) this.#names.set(call.args['op.id'], nameOf(String(path)));
      }
    }
  }

  /** What an event belongs to: the request, and the step of it, if any. */
  placeOf(args: RecordedEvent['args']): string {
    const { 'op.root': root, 'op.parent': parent } = args;
    return placeOf(
      this.#names.get(root),
      parent === undefined ? undefined : (this.#names.get(parent) ?? `${parent}`),
    );
  }
}

function placeOf(request: string | undefined, step: string | undefined): string {
  return step === undefined ? `${request}` : `${request} in ${step}`;
}

/** The name that the program has for a request, of its path. */
function nameOf(path: string): string {
  return path.startsWith('/asked/') ? path.slice(1) : String(path.split('/')[2]);
}

for (const seed of SEEDS.split(',')) {
  describe(`${REQUESTS} requests of all kinds at once, by the seed ${seed}`, {
    timeout: 1_200_000,
  }, async () => {
    const project = new Project(filesOf(TRACELANE));
    const run = await project.run([
      '--quiet',
      '--no-samples',
      'server.mjs',
      seed,
      String(REQUESTS),
    ]);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    const record: Entry[] = readFileSync(join(project.folder, 'record.txt'), 'utf8')
      .split('\n')
      .map((line) => JSON.parse(line));
    const calls = new Calls(run.events);

    test('are each an operation that belongs to nothing else, and has an end', () => {
      const begun = record.filter(({ what }) => what === 'begin').map(({ path }) => path);
      assert.ok(begun.length > REQUESTS);
      assert.deepEqual(Array.from(calls.received.keys()).sort(), begun.sort());
      for (const [path, { args, end }] of calls.received) {
        assert.deepEqual([args['op.root'], args['op.parent']], [undefined, undefined], `${path}`);
        assert.notEqual(end, undefined, `${path} has an end`);
        assert.equal(
          args['error.type'] !== undefined || !`${path}`.startsWith('/never/'),
          true,
          `${path}`,
        );
      }
    });

    test('have in them what the program has done for them, and nothing else', () => {
      const marks = run.events.filter(({ name }) => name === 'mark');
      const seen = marks.map(
        ({ args }) => `${args['what']} of ${args['request']}: ${calls.placeOf(args)}`,
      );
      const done = record
        .filter(({ what }) => what !== 'begin' && what !== 'ask')
        .map(({ request, what, step }) => `${what} of ${request}: ${placeOf(request, step)}`);
      assert.deepEqual(differences(seen, done), []);
      for (const { args } of calls.steps) {
        const inside = args['inside'] as string | undefined;
        assert.equal(calls.placeOf(args), placeOf(String(args['of']), inside));
      }
    });

    test('have in them the requests that they have sent, which lead to those that came of them', () => {
      const asked = record.filter(({ what }) => what === 'ask');
      assert.equal(calls.sent.size, asked.length);
      for (const { request, step, path } of asked) {
        const sent = calls.sent.get(path);
        assert.ok(sent, `${path} was sent`);
        assert.equal(calls.placeOf(sent.args), placeOf(request, step), path);
        assert.equal(calls.received.get(path)?.args['trace.parent'], sent.args['trace.span'], path);
      }
    });
  });
}

/** What is in one list and not as often in the other: the first of it. */
function differences(seen: readonly string[], done: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of seen) counts.set(one, (counts.get(one) ?? 0) + 1);
  for (const one of done) counts.set(one, (counts.get(one) ?? 0) - 1);
  return Array.from(counts)
    .filter(([, count]) => count !== 0)
    .map(([one, count]) => `${count > 0 ? 'recorded' : 'missing'}: ${one}`)
    .slice(0, 20);
}
