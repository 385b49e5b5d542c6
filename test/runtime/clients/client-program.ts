import assert from 'node:assert/strict';
import { existsSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installLocked, ROOT, start } from '../../package/npm.js';
import type { RecordedEvent } from '../../record-trace.js';
import { checkTrace } from '../../viewers/checker.js';
import { type OperationSeen, operationsIn, Project, type Run, TRACELANE } from '../run-traced.js';

const CLIENTS = join(ROOT, 'build', 'clients');
const SQLITE = join(CLIENTS, 'node_modules', 'better-sqlite3');

/** Where packages are found from. */
export const INSTALLED = join(CLIENTS, 'package.json');
/** The reason where the clients cannot be installed. */
export const offline = await installLocked(
  join(ROOT, 'test', 'runtime', 'clients', 'packages'),
  CLIENTS,
);
/** The reason where better-sqlite3 cannot be run by this Node. */
export const withoutSqlite = offline || (await compileSqlite());

/** Compiles better-sqlite3, for one Node: a matter of half a minute, as it is not optimized. */
async function compileSqlite(): Promise<string | false> {
  const nodeGyp = process.env['npm_config_node_gyp'];
  if (!existsSync(join(SQLITE, 'build')) && nodeGyp !== undefined) {
    const installation = join(process.execPath, '..', '..');
    const hasHeaders = existsSync(join(installation, 'include', 'node', 'node.h'));
    const headers = hasHeaders ? ['--nodedir', installation] : [];
    const args = [nodeGyp, 'rebuild', '--debug', '--jobs', 'max', ...headers];
    const { code, stderr } = await start(SQLITE, process.execPath, args);
    if (process.env['CI'] === 'true') assert.equal(code, 0, stderr);
  }
  try {
    const Database = createRequire(INSTALLED)('better-sqlite3');
    new Database(':memory:').close();
    return false;
  } catch {
    return 'better-sqlite3 is not compiled for this Node';
  }
}

/** Begins a program: `tracer` is the one that records it, if any. */
const MODULE = `import { getGlobalTracer } from ${JSON.stringify(TRACELANE)};
const tracer = getGlobalTracer();
`;
const SCRIPT = `const { getGlobalTracer } = require(${JSON.stringify(new URL('../../../../dist/index.cjs', import.meta.url).pathname)});
const tracer = getGlobalTracer();
`;

/** Programs of one kind, by the names of their files, with the clients installed. */
export function clientProject(
  kind: 'mjs' | 'cjs',
  programs: Readonly<Record<string, string>>,
): Project {
  const begin = kind === 'mjs' ? MODULE : SCRIPT;
  const project = new Project(
    Object.fromEntries(Object.entries(programs).map(([name, text]) => [name, begin + text])),
  );
  symlinkSync(join(CLIENTS, 'node_modules'), join(project.folder, 'node_modules'));
  return project;
}

/**
 * Runs a program, an ES module or a CommonJS one, without tracelane and with it, and sees to it that it
 * does and says the same. Gives what was recorded.
 */
export async function runTraced(
  kind: 'mjs' | 'cjs',
  program: string,
  args: readonly string[] = [],
): Promise<Run> {
  const main = `main.${kind}`;
  const project = clientProject(kind, { [main]: program });
  const plain = await project.node([main]);
  const run = await project.run(['--quiet', '--sources', 'db,queue', ...args, main]);
  const said = ({ code, stdout, stderr }: Run) => [
    code,
    stdout,
    // kafkajs sets timers to the past, of which newer Nodes warn.
    stderr.replace(/\(node:\d+/g, '(node').replace(/: -\d+ is a neg/g, ': neg'),
  ];
  assert.deepEqual(said(run), said(plain));
  assert.equal(run.code, 0);
  assert.deepEqual(checkTrace(run.text), []);
  return run;
}

/** Calls of a category, operations and slices, in the order in which they began. */
export function callsOf(run: Run, category: string): OperationSeen[] {
  const operations = operationsIn(run.events).filter(({ cat }) => cat === category);
  const slices = run.events
    .filter(({ ph, cat }) => ph === 'X' && cat === category)
    .map(({ name, pid, ts, dur = 0, args, cat }) => ({
      ...{ name, pid, args, cat, id: '', start: ts, end: ts + dur },
    }));
  return [...operations, ...slices].sort((a, b) => a.start - b.start);
}

/** Names of calls, with the error of those that have failed. */
export function outcomes(calls: readonly OperationSeen[]): string[] {
  return calls.map(({ name, args, end }) => {
    assert.notEqual(end, undefined, `${name} has no end`);
    const error = args['error.type'];
    return error === undefined ? name : `${name}: ${String(error)}`;
  });
}

/** What the outermost call is called that an event belongs to. */
export function rootOf(run: Run, { args }: Pick<RecordedEvent, 'args'>): string | undefined {
  return run.events.find((event) => event.args['op.id'] === args['op.root'])?.name;
}

/** So many requests were made at once, and each `answer N` is part of the `request N` that has asked. */
export function assertAnswered(run: Run, count: number): void {
  const answers = run.events.filter(({ name }) => name.startsWith('answer'));
  assert.equal(answers.length, count);
  for (const answer of answers) {
    assert.equal(rootOf(run, answer), answer.name.replace('answer', 'request'));
  }
}

/** Names of the slices at both ends of each flow. */
export function flows(run: Run): string[] {
  const around = ({ ts, tid }: Run['events'][number]) =>
    run.events
      .filter((event) => event.ph === 'X' && event.tid === tid)
      .filter((slice) => slice.ts <= ts && slice.ts + (slice.dur ?? 0) >= ts)
      .at(-1)?.name;
  return run.events
    .filter(({ ph }) => ph === 's')
    .map((start) => {
      const end = run.events.find(({ ph, id }) => ph === 'f' && id === start.id);
      return `${around(start)} → ${end && around(end)}`;
    });
}
