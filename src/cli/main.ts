import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError, Option } from 'commander';
import { manifest } from '../locations.js';
import { CAPTURES, PROPAGATES } from '../runtime/settings.js';
import { SOURCE_NAMES } from '../runtime/sources.js';
import { inUnits, TIMES } from '../trace-event/units.js';
import { DEFAULT_MAX_BYTES } from '../view/report/write-report.js';
import { checkCommand } from './check-command.js';
import { convertCommand } from './convert-command.js';
import { cutCommand } from './cut-command.js';
import { diffCommand } from './diff-command.js';
import { mergeCommand } from './merge-command.js';
import { complain, EXIT, fail } from './output.js';
import { reportCommand } from './report-command.js';
import { runCommand } from './run-command.js';
import { SORT_KEYS, summaryCommand } from './summary-command.js';
import { viewCommand } from './view-command.js';

const FORMATS =
  'A trace is a file in the Chrome trace event format, from any tool (an array of events, or an object\n' +
  'with traceEvents), in that of Perfetto (.pftrace), or a CPU profile of V8 (.cpuprofile); plain, or\n' +
  'packed by gzip or zstd; whole or cut off by a crash (not a profile). `-` is standard input, for check,\n' +
  'summary, view, report, convert and one side of diff.';

const EXIT_CODES =
  'Exit codes: 0 all is well; 1 something was found (errors in a trace, a limit passed);\n' +
  '2 the command could not be carried out.';

// Nearly all that reading makes is gone at once. V8 would give it 96 MiB for that on Node 26, a fourth of which
// is as fast. The flag says how fast that memory grows; V8 asks for it each time.
setFlagsFromString('--semi-space-growth-factor=1');

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError('A whole number, 0 or more, was expected.');
  }
  return Number(text);
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError(
      'A port was expected: from 1 to 65535, or 0 for any that is free.',
    );
  }
  return Number(text);
}

function part(text: string): number {
  const match = /^(\d+(?:\.\d+)?)%?$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('A percentage was expected, like 10%.');
  return Number(match[1]) / 100;
}

function nanoseconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(ns|us|µs|ms|s)$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('A time was expected, like 500us or 2ms.');
  return inUnits(match[1], match[2], TIMES);
}

const BYTES: Readonly<Record<string, number>> = { kB: 3, KB: 3, MB: 6, GB: 9 };

function sizeInBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(kB|KB|MB|GB)$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('A size was expected, like 200MB.');
  return inUnits(match[1], match[2], BYTES);
}

function oneOf(text: string): number {
  const match = /^1\/(\d{1,9})$/.exec(text.trim());
  if (match === null || Number(match[1]) === 0) {
    throw new InvalidArgumentError('A part was expected, like 1/100.');
  }
  return Number(match[1]);
}

function packageVersion(): string {
  return String(JSON.parse(readFileSync(manifest(), 'utf8')).version);
}

const program = new Command('tracelane')
  .description('Records what programs do; checks, summarises, compares, shows and joins traces.')
  .version(packageVersion())
  .addHelpText('after', `\n${FORMATS}\n\n${EXIT_CODES}`)
  .showHelpAfterError('(tracelane --help tells how it is used)')
  .configureOutput({ writeErr: (text) => complain(text.trimEnd()) })
  .enablePositionalOptions()
  .exitOverride();

program
  .command('run')
  .summary('record a program that was not touched')
  .description(
    'Runs a script, or any command with Node processes below it, and records what they do on all\n' +
      'their threads: requests, the event loop, memory and more. Input, output, signals and the exit\n' +
      "code are the command's. Each option can be given by its variable, too.",
  )
  .argument('<command...>', 'a script with its arguments, options of node, or a command')
  .passThroughOptions()
  .addOption(
    new Option(
      '-o, --output <file>',
      'the trace; %p is the pid, %t the time, %n a number (default: trace.json)',
    ).env('TRACELANE_OUTPUT'),
  )
  .addOption(
    new Option(
      '--sources <list>',
      `what is recorded: ${SOURCE_NAMES.join(', ')}, all, default; -name leaves one out`,
    ).env('TRACELANE_SOURCES'),
  )
  .addOption(
    new Option('--categories <list>', "categories to record: 'http,gc' or '*,-net'").env(
      'TRACELANE_CATEGORIES',
    ),
  )
  .addOption(
    new Option(
      '--capture <list>',
      `what may hold secrets, and is left out else: ${CAPTURES.join(', ')}`,
    ).env('TRACELANE_CAPTURE'),
  )
  .addOption(
    new Option(
      '--propagate <which>',
      `which requests carry the header traceparent: ${PROPAGATES.join(', ')} (default: loopback)`,
    ).env('TRACELANE_PROPAGATE'),
  )
  .addOption(
    new Option('--channel <list>', 'channels of node:diagnostics_channel to record').env(
      'TRACELANE_CHANNELS',
    ),
  )
  .addOption(
    new Option('--tick-threshold <ms>', 'show ticks of the event loop from so long on').env(
      'TRACELANE_TICK_THRESHOLD',
    ),
  )
  .option('--no-samples', 'do not sample what the CPU does')
  .addOption(
    new Option(
      '--sample-interval <µs>',
      'microseconds between samples, from 100 (which slows a busy program down by half) to 1000000',
    ).env('TRACELANE_SAMPLE_INTERVAL'),
  )
  .option('--open', 'view the trace when the command has ended')
  .option('--report <out>', 'write a report of the trace when the command has ended')
  .option('--quiet', 'say nothing at the end')
  .addHelpText(
    'after',
    '\nExample: tracelane run server.js --port 3000\n' +
      '         tracelane run -o test.json -- npm test',
  )
  .action(runCommand);

program
  .command('check')
  .summary('find what viewers would drop or misread')
  .description(
    'Checks traces against what Perfetto, chrome://tracing, DevTools and speedscope accept: for\n' +
      'each finding, what each viewer makes of it, and how to mend it. Exit code 1 if there are errors.',
  )
  .argument('<file...>', 'traces, or - for standard input')
  .option('--json', 'print the findings as JSON')
  .option('--limit <n>', 'findings of each rule that are shown', wholeNumber, 5)
  .option('--repair <out>', 'write a trace that passes, and say what was changed')
  .addHelpText('after', '\nExample: tracelane check trace.json --repair repaired.json')
  .action(checkCommand);

program
  .command('summary')
  .summary('where the time went')
  .description(
    'Shows where the time went in a trace: by name (or category, or thread) how often, how long,\n' +
      'without what is inside (self), and how it is spread; how busy threads were, and how many async\n' +
      'operations were open; counters; the longest calls; what was never ended.',
  )
  .argument('<file>', 'a trace, or - for standard input')
  .addOption(
    new Option('--by <what>', 'what is put together')
      .choices(['name', 'category', 'thread'])
      .default('name'),
  )
  .addOption(
    new Option('--sort <column>', 'the largest first')
      .choices([...SORT_KEYS, 'name'])
      .default('total'),
  )
  .option('--filter <text>', 'only names that contain this, or match /a regular expression/')
  .option('--top <n>', 'rows of each table', wholeNumber, 20)
  .option(
    '--tree',
    'calls below the calls that they lie in, counted and summed (--by name or thread)',
  )
  .addOption(
    new Option(
      '--requests',
      'outermost calls by name: how often, how long, and where their time went',
    ).conflicts(['tree', 'csv']),
  )
  .addOption(
    new Option('--request <id>', 'one of them, with all that belongs to it, as a tree').conflicts([
      ...['requests', 'tree', 'csv', 'filter'],
    ]),
  )
  .addOption(
    new Option('--json', 'print everything as JSON, times in nanoseconds').conflicts('csv'),
  )
  .addOption(
    new Option('--csv', 'print the table of names as CSV, times in nanoseconds').conflicts('tree'),
  )
  .addHelpText('after', '\nExample: tracelane summary trace.json --filter db --sort p95 --top 10')
  .action(summaryCommand);

program
  .command('diff')
  .summary('what has become slower or faster')
  .description(
    'Compares two traces by name: how often, and how long a call takes before and after, by its mean\n' +
      'and its 95th percentile; what costs or saves most first.',
  )
  .argument('<before>', 'a trace')
  .argument('<after>', 'another one')
  .option('--filter <text>', 'only names that contain this, or match /a regular expression/')
  .option('--top <n>', 'rows of the table', wholeNumber, 20)
  .option(
    '--fail-above <percent>',
    'exit with 1 if a call of a name that is in both takes more than so much longer, on average or at p95',
    part,
  )
  .option('--total', 'compare the total of all calls in place of the time of a call')
  .option('--min-calls <n>', 'names with fewer calls in either trace do not fail', wholeNumber, 10)
  .addOption(
    new Option('--min-change <time>', 'nor do those that cost less than this over all calls')
      .argParser(nanoseconds)
      .default(1e6, '1ms'),
  )
  .option('--json', 'print everything as JSON, times in nanoseconds')
  .addHelpText('after', '\nExample: tracelane diff main.json branch.json --fail-above 10%')
  .action(diffCommand);

program
  .command('view')
  .summary('look at a trace in the browser')
  .description(
    'Opens the trace in a page of this machine: nothing is uploaded, nothing is loaded from the\n' +
      'internet. The page opens at once, large files show how far reading has come. Ends by Ctrl-C.',
  )
  .argument('<file>', 'a trace, or - for standard input')
  .option('--follow', 'show what a program that is still running adds to the file')
  .addOption(
    new Option('--perfetto', 'open it in the Perfetto UI, a page of the internet').conflicts(
      'speedscope',
    ),
  )
  .option('--speedscope', 'open it in the speedscope that comes with this package')
  .option(
    '--port <n>',
    'port of the server (the Perfetto UI takes files from 9001 only)',
    portNumber,
  )
  .option('--once', 'end when the page is closed, or another viewer has loaded the file')
  .option('--no-open', 'print the address only')
  .addHelpText('after', '\nExample: tracelane view trace.json')
  .action(viewCommand);

program
  .command('report')
  .summary('make one HTML file of a trace, to send or to keep')
  .description(
    'Writes the trace and the page that shows it as one file. It opens in any browser, from the disk, a\n' +
      "mail or the artefacts of a build, and loads nothing. What is in the trace is in it: don't send what\n" +
      'nobody may see.',
  )
  .argument('<file>', 'a trace, or - for standard input')
  .requiredOption('-o, --output <out>', 'the file to write')
  .option('--from <time>', 'from so long after the first event on, like 2s', nanoseconds)
  .option('--to <time>', 'up to so long after it', nanoseconds)
  .addOption(
    new Option('--max-size <size>', 'refuse to write a larger one')
      .argParser(sizeInBytes)
      .default(DEFAULT_MAX_BYTES, '64MB'),
  )
  .addHelpText('after', '\nExample: tracelane report trace.json -o report.html')
  .action(reportCommand);

program
  .command('merge')
  .summary('join traces of several processes or machines')
  .description(
    'Joins traces into one. Their clocks are aligned by what they say of them; processes that have\n' +
      'the same pid, and ids that are begun in several files, get other numbers.',
  )
  .argument('<file...>', 'traces: the first one sets the clock')
  .requiredOption('-o, --output <out>', 'the file to write')
  .option('--json', 'print what was done as JSON')
  .addHelpText('after', '\nExample: tracelane merge server.json client.json -o both.json')
  .action(mergeCommand);

program
  .command('convert')
  .summary('write a trace in another format, or packed')
  .description(
    "Writes a trace as the name of the output tells: .json (Chrome's format) or .pftrace (Perfetto's);\n" +
      ".cpuprofile (V8's) and .speedscope.json, which have slices of threads only; packed if .gz or .zst\n" +
      'follows. What the format has no place for is said on standard error.',
  )
  .argument('<file>', 'a trace, or - for standard input')
  .requiredOption('-o, --output <out>', 'the file to write')
  .option(
    '--thread <which>',
    'of a profile: the thread of this tid or pid/tid, or with this in its name',
  )
  .option('--json', 'print what was done as JSON')
  .addHelpText('after', '\nExample: tracelane convert trace.json -o trace.pftrace')
  .action(convertCommand);

program
  .command('cut')
  .summary('make a smaller trace of one that is too large to look at')
  .description(
    'Keeps what all of the options agree on, and what it needs: what lasts into the time is kept whole,\n' +
      'as are arrows of which one end is in it, with the slices at the other; counters begin with the\n' +
      'values that they had; names of processes and threads stay.',
  )
  .argument('<file>', 'a trace')
  .requiredOption('-o, --output <out>', 'the file to write')
  .option('--from <time>', 'from so long after the first event on, like 2s', nanoseconds)
  .option('--to <time>', 'up to so long after it', nanoseconds)
  .option('--around <name>', 'the time of the first call, or instant, of a name')
  .addOption(
    new Option('--before <time>', 'so much before it, too')
      .argParser(nanoseconds)
      .default(100e6, '100ms'),
  )
  .addOption(
    new Option('--after <time>', 'and so much after it')
      .argParser(nanoseconds)
      .default(100e6, '100ms'),
  )
  .option('--request <id>', 'what belongs to one request, as summary --requests names it')
  .option('--name <text>', 'only names that contain this, or match /a regular expression/')
  .option('--category <list>', 'only these categories')
  .option('--thread <which>', 'only threads of this tid, or with this in their name')
  .option('--process <which>', 'only processes of this pid, or with this in their name')
  .option('--min-duration <time>', 'only calls that take so long', nanoseconds)
  .option('--depth <n>', 'only slices that lie in fewer than so many others', wholeNumber)
  .option(
    '--sample <part>',
    'one of so many outermost calls, with all that belongs to it: 1/100',
    oneOf,
  )
  .addOption(
    new Option('--max-size <size>', 'leave out the shortest calls until it is no larger').argParser(
      sizeInBytes,
    ),
  )
  .addOption(
    new Option('--split <size>', 'several files: out.1.json, …; each event in the one of its time')
      .argParser(sizeInBytes)
      .conflicts('maxSize'),
  )
  .option('--json', 'print what was done as JSON, times in nanoseconds')
  .addHelpText(
    'after',
    '\nExample: tracelane cut huge.json --from 2s --to 5s -o part.json\n' +
      "         tracelane cut huge.json --around 'GET /orders' --max-size 200MB -o part.json",
  )
  .action(cutCommand);

// If whatever reads the output has seen enough, like `head`, that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  complain(`tracelane: standard output cannot be written: ${error.message}`);
  process.exit(EXIT.failed);
});
// Where nobody reads what it says besides, the command does its work, and ends as it would.
process.stderr.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  const { code, exitCode } = error as { code?: string; exitCode?: number };
  if (!code?.startsWith('commander.')) fail(error);
  // commander has said it already.
  else process.exitCode = exitCode === 0 ? EXIT.ok : EXIT.failed;
}
