import process from 'node:process';

/**
 * Whether this is Node. Bun and Deno run programs for it, but their threads have less in common: not
 * the files that are open, and not the moment from which their clocks count.
 */
export const IS_NODE =
  process.versions['bun'] === undefined && process.versions['deno'] === undefined;
