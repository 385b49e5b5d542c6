import { readFileSync } from 'node:fs';

/**
 * The program of the writer's thread, `writer-thread.ts` with all that it imports, as the text of
 * one script. In the package the text itself stands here, put in by the build: whoever bundles
 * tracelane, or keeps it in an archive, then has the thread with it, and there is no file that could
 * be looked for in the wrong place. What runs unbundled reads what the build has left.
 */
export const WRITER_PROGRAM = readFileSync(
  new URL('../writer-program/writer-thread.cjs', import.meta.url),
  'utf8',
);
