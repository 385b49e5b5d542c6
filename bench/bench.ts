import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import { CASES, type Job } from './cases.js';
import {
  describeMachine,
  type Measurement,
  type Results,
  toMarkdown,
  toTerminal,
  withOthers,
} from './results.js';
import { runJobs } from './run-jobs.js';

const USAGE = `npm run bench                 all cases
npm run bench -- CASE…        some of them: ${CASES.map(({ name }) => name).join(', ')}
  --rounds N    how often each is measured (default 5)
  --quick       each once and small: to see that all of them run
  --json FILE   where the numbers go, too
  --keep        puts the numbers into bench/results/, in place of those that are there of these cases,
                and makes docs/performance.md of all that is there
  --page        measures nothing, and makes docs/performance.md`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !CASES.some((known) => known.name === name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no case '${unknown.join("', '")}'.\n`);
  console.log(USAGE);
  process.exit(values.help ? 0 : 1);
}

if (values.quick && values.keep) {
  console.error(
    'What was measured by --quick is not to be kept: leave out one of --quick and --keep.',
  );
  process.exit(1);
}

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const FOLDER = file('bench/results');
if (!values.page) await measure();
if (values.page || values.keep) makePage();

async function measure(): Promise<void> {
  const cases = CASES.filter(({ name, onlyNamed }) =>
    positionals.length === 0 ? onlyNamed !== true : positionals.includes(name),
  );
  const rounds = values.quick ? 1 : Number(values.rounds);
  const jobs: Job[] = cases.flatMap(({ name, jobs: make }) =>
    make(values.quick).map((job) => ({ case: name, ...job })),
  );
  const bar = new cliProgress.SingleBar({ format: '{bar} {value}/{total} {job}' });
  bar.start(rounds * jobs.length, 0, { job: '' });
  const series = await runJobs(jobs, rounds, (done, job) => {
    bar.update(done, { job: `${job.case} ${job.subject}` });
  });
  bar.update(rounds * jobs.length, { job: '' });
  bar.stop();
  console.log(toTerminal(cases, series));
  const measurement: Measurement = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: describeMachine(),
    rounds,
  };
  const measured = Object.fromEntries(cases.map(({ name }) => [name, measurement]));
  const results: Results = { measured, series };
  if (values.json !== undefined) writeResults(values.json, results);
  if (values.keep) keep(results);
}

/** One file is kept for each release line of Node. */
function keep(results: Results): void {
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}/node-${process.version.slice(1).split('.')[0]}.json`;
  const before = existsSync(path) ? readResults(path) : undefined;
  writeResults(path, withOthers(results, before));
}

function makePage(): void {
  const runs = readdirSync(FOLDER)
    .sort()
    .map((name) => readResults(`${FOLDER}/${name}`));
  const notes = readFileSync(file('bench/notes.md'), 'utf8');
  writeFileSync(file('docs/performance.md'), toMarkdown(CASES, runs, notes));
}

function readResults(path: string): Results {
  return JSON.parse(readFileSync(path, 'utf8')) as Results;
}

function writeResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
}
