import type { TracerOptions } from 'tracelane';

/**
 * A concurrent program, as data: it can be sent to the process that runs it, printed, and cut down
 * to what is needed for a failure.
 *
 * `is` stands for all that has no part in the structure: see `variety.ts`. `pick` chooses among
 * what is there when the step is run; where there is nothing the step does nothing.
 */
export interface Program {
  readonly seed: number;
  readonly options: TracerOptions;
  /** What each thread does, the main thread first. */
  readonly threads: readonly Script[];
  /** The workers are started for this program, and find the tracer by themselves. */
  readonly ownWorkers: boolean;
  /** What child processes do, each on its main thread. */
  readonly children: readonly Script[];
  /** How the trace ends. */
  readonly stop: 'stop' | 'stopSync';
}

export type Script = readonly Step[];

export interface Run {
  readonly do: 'run';
  readonly way: 'span' | 'using' | 'trace' | 'beginSpan' | 'function';
  readonly is: number;
  /** It throws. */
  readonly fails: boolean;
  /** Nothing that waits. */
  readonly body: Script;
}

export interface Operate {
  readonly do: 'operate';
  readonly way: 'trace' | 'promise' | 'function' | 'async function' | 'asyncBegin' | 'span';
  readonly is: number;
  readonly fails: boolean;
  readonly body: Script;
}

/** With `on` the number of another thread: there, and `wait`: until that is done. */
interface Elsewhere {
  readonly on: number;
  readonly wait: boolean;
}

export type Step =
  | Run
  | Operate
  | { readonly do: 'parallel'; readonly branches: readonly Script[] }
  /** Goes on beside all that follows. */
  | { readonly do: 'background'; readonly body: Script }
  | { readonly do: 'pause'; readonly how: 'microtask' | 'immediate' | 'timer' }
  | {
      readonly do: 'open';
      readonly way: 'span' | 'beginSpan' | 'asyncBegin' | 'own id';
      readonly is: number;
    }
  | ({ readonly do: 'close'; readonly pick: number; readonly is: number } & Elsewhere)
  | { readonly do: 'close again' }
  | { readonly do: 'close all' }
  | ({ readonly do: 'mark'; readonly pick: number; readonly is: number } & Elsewhere)
  | { readonly do: 'start flow'; readonly is: number }
  | ({
      readonly do: 'step flow' | 'end flow';
      readonly pick: number;
      readonly is: number;
    } & Elsewhere)
  | { readonly do: 'instant' | 'counter' | 'metadata' | 'emit'; readonly is: number }
  | { readonly do: 'read clock' }
  | { readonly do: 'complete'; readonly pick: number; readonly is: number }
  | { readonly do: 'name thread'; readonly is: number }
  | { readonly do: 'burst'; readonly count: number; readonly is: number }
  | { readonly do: 'flush' | 'flush sync' };

/** For people. */
export function printProgram({ seed, options, threads, ownWorkers, children, stop }: Program) {
  const lines = [`seed ${seed}: ${JSON.stringify(options)}, ends by ${stop}()`];
  for (const [thread, script] of threads.entries()) {
    const what = thread === 0 ? 'main thread' : ownWorkers ? 'worker of its own' : 'worker';
    lines.push(`${what} ${thread}:`, ...printScript(script, '  '));
  }
  for (const script of children) lines.push('child process:', ...printScript(script, '  '));
  return lines.join('\n');
}

function printScript(script: Script, indent: string): string[] {
  return script.flatMap((step) => {
    const { do: what, ...fields } = step;
    const shown = Object.entries(fields)
      .filter(([, value]) => typeof value !== 'object')
      .map(([key, value]) => `${key} ${value}`);
    const lines = [`${indent}${[what, ...shown].join(', ')}`];
    const deeper = `${indent}  `;
    if ('body' in step) lines.push(...printScript(step.body, deeper));
    if ('branches' in step) {
      for (const branch of step.branches) {
        lines.push(`${deeper}branch`, ...printScript(branch, `${deeper}  `));
      }
    }
    return lines;
  });
}

/** How many steps a program has, those inside others included. */
export function sizeOf({ threads, children }: Program): number {
  const size = (script: Script): number =>
    script.reduce((sum, step) => {
      const inside = 'body' in step ? [step.body] : 'branches' in step ? step.branches : [];
      return sum + 1 + inside.reduce((inner, part) => inner + size(part), 0);
    }, 0);
  return [...threads, ...children].reduce((sum, script) => sum + size(script), 0);
}
