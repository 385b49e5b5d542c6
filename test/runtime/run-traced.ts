import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Ended, ended, type OnOutput } from '../ended.js';
import type { RecordedEvent } from '../record-trace.js';

export const COMMAND = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
export const REGISTER = fileURLToPath(new URL('../../../dist/register.js', import.meta.url));
export const RUNTIME = new URL('../../../dist/runtime.js', import.meta.url).href;
export const TRACELANE = import.meta.resolve('tracelane');

export interface Run extends Ended {
  /** The trace as it stands; empty where there is none. */
  readonly text: string;
  readonly events: readonly RecordedEvent[];
  /** Names of parts that stand beside it. */
  readonly parts: readonly string[];
}

export interface RunSettings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly onOutput?: OnOutput;
}

/** A folder with files in it, in which commands are run. It is gone after the tests of the file. */
export class Project {
  readonly folder: string;

  constructor(files: Readonly<Record<string, string>>, prefix = 'runtime-') {
    this.folder = mkdtempSync(join(tmpdir(), prefix));
    after(() => rmSync(this.folder, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }

  /** `tracelane run …`, which records into `trace.json`. */
  run(args: readonly string[], settings?: RunSettings): Promise<Run> {
    return this.node([COMMAND, 'run', ...args], settings);
  }

  /** `node …` */
  async node(args: readonly string[], settings: RunSettings = {}): Promise<Run> {
    const trace = join(this.folder, 'trace.json');
    rmSync(trace, { force: true });
    const { NO_COLOR: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...rest } = process.env;
    const env = { ...rest, ...settings.env };
    const child = spawn(process.execPath, args, { cwd: this.folder, env });
    child.stdin.on('error', () => {});
    child.stdin.end(settings.input ?? '');
    const end = await ended(child, settings.onOutput);
    const text = existsSync(trace) ? readFileSync(trace, 'utf8') : '';
    const events: RecordedEvent[] = text === '' ? [] : JSON.parse(text);
    events.sort((a, b) => a.ts - b.ts);
    const parts = readdirSync(this.folder).filter((name) => name.includes('.part-'));
    return { ...end, text, events, parts };
  }
}

/** An async operation, put together from its begin and its end. */
export interface OperationSeen {
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly id: string;
  readonly start: number;
  /** Undefined where it has not ended. */
  readonly end: number | undefined;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The async operations of a trace, by begin, as viewers pair them: on a track the innermost ends first. */
export function operationsIn(events: readonly RecordedEvent[]): OperationSeen[] {
  type Open = { -readonly [K in keyof OperationSeen]: OperationSeen[K] };
  const all: Open[] = [];
  const tracks = new Map<string, Open[]>();
  for (const { ph, name, cat, pid, ts, id, args } of events) {
    if (ph !== 'b' && ph !== 'e') continue;
    const key = `${cat} ${String(id)}`;
    const stack = tracks.get(key) ?? [];
    tracks.set(key, stack);
    if (ph === 'e') {
      const open = stack.pop();
      if (open === undefined) throw new Error(`The end of ${name} has no begin.`);
      open.end = ts;
      open.args = { ...open.args, ...args };
    } else {
      // Inside of another one, it has the category of that, and its own among the arguments.
      const own = String(args['category'] ?? cat);
      const begun = { name, cat: own, pid, id: String(id), start: ts, end: undefined, args };
      stack.push(begun);
      all.push(begun);
    }
  }
  return all;
}

/** Whether an operation is drawn inside another one, at whatever depth. */
export function isInside(inner: OperationSeen, outer: OperationSeen): boolean {
  return (
    inner.id === outer.id && inner.start > outer.start && (inner.end ?? 0) < (outer.end ?? Infinity)
  );
}

/** What processes are called, without the command line that has started them. */
export function processNames(events: readonly RecordedEvent[]): string[] {
  const names = new Map<number, unknown>();
  for (const { name, pid, args } of events) {
    if (name === 'process_name') names.set(pid, args['name']);
  }
  return Array.from(names.values(), String)
    .filter((name) => name !== 'tracelane run')
    .sort();
}
