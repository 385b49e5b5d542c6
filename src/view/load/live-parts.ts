import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { mergeFiles } from '../../reader/merge/merge.js';
import type { Progress } from '../../reader/source/source.js';
import { isNamedPerfetto, stemOf } from '../../trace-event/file-names.js';
import { type LoadedTrace, loadTrace } from './load-trace.js';

/** Behind the name of the trace: which recording it is of, a pid, and random digits. */
const PART = /^\.part-[0-9a-f]{8}-\d+-[0-9a-f]+\./;

/**
 * What child processes write beside a trace: parts of it, which it gets when they have ended. Those that a
 * recording before it has left there are none.
 */
export function livePartsOf(path: string): string[] {
  const folder = dirname(path);
  const stem = stemOf(basename(path));
  const isPerfetto = isNamedPerfetto(path);
  try {
    const begin = statSync(path).birthtimeMs;
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => {
        const { name } = entry;
        if (!entry.isFile() || !name.startsWith(stem)) return false;
        return PART.test(name.slice(stem.length)) && isNamedPerfetto(name) === isPerfetto;
      })
      .map(({ name }) => join(folder, name))
      .filter((part) => statSync(part).mtimeMs >= begin)
      .sort();
  } catch {
    // One of them has gone at this moment: there will be another look.
    return [];
  }
}

/** Loads a trace with its parts, as it will be when they have ended. */
export async function loadWithParts(
  path: string,
  parts: readonly string[],
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<LoadedTrace> {
  const folder = mkdtempSync(join(tmpdir(), 'tracelane-live-'));
  try {
    const whole = join(folder, basename(path));
    await mergeFiles([path, ...parts], whole, onProgress);
    // By way of a copy that is gone with this process, however that ends.
    const loaded = await loadTrace(createReadStream(whole), onProgress, signal);
    return { ...loaded, data: { ...loaded.data, name: basename(path) } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
