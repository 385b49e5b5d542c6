import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import { checkBars } from './bars.js';
import { CASES, type Job } from './cases.js';
import { describeMachine, type Results, toMarkdown, toTerminal } from './results.js';
import { runJobs } from './run-jobs.js';

const USAGE = `npm run bench                 all cases; writes docs/performance.md
npm run bench -- CASE…        some of them: ${CASES.map(({ name }) => name).join(', ')}
  --rounds N    how often each is measured (default 5)
  --quick       each once and small: to see that all of them run
  --json FILE   where the numbers go (default: bench/results/, if all cases run)`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !CASES.some((known) => known.name === name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no case '${unknown.join("', '")}'.\n`);
  console.log(USAGE);
  process.exit(values.help ? 0 : 1);
}

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const all = CASES.filter(({ onlyNamed }) => onlyNamed !== true);
const cases =
  positionals.length === 0 ? all : CASES.filter(({ name }) => positionals.includes(name));
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

const results: Results = {
  date: new Date().toISOString().slice(0, 10),
  machine: describeMachine(),
  node: process.version,
  rounds,
  series,
  bars: values.quick ? [] : checkBars(series),
};
console.log(toTerminal(cases, results));
const whole = all.every((one) => cases.includes(one)) && !values.quick;
const json = `${JSON.stringify(results, null, 1)}\n`;
if (values.json !== undefined) writeFileSync(values.json, json);
else if (whole) {
  // One run is kept for each release line of Node.
  const folder = file('bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/node-${process.version.slice(1).split('.')[0]}.json`, json);
  const runs = readdirSync(folder)
    .sort()
    .map((name): Results => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
  const notes = readFileSync(file('bench/notes.md'), 'utf8');
  writeFileSync(file('docs/performance.md'), toMarkdown(all, runs, notes));
}
