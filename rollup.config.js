import { readFileSync } from 'node:fs';

/** What tsc has compiled is the input: its maps lead on to the TypeScript sources. */
const compiled = {
  name: 'compiled-typescript',
  load(id) {
    if (!id.includes('/build/src/')) return null;
    return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') };
  },
};

/**
 * A file for each thing that is started from outside, whole in itself: loading the modules one by
 * one took most of the time that `import 'tracelane'` cost.
 */
const bundle = (name, input) => ({
  input: `build/src/${input}`,
  output: {
    // As deep as the modules are among the sources: what finds others by their place still does.
    file: `dist/${name}`,
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
  external: /^node:/,
  plugins: [compiled],
});

export default [bundle('api/index.js', 'index.js'), bundle('writer/thread.js', 'writer/thread.js')];
