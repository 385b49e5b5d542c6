import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mergeFiles } from '../../reader/merge/merge.js';
import { inTemporaryFolder } from '../../reader/output/tidy.js';
import type { Progress } from '../../reader/source/source.js';
import { isNamedPartOf } from '../../trace-event/file-names.js';
import { type LoadedTrace, loadTrace } from './load-trace.js';

/**
 * What child processes write beside a trace: parts of it, which it gets when they have ended. Those that a
 * recording before it has left there are none.
 */
export function livePartsOf(path: string): string[] {
  const folder = dirname(path);
  const trace = basename(path);
  try {
    const begin = statSync(path).birthtimeMs;
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && isNamedPartOf(trace, entry.name))
      .map(({ name }) => join(folder, name))
      .filter((part) => statSync(part).mtimeMs >= begin)
      .sort();
  } catch {
    // One of them has gone at this moment: there will be another look.
    return [];
  }
}

/** Loads a trace with its parts, as it will be when they have ended. */
export function loadWithParts(
  path: string,
  parts: readonly string[],
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<LoadedTrace> {
  return inTemporaryFolder('tracelane-live-', async (folder) => {
    const whole = join(folder, basename(path));
    await mergeFiles([path, ...parts], whole, onProgress);
    // By way of a copy that is gone with this process, however that ends.
    const loaded = await loadTrace(createReadStream(whole), onProgress, signal);
    return { ...loaded, data: { ...loaded.data, name: basename(path) } };
  });
}
