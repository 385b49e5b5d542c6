import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { minify } from 'terser';

/** What tsc has compiled is the input: its maps lead on to the TypeScript sources. */
const compiled = {
  name: 'compiled-typescript',
  load(id) {
    if (!id.includes('/build/src/')) return null;
    return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') };
  },
};

/**
 * Without comments and long local names, which leaves less than half: what a program loads before its
 * own first line is time that it waits. The names that stack traces and CPU profiles show stay as they
 * are, and lines stay short enough to be read in them.
 */
const minified = {
  name: 'minified',
  async renderChunk(code, _chunk, { format, sourcemap }) {
    const isModule = format === 'es';
    const { code: short, map } = await minify(isModule ? withoutFacades(code) : code, {
      ecma: 2022,
      ...(isModule ? { module: true } : { toplevel: true }),
      keep_classnames: true,
      keep_fnames: true,
      // A text in ASCII only takes half the memory, and less time to read.
      format: { max_line_len: 160, ascii_only: true },
      sourceMap: sourcemap,
    });
    return { code: short, map: map === undefined ? null : JSON.parse(map) };
  },
};

/**
 * Takes Node's modules by `require()`. For an `import`, Node makes a namespace of everything that its
 * module exports, and loads what else waits until it is asked for: the streams of `node:process`, the
 * promises of `node:fs`. That was a quarter of what `import 'tracelane'` took. `node:module` costs little.
 */
function withoutFacades(code) {
  const statement =
    /^import (?:(?<whole>[\w$]+)(?:, )?)?(?:\* as (?<all>[\w$]+))?(?:\{(?<names>[^}]*)\})? from '(?<id>node:[\w/]+)';$/gm;
  const short = code.replace(statement, (...match) => {
    const { whole, all, names, id } = match.at(-1);
    const parts = [whole, all, names && `{${names.replaceAll(' as ', ': ')}}`];
    return parts
      .filter(Boolean)
      .map((name) => `const ${name} = requireOfNode('${id}');`)
      .join(' ');
  });
  if (short === code) return code;
  const [first = ''] = /^#!.*\n/.exec(short) ?? [];
  // A path on every system: modules of Node are found from anywhere.
  const require =
    "import { createRequire } from 'node:module'; const requireOfNode = createRequire('/');";
  return `${first}${require} ${short.slice(first.length)}`;
}

/**
 * Has CommonJS, too, take the functions of Node's modules once, when it is loaded. Rollup would look each up where it is
 * called: what is recorded of `node:fs` would then have what tracelane itself does in it.
 */
const taken = {
  name: 'taken',
  transform(code) {
    const statement = /^import \{ (?<names>[^}]*) \} from '(?<id>node:[\w/]+)';$/gm;
    let count = 0;
    return code.replace(statement, (...match) => {
      const { names, id } = match.at(-1);
      const all = `allOf${++count}`;
      return `import ${all} from '${id}'; const { ${names.replaceAll(' as ', ': ')} } = ${all};`;
    });
  },
};

/** The style of the page, beside its script. */
const pageStyle = {
  name: 'page-style',
  generateBundle() {
    const files = ['page.css', 'tracks/tracks.css', 'panels/panels.css'];
    const style = files.map((file) => readFileSync(join('src/view/page', file), 'utf8')).join('');
    this.emitFile({ type: 'asset', fileName: 'page.css', source: smallerStyle(style) });
  },
};

/** A style without its comments and the space that only people need. */
function smallerStyle(style) {
  return style
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,>]) ?/g, '$1')
    .replaceAll(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();
}

/** A script of the viewer's page. Every byte of it stands in every report. */
const forPage = {
  name: 'for-page',
  async renderChunk(code) {
    const script = await minify(code, { ecma: 2022, toplevel: true, compress: { passes: 2 } });
    return { code: script.code, map: null };
  },
};

/** Replaces the module that reads the program of the writer thread from build/ by one that holds it as a string. */
const carriedWriter = {
  name: 'carried-writer',
  load(id) {
    if (!id.endsWith('/build/src/writer-program.js')) return null;
    const text = readFileSync('build/writer-program/writer-thread.cjs', 'utf8');
    const map = { mappings: '' };
    return { code: `export const WRITER_PROGRAM = ${JSON.stringify(text)};`, map };
  },
};

/** What a user's compiler reads: the declarations of the doors, and those that they lead to. */
const DOORS = ['index.d.ts', 'reader.d.ts', 'runtime.d.ts', 'register.d.ts'];

/**
 * Copies the declarations and their maps to dist/types, from where the paths in the maps still lead to the sources;
 * and to dist/types-cjs, as TypeScript wants the types of a CommonJS module in a CommonJS package.
 */
const declarations = {
  name: 'declarations',
  writeBundle() {
    for (const folder of ['dist/types', 'dist/types-cjs']) {
      rmSync(folder, { recursive: true, force: true });
      // With their times: newer files would make tsc build all that depends on them again.
      for (const file of reachable(DOORS))
        for (const name of [file, `${file}.map`])
          cpSync(join('build/src', name), join(folder, name), { preserveTimestamps: true });
    }
    writeFileSync('dist/types-cjs/package.json', '{ "type": "commonjs" }\n');
  },
};

/** Declarations, relative to build/src, and all that they import, in turn. */
function reachable(files) {
  const found = new Set(files);
  for (const file of found) {
    const text = readFileSync(join('build/src', file), 'utf8');
    for (const [, target] of text.matchAll(/ from '(\.[^']+)\.js'/g))
      found.add(join(dirname(file), `${target}.d.ts`));
  }
  return found;
}

/** speedscope comes with the command line, all but the example that it has in it. */
const speedscope = {
  name: 'speedscope',
  writeBundle() {
    const release = join('node_modules', 'speedscope', 'dist', 'release');
    const isExample = (path) => basename(path).startsWith('perf-vertx');
    cpSync(release, 'dist/speedscope', { recursive: true, filter: (path) => !isExample(path) });
    cpSync(join('node_modules', 'speedscope', 'LICENSE'), 'dist/speedscope/LICENSE.txt');
  },
};

/** Packages that stand in a bundle want their licences beside it. */
const licenses = {
  name: 'licenses',
  generateBundle(_options, bundle) {
    const folders = new Set(
      Object.values(bundle)
        .flatMap(({ modules = {} }) => Object.keys(modules))
        // Virtual modules have \0 in their ids, which no path has.
        .map(
          (id) => /[^\0].*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/'))?.[0],
        )
        .filter((folder) => folder !== undefined),
    );
    if (folders.size === 0) return;
    const source = Array.from(folders, licenseOf)
      .sort()
      .join(`\n${'-'.repeat(80)}\n\n`);
    this.emitFile({ type: 'asset', fileName: 'licenses.txt', source });
  },
};

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  return `${name} ${version}, ${license}\n\n${text}`;
}

/**
 * A file for each thing that is started from outside, whole in itself: loading the modules one by
 * one took most of the time that `import 'tracelane'` cost. What the command line takes from other
 * packages stands in its file, too: installing tracelane installs nothing else.
 */
const bundle = (file, input, more = {}, plugins = [minified]) => ({
  input: `build/src/${input}`,
  output: {
    // All right in dist/: see src/locations.ts.
    dir: 'dist',
    entryFileNames: file,
    sourcemap: true,
    sourcemapExcludeSources: true,
    ...more,
  },
  external: /^node:/,
  plugins: [
    ...[carriedWriter, compiled, nodeResolve({ preferBuiltins: true }), commonjs(), licenses],
    ...(more.format === 'cjs' ? [taken] : []),
    ...plugins,
  ],
});

/** What programs load, for each of the two kinds of modules. */
const doors = ['index', 'reader', 'runtime', 'register'].flatMap((name) => [
  bundle(`${name}.js`, `${name}.js`),
  bundle(`${name}.cjs`, `${name}.js`, { format: 'cjs' }),
]);

/** A script that a page runs as it is: without imports and exports. */
const script = { dir: 'dist/page', format: 'iife', sourcemap: false };
/** A report carries preact into the world, and so its licence. */
const withPreact = { ...script, banner: `/*! ${licenseOf('node_modules/preact')}*/` };
const thread = { dir: 'build/writer-program', format: 'cjs', sourcemap: false };

export default [
  // First: the others carry it.
  bundle('writer-thread.cjs', 'writer-thread.js', thread),
  ...doors,
  bundle('page.js', 'view/page/main.js', withPreact, [forPage, pageStyle]),
  // How the trace comes to the page: from a server.
  bundle('open-view.js', 'view/page/clients/open-view.js', script, [forPage]),
  // From the same file, in a report: with a worker that answers.
  ...['take-part', 'open-report', 'report-worker'].map((name) =>
    bundle(`${name}.js`, `view/page/clients/${name}.js`, script, [forPage]),
  ),
  // The command line starts it.
  bundle('reading-thread.js', 'reading-thread.js'),
  bundle('cli.js', 'cli/main.js', { banner: '#!/usr/bin/env node' }, [
    ...[minified, declarations, speedscope],
  ]),
];
