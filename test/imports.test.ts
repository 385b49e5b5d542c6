import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

/** A folder with all that is in it, or one file. */
interface Target {
  readonly path: string;
  /** Only for types, which leave nothing behind in the compiled code. */
  readonly typeOnly?: true;
}

const TRACE_EVENT: Target = { path: 'trace-event/' };
const CPU_PROFILE: Target = { path: 'cpu-profile/' };
const ENCODING: Target = { path: 'encoding/' };
const PACKING: Target = { path: 'encoding/packing/' };
const API: Target = { path: 'recorder/api/' };
const SESSION: Target = { path: 'recorder/session/' };
const RECORD: Target = { path: 'recorder/record/' };
const ARENA: Target = { path: 'recorder/arena/' };
const ASSEMBLE: Target = { path: 'recorder/assemble/' };
const FORMAT: Target = { path: 'recorder/format/' };
const WRITER: Target = { path: 'recorder/writer/' };
const ERRORS: Target = { path: 'recorder/errors.ts' };
const CLOCK: Target = { path: 'recorder/clock.ts' };
const HOST: Target = { path: 'recorder/host.ts' };
const OPTIONS: Target = { path: 'recorder/options.ts' };
const FILE_NAMES: Target = { path: 'trace-event/file-names.ts' };
const OUTPUT_PATH: Target = { path: 'recorder/output-path.ts' };
const TYPES: Target = { path: 'recorder/types.ts' };
const SOURCE: Target = { path: 'reader/source/' };
const TIMELINE: Target = { path: 'reader/timeline/' };
const SUMMARY: Target = { path: 'reader/summary/' };
const MERGE: Target = { path: 'reader/merge/' };
const AHEAD: Target = { path: 'reader/ahead/' };
const OUTPUT: Target = { path: 'reader/output/' };
const CHECK: Target = { path: 'reader/check/' };
const REPORT: Target = { path: 'recorder/record/report.ts' };
const CHILD_PROCESSES: Target = { path: 'recorder/session/child-processes.ts' };
const SHARED_STATE: Target = { path: 'recorder/session/shared-state.ts' };
const RUNTIME: Target = { path: 'runtime/' };
const LOCATIONS: Target = { path: 'locations.ts' };
const UNITS: Target = { path: 'trace-event/units.ts' };
const WRITER_PROGRAM: Target = { path: 'writer-program.ts' };
const INTRINSICS: Target = { path: 'intrinsics/' };

const WIRE: Target = { path: 'view/wire/' };
const MODEL: Target = { path: 'view/model/' };
const LOAD: Target = { path: 'view/load/' };
const REPORT_CODEC: Target = { path: 'view/report/' };
/** What of the reader runs in a browser, too. */
const FOR_BROWSERS: readonly Target[] = [
  { path: 'reader/requests/request-times.ts' },
  { path: 'reader/summary/durations.ts' },
  { path: 'reader/summary/open-by-stretch.ts' },
  { path: 'reader/timeline/sort-rows.ts' },
  UNITS,
];

const types = (target: Target): Target => ({ ...target, typeOnly: true });

/**
 * What each part of the library may import, besides its own files and Node's modules. A file
 * belongs to the part with the longest name that fits it. Data takes one road, from the API to the
 * arena and from there to the file, and imports never run against it.
 */
const ALLOWED: Readonly<Record<string, readonly Target[]>> = {
  'index.ts': [API, ERRORS, TYPES, TRACE_EVENT],
  'writer-thread.ts': [ARENA, WRITER],
  // The format's facts: where what records and what reads traces meet, and nowhere else.
  'trace-event/': [INTRINSICS],
  // How bytes are written that both write: buffers, packed files, and the parts of Perfetto's format.
  'encoding/': [TRACE_EVENT],
  // The language as it was when the library was loaded.
  'intrinsics/': [],
  'recorder/api/': [
    ...[SESSION, RECORD, ARENA, ERRORS, OPTIONS, OUTPUT_PATH],
    ...[TYPES, TRACE_EVENT, INTRINSICS],
  ],
  'recorder/session/': [
    ...[WRITER, RECORD, ASSEMBLE, FORMAT, ARENA, PACKING],
    ...[ERRORS, OPTIONS, OUTPUT_PATH, TYPES, TRACE_EVENT, WRITER_PROGRAM, CLOCK, HOST, INTRINSICS],
  ],
  'recorder/record/': [ARENA, CLOCK, TRACE_EVENT, INTRINSICS],
  'recorder/writer/': [ASSEMBLE, FORMAT, ARENA, PACKING, CLOCK, TRACE_EVENT, INTRINSICS],
  'recorder/assemble/': [FORMAT, ARENA, TRACE_EVENT],
  'recorder/format/': [{ path: 'recorder/arena/records.ts' }, ENCODING, TRACE_EVENT],
  'recorder/arena/': [INTRINSICS],
  'recorder/options.ts': [ERRORS, TYPES, OUTPUT_PATH, FILE_NAMES],
  'recorder/output-path.ts': [INTRINSICS],
  'recorder/clock.ts': [HOST, INTRINSICS],
  'recorder/host.ts': [],
  'recorder/errors.ts': [],
  'recorder/types.ts': [],
  'reader.ts': [SOURCE, types(TRACE_EVENT)],
  'reader/source/': [CPU_PROFILE, TRACE_EVENT],
  'reading-thread.ts': [AHEAD],
  'reader/ahead/': [SOURCE, LOCATIONS],
  'reader/timeline/': [SOURCE, TRACE_EVENT],
  'reader/output/': [CPU_PROFILE, TIMELINE, SOURCE, ENCODING, TRACE_EVENT],
  'reader/convert/': [OUTPUT, SOURCE],
  'reader/check/': [AHEAD, TIMELINE, SOURCE, TRACE_EVENT],
  'reader/repair/': [CHECK, TIMELINE, OUTPUT, SOURCE, TRACE_EVENT],
  'reader/requests/': [SUMMARY, TIMELINE, SOURCE, TRACE_EVENT],
  'reader/summary/': [AHEAD, TIMELINE, SOURCE, TRACE_EVENT],
  'reader/cut/': [
    ...[SUMMARY, TIMELINE, OUTPUT, SOURCE, TRACE_EVENT],
    { path: 'reader/requests/' },
  ],
  'reader/merge/': [TIMELINE, OUTPUT, SOURCE, TRACE_EVENT],
  // Profiles of V8's as slices: those of the recorder's own samples, and those that are read from files.
  'cpu-profile/': [TRACE_EVENT],
  // What is recorded by itself: it uses the recorder as programs do, and the few doors inside it that
  // the API has.
  'runtime/': [
    ...[API, ERRORS, TYPES, REPORT, CHILD_PROCESSES, SHARED_STATE, TRACE_EVENT, CPU_PROFILE],
    ...[{ path: 'intrinsics/random.ts' }, { path: 'recorder/session/output-file.ts' }],
  ],
  'runtime.ts': [RUNTIME],
  'register.ts': [RUNTIME],
  // The viewer: what the page asks, the columns that answer, what fills them, and the two doors.
  'view/wire/': [],
  'view/model/': [WIRE, ...FOR_BROWSERS],
  'view/load/': [MODEL, WIRE, AHEAD, SUMMARY, TIMELINE, SOURCE, OUTPUT, MERGE, TRACE_EVENT],
  'view/server/': [WIRE, LOCATIONS],
  'view/report/': [MODEL, WIRE, LOAD, LOCATIONS, SOURCE, OUTPUT],
  'view/page/': [WIRE, { path: 'view/model/search.ts' }],
  // Scripts that open the trace in the page.
  'view/page/clients/': [WIRE, MODEL, REPORT_CODEC],
  'cli/': [{ path: 'reader/' }, RUNTIME, { path: 'view/' }, LOCATIONS, UNITS],
  'locations.ts': [],
  'writer-program.ts': [],
};

/** Packages that the build puts into the files of command line and page. What records has none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'cli/': [
    ...['cli-progress', 'cli-table3', 'commander', 'csv-stringify/sync', 'picocolors'],
    'string-width',
  ],
  'view/page/': ['preact', 'preact/hooks'],
};

/** What pages run behind the page's own script. */
const PAGE_SCRIPTS = ['open-view', 'take-part', 'open-report', 'report-worker'].map(
  (name) => `view/page/clients/${name}.ts`,
);

/** What is started from outside: by programs, as a thread, and as a command. */
const ENTRIES = [
  ...['index.ts', 'reader.ts', 'runtime.ts', 'register.ts'],
  ...['writer-thread.ts', 'reading-thread.ts', 'cli/main.ts', ...PAGE_SCRIPTS],
  'view/page/main.tsx',
];

interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly typeOnly: boolean;
  /** `export * from`. */
  readonly everything: boolean;
}

interface Token {
  readonly kind: 'word' | 'string' | 'sign';
  readonly text: string;
  readonly line: number;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|//[^\n]*|/\*.*?\*/)`,
    String.raw`(?<word>[\p{ID_Start}$_#][\p{ID_Continue}$]*|\d[\w.]*)`,
    String.raw`(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")`,
    String.raw`(?<template>\x60(?:\\.|[^\\\x60])*\x60)`,
    '(?<sign>.)',
  ].join('|'),
  'suy',
);
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** Before a regular expression; what stands before a division is a value. */
const NO_VALUE = /^(?:[^)\]}\w$]|return|typeof|case|in|of|yield|await)$/;

/** The words, strings and signs of a source file; a template or regular expression is one sign. */
function* tokens(source: string): Generator<Token> {
  let line = 1;
  let last = ';';
  for (let at = 0; at < source.length; ) {
    const { 0: text, groups } = matchAt(source, at, last);
    at += text.length;
    if (groups?.['space'] === undefined) {
      last = text;
      if (groups?.['word'] !== undefined) yield { kind: 'word', text, line };
      else if (groups?.['string'] === undefined) yield { kind: 'sign', text, line };
      else yield { kind: 'string', text: text.slice(1, -1), line };
    }
    line += text.split('\n').length - 1;
  }
}

function matchAt(source: string, at: number, last: string): RegExpExecArray {
  const mayDivide = source[at] !== '/' || /[/*]/.test(source[at + 1] ?? '') || !NO_VALUE.test(last);
  for (const pattern of mayDivide ? [TOKEN] : [REGULAR_EXPRESSION, TOKEN]) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) return match;
  }
  throw new Error(`cannot read on at ${source.slice(at, at + 40)}`);
}

/** The imports of a source file, and what it exports from others. */
function importsOf(source: string): Import[] {
  const all = [...tokens(source)];
  const found: Import[] = [];
  for (const [index, { kind, text, line }] of all.entries()) {
    const isMember = all[index - 1]?.text === '.' && all[index - 2]?.text !== '.';
    if (kind !== 'word' || isMember) continue;
    const next = all[index + 1];
    if ((text === 'require' || text === 'import') && next?.text === '(') {
      found.push(call(all[index + 2], line));
    } else if (text === 'import' && next?.kind === 'string') {
      found.push({ specifier: next.text, line, typeOnly: false, everything: false });
    } else if ((text === 'import' && next?.text !== '.') || text === 'export') {
      const statement = fromClause(all.slice(index + 1));
      if (statement !== undefined) found.push({ ...statement, line });
    }
  }
  return found;
}

/** `import(…)`, of a module or in a type, and `require(…)`. */
function call(argument: Token | undefined, line: number): Import {
  const specifier = argument?.kind === 'string' ? argument.text : '(not a constant)';
  return { specifier, line, typeOnly: false, everything: false };
}

/** What follows `import` or `export`, if it ends in `from` and a module. */
function fromClause(rest: readonly Token[]): Omit<Import, 'line'> | undefined {
  // Only names, braces, commas and a star stand before `from`.
  const end = rest.findIndex(
    ({ kind, text }) => kind === 'string' || (kind === 'sign' && !'{},*'.includes(text)),
  );
  const specifier = rest[end];
  if (specifier?.kind !== 'string' || rest[end - 1]?.text !== 'from') return undefined;
  const [first, second] = rest;
  const typeOnly = first?.text === 'type' && second?.text !== ',' && second?.text !== 'from';
  const star = typeOnly ? second : first;
  const everything = star?.text === '*' && rest[end - 2] === star;
  return { specifier: specifier.text, typeOnly, everything };
}

/** What a file imports against the rules, each with the rule. `file` is relative to src/. */
function violations(file: string, source: string): string[] {
  const part = partOf(file);
  const targets = part === undefined ? undefined : ALLOWED[part];
  if (part === undefined || targets === undefined)
    return [`src/${file}: belongs to no part of the library`];
  const problems: string[] = [];
  for (const found of importsOf(source)) {
    const rule = brokenRule(file, part, targets, found);
    if (rule === undefined) continue;
    const { specifier, line, typeOnly } = found;
    problems.push(`src/${file}:${line}: ${typeOnly ? 'type ' : ''}'${specifier}': ${rule}`);
  }
  return problems;
}

function brokenRule(
  file: string,
  part: string,
  targets: readonly Target[],
  { specifier, typeOnly, everything }: Import,
): string | undefined {
  if (everything) return 'exports are named, never `export *`';
  if (specifier.startsWith('node:')) return undefined;
  if (PACKAGES[part]?.includes(specifier) === true) return undefined;
  if (!/^\.\.?\//.test(specifier)) {
    return "the library has no dependencies: only './…', '../…' and 'node:…'";
  }
  const path = resolve(file, specifier);
  if (partOf(path) === part) return undefined;
  const target = targets.find((to) => path === to.path || isInside(path, to.path));
  if (target !== undefined && (typeOnly || target.typeOnly !== true)) return undefined;
  const names = targets.map((to) => (to.typeOnly === true ? `${to.path} (types only)` : to.path));
  return `${part} imports ${names.length === 0 ? 'no other part' : `only ${names.join(', ')}`}`;
}

/** The part that a file belongs to: the one with the longest name that fits. */
function partOf(path: string): string | undefined {
  const parts = Object.keys(ALLOWED).filter((part) => path === part || isInside(path, part));
  return parts.sort((a, b) => b.length - a.length)[0];
}

function isInside(path: string, folder: string): boolean {
  return folder.endsWith('/') && path.startsWith(folder);
}

/** The source that an import leads to, relative to src/. */
function resolve(file: string, specifier: string): string {
  const path = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  return existsSync(join(SOURCES, `${path}x`)) ? `${path}x` : path;
}

/** Ways that lead from a file back to it; of each circle one. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const follow = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) follow(next, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) follow(file, []);
  return circles;
}

function sourceFiles(): string[] {
  return readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(SOURCES, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
}

function read(file: string): string {
  return readFileSync(join(SOURCES, file), 'utf8');
}

describe('imports of the library', () => {
  test('they run one way: from api to record to arena, and from writer to format', () => {
    const files = sourceFiles();
    assert.ok(files.includes('index.ts'), `no sources in ${SOURCES}`);
    const problems = files.flatMap((file) => violations(file, read(file)));
    assert.deepEqual(problems, []);
  });

  test('no file imports itself by way of others', () => {
    const imports = new Map(
      sourceFiles().map((file) => [
        file,
        importsOf(read(file)).map(({ specifier }) => resolve(file, specifier)),
      ]),
    );
    assert.deepEqual(circlesIn(imports), []);
  });

  test('each file has an import that leads to it', () => {
    const used = new Set(
      sourceFiles().flatMap((file) =>
        importsOf(read(file)).map(({ specifier }) => resolve(file, specifier)),
      ),
    );
    const unused = sourceFiles().filter((file) => !used.has(file) && !ENTRIES.includes(file));
    assert.deepEqual(unused, []);
  });
});

describe('the check of imports', () => {
  const refused: readonly [says: string, file: string, source: string, problem: string][] = [
    [
      'an import against the direction',
      'recorder/record/recorder.ts',
      "\nimport { Tracer } from '../api/tracer.js';",
      "src/recorder/record/recorder.ts:2: '../api/tracer.js': recorder/record/ imports only recorder/arena/, recorder/clock.ts, trace-event/, intrinsics/",
    ],
    [
      'one of a type',
      'recorder/assemble/flows.ts',
      "import type { Drain } from '../writer/drain.js';",
      "src/recorder/assemble/flows.ts:1: type '../writer/drain.js': recorder/assemble/ imports only recorder/format/, recorder/arena/, trace-event/",
    ],
    [
      'one of a value where types are allowed',
      'reader.ts',
      "import { EventType } from './trace-event/events.js';",
      "src/reader.ts:1: './trace-event/events.js': reader.ts imports only reader/source/, trace-event/ (types only)",
    ],
    [
      'one that leaves an empty import behind, though all its names are types',
      'reader.ts',
      "import { type Args } from './trace-event/events.js';",
      "src/reader.ts:1: './trace-event/events.js': reader.ts imports only reader/source/, trace-event/ (types only)",
    ],
    [
      'a file of a part of which another file is allowed',
      'recorder/format/format.ts',
      "import {\n  Arena, // of the program\n} from '../arena/arena.js';",
      "src/recorder/format/format.ts:1: '../arena/arena.js': recorder/format/ imports only recorder/arena/records.ts, encoding/, trace-event/",
    ],
    [
      'an export from another part',
      'recorder/arena/layout.ts',
      "export { ByteBuffer } from '../../encoding/byte-buffer.js';",
      "src/recorder/arena/layout.ts:1: '../../encoding/byte-buffer.js': recorder/arena/ imports only intrinsics/",
    ],
    [
      'the recorder where traces are read',
      'reader/timeline/timed-event.ts',
      "import { Arena } from '../../recorder/arena/arena.js';",
      "src/reader/timeline/timed-event.ts:1: '../../recorder/arena/arena.js': reader/timeline/ imports only reader/source/, trace-event/",
    ],
    [
      'the public entry',
      'recorder/arena/arena.ts',
      "import { Tracer } from '../../index.js';",
      "src/recorder/arena/arena.ts:1: '../../index.js': recorder/arena/ imports only intrinsics/",
    ],
    [
      'a file outside of src',
      'recorder/arena/arena.ts',
      "import manifest from '../../../package.json' with { type: 'json' };",
      "src/recorder/arena/arena.ts:1: '../../../package.json': recorder/arena/ imports only intrinsics/",
    ],
    [
      'a package',
      'recorder/arena/arena.ts',
      "import 'source-map-support/register.js';",
      "src/recorder/arena/arena.ts:1: 'source-map-support/register.js': the library has no dependencies: only './…', '../…' and 'node:…'",
    ],
    [
      'a module of Node without its prefix',
      'recorder/arena/arena.ts',
      "import fs from 'fs';",
      "src/recorder/arena/arena.ts:1: 'fs': the library has no dependencies: only './…', '../…' and 'node:…'",
    ],
    [
      'an import() in the middle of a line',
      'recorder/arena/arena.ts',
      "const half = total / 2; const { Session } = await import('../session/session.js');",
      "src/recorder/arena/arena.ts:1: '../session/session.js': recorder/arena/ imports only intrinsics/",
    ],
    [
      'an import() in a type',
      'recorder/arena/arena.ts',
      "type Options = import('../types.js').TracerOptions;",
      "src/recorder/arena/arena.ts:1: '../types.js': recorder/arena/ imports only intrinsics/",
    ],
    [
      'an import() that says nothing',
      'recorder/writer/run.ts',
      'await import(name);',
      "src/recorder/writer/run.ts:1: '(not a constant)': the library has no dependencies: only './…', '../…' and 'node:…'",
    ],
    [
      'a require()',
      'recorder/writer/run.ts',
      "const level = require('level');",
      "src/recorder/writer/run.ts:1: 'level': the library has no dependencies: only './…', '../…' and 'node:…'",
    ],
    [
      'an export of everything',
      'index.ts',
      "export * from './types.js';",
      "src/index.ts:1: './types.js': exports are named, never `export *`",
    ],
    [
      'a file that stands nowhere',
      'recorder/utils/strings.ts',
      '',
      'src/recorder/utils/strings.ts: belongs to no part of the library',
    ],
  ];
  for (const [says, file, source, problem] of refused) {
    test(`it refuses ${says}`, () => assert.deepEqual(violations(file, source), [problem]));
  }

  const accepted: readonly [says: string, file: string, source: string][] = [
    [
      'the part of the road that lies ahead',
      'recorder/record/x.ts',
      "import { A } from '../arena/arena.js';",
    ],
    [
      'a type where types are allowed',
      'reader.ts',
      "import type { Args } from './trace-event/events.js';",
    ],
    [
      'the one file that is allowed',
      'recorder/format/x.ts',
      "import * as kinds from '../arena/records.js';",
    ],
    [
      'files of the same part',
      'recorder/arena/x.ts',
      "export { type A, b } from './inner/layout.js';",
    ],
    ["Node's own modules", 'recorder/arena/x.ts', "import fs, { readSync } from 'node:fs';"],
    [
      'a comment',
      'recorder/arena/x.ts',
      "// import { a } from '../api/a.js';\n/** import('level') */",
    ],
    ['a string', 'recorder/arena/x.ts', `const text = "import { a } from '../api/a.js'";`],
    ['a template', 'recorder/arena/x.ts', "const text = `\nimport { a } from '../api/a.js';\n`;"],
    ['a regular expression', 'recorder/arena/x.ts', "const quote = /[/'\"]import {a} from '/;"],
    [
      'a method of that name',
      'recorder/arena/x.ts',
      "loader.import('level'); loader.require('level');",
    ],
    ['import.meta', 'recorder/arena/x.ts', "new URL('../api/tracer.js', import.meta.url);"],
    [
      'exports of its own',
      'recorder/arena/x.ts',
      "export const from = 'level'; export default 'level';",
    ],
  ];
  test('it finds a circle over several files, and none where ways only meet', () => {
    const meeting: [string, string[]][] = [
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d']],
    ];
    assert.deepEqual(circlesIn(new Map(meeting)), []);
    assert.deepEqual(circlesIn(new Map([...meeting, ['d', ['a']]])), ['a → b → d → a']);
  });

  for (const [says, file, source] of accepted) {
    test(`it accepts ${says}`, () => assert.deepEqual(violations(file, source), []));
  }
});
