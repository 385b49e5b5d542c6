import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { repetitions } from '../effort.js';
import { Lane } from './lane.js';
import { type Program, printProgram, sizeOf } from './program.js';
import { randomPrograms } from './random-programs.js';
import { smaller } from './shrink.js';

/** How many programs run in each format; what is not of the format has been seen in the first one. */
const PROGRAMS = {
  json: repetitions(2000, { quick: 250 }),
  perfetto: repetitions(2000, { quick: 60 }),
};
const LANES = 3;
/** What to run at most to find out how little of a program is enough to fail. */
const MAX_SHRINKS = 500;
/** So often is a program run that may have failed by chance. */
const TRIES = 2;

interface Failure {
  readonly program: Program;
  readonly problems: readonly string[];
}

/** The smallest program found that fails, too. */
async function shrink(failure: Failure, lanes: readonly Lane[]): Promise<Failure> {
  let best = failure;
  let candidates = smaller(best.program);
  for (let runs = 0; runs < MAX_SHRINKS; runs += lanes.length) {
    const found = await Promise.all(
      lanes.map(async (lane) => {
        const { value: program } = candidates.next();
        if (program === undefined) return undefined;
        let problems: readonly string[] = [];
        for (let i = 0; i < TRIES && problems.length === 0; i++) {
          problems = (await lane.try(program)).problems;
        }
        return { program, problems };
      }),
    );
    const smallest = found.find((tried) => tried !== undefined && tried.problems.length > 0);
    if (smallest !== undefined) {
      best = smallest;
      candidates = smaller(best.program);
    } else if (found.includes(undefined)) return best;
  }
  return best;
}

for (const format of ['json', 'perfetto'] as const) {
  test(`what viewers draw of any program is what it did, to the nanosecond (${format})`, (context) =>
    runPrograms(format, context));
}

async function runPrograms(format: 'json' | 'perfetto', context: TestContext): Promise<void> {
  const programs = randomPrograms(format, PROGRAMS[format]);
  const lanes = Array.from({ length: LANES }, () => new Lane());
  let count = 0;
  let steps = 0;
  let undecided = 0;
  let failure: Failure | undefined;
  const drive = async (lane: Lane): Promise<void> => {
    while (failure === undefined) {
      const { value: program } = programs.next();
      if (program === undefined) return;
      count++;
      steps += sizeOf(program);
      const { problems, decided } = await lane.try(program);
      if (!decided) undecided++;
      if (problems.length > 0) failure ??= { program, problems };
    }
  };
  try {
    await Promise.all(lanes.map(drive));
    context.diagnostic(`${count} programs of ${steps} steps, ${undecided} of them undecided`);
    if (failure === undefined) {
      // A single program, of a seed, may be one of those.
      assert.ok(count === 1 || undecided < count / 4, `${undecided} of ${count} are undecided`);
      return;
    }
    const { program, problems } = failure as Failure;
    const least = await shrink({ program, problems }, lanes);
    assert.fail(
      `TRACELANE_SEED=${program.seed} fails:\n${list(problems)}\n\n` +
        `as does what is left here of it:\n${printProgram(least.program)}\n\n${list(least.problems)}`,
    );
  } finally {
    for (const lane of lanes) lane.stop();
  }
}

function list(problems: readonly string[]): string {
  return problems.slice(0, 20).join('\n');
}
