import { repetitions } from '../effort.js';
import { type ProgramRun, runProgram } from '../run-program.js';

/**
 * What a writer in the program's own thread keeps is in the heap of that thread, which tells of it to the
 * byte: what is left to allow for is a table that empties itself by a part when it is full. Of a writer
 * in a thread, only the process as a whole can be seen, which takes and gives back as it likes.
 */
const MEASURES = {
  inline: { memory: 'heapUsed + external', allowed: 2 },
  thread: { memory: 'rss', allowed: 96 },
} as const;

/** As much as a process takes for itself says something only beside millions of events. */
export const WRITERS = (['inline', 'thread'] as const).slice(0, repetitions(1, { long: 2 }));

type Writer = keyof typeof MEASURES;

interface Course {
  /** What the program does `count` times, with the `tracer` and the number `i`. */
  readonly record: string;
  readonly count: number;
  /** All tables are full once it has done so that often. */
  readonly settled: number;
  readonly writer: Writer;
  /** What it does at its end. */
  readonly after?: string;
}

interface Growth {
  readonly run: ProgramRun;
  readonly stats: Readonly<Record<string, number>>;
  /** MiB that it held at most behind the first `settled`, more than at most up to there. */
  readonly growth: number;
  /** So many are no growth. */
  readonly allowed: number;
}

/** Lets a program record ever more of something, and sees by how much it grows. */
export async function growthOf({ record, count, settled, writer, after }: Course): Promise<Growth> {
  const { memory, allowed } = MEASURES[writer];
  const run = await runProgram(
    `const tracer = new Tracer('trace.json', { writer: '${writer}' }).start();
const memory = () => {
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return (${memory}) / 2 ** 20;
};
const most = { first: 0, later: 0 };
for (let i = 0; i < ${count}; ) {
  ${record};
  i++;
  if (i % 10_000 === 0) await tracer.flush();
  if (i % 50_000 !== 0) continue;
  const part = i <= ${settled} ? 'first' : 'later';
  most[part] = Math.max(most[part], memory());
}
const stats = await tracer.stop();
console.log(JSON.stringify({ growth: most.later - most.first, stats }));
${after ?? ''}`,
    { nodeArgs: ['--expose-gc'] },
  );
  return { run, allowed, ...JSON.parse(run.stdout) };
}
