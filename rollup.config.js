import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';

/** What tsc has compiled is the input: its maps lead on to the TypeScript sources. */
const compiled = {
  name: 'compiled-typescript',
  load(id) {
    if (!id.includes('/build/src/')) return null;
    return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') };
  },
};

/** The declarations, with their maps, which lead to the sources from here as from there. */
const declarations = {
  name: 'declarations',
  writeBundle() {
    const isWanted = (path) => statSync(path).isDirectory() || /\.d\.ts(\.map)?$/.test(path);
    rmSync('dist/types', { recursive: true, force: true });
    // As old as they are: else all that is compiled against them would be compiled anew.
    const options = { recursive: true, filter: isWanted, preserveTimestamps: true };
    cpSync('build/src', 'dist/types', options);
  },
};

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
        // Some stand for part of a file, and are marked by what no path has.
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
const bundle = (file, input, more = {}, plugins = []) => ({
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
  plugins: [compiled, nodeResolve({ preferBuiltins: true }), commonjs(), licenses, ...plugins],
});

export default [
  bundle('index.js', 'index.js', {}, [declarations]),
  bundle('writer-thread.js', 'writer-thread.js'),
  bundle('reader.js', 'reader.js'),
  bundle('cli.js', 'cli/main.js', { banner: '#!/usr/bin/env node' }, [speedscope]),
];
