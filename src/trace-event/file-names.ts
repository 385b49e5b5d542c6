/**
 * What the names of trace files tell: how they are packed, in which format they are, and of which trace
 * they are a part.
 */

export type PackingName = 'gzip' | 'zstd';

const PACKED = /\.(?:gz|zst)$/i;
/** Before that. */
const PERFETTO = /\.(?:pftrace|perfetto-trace)$/i;

/** How a file of this name is packed, if it is. */
export function packingNamed(path: string): PackingName | undefined {
  const [suffix] = PACKED.exec(path) ?? [];
  if (suffix === undefined) return undefined;
  return suffix.toLowerCase() === '.gz' ? 'gzip' : 'zstd';
}

/** The name of a file, without what says how it is packed. */
export function nameUnpacked(path: string): string {
  return path.replace(PACKED, '');
}

/** Whether a file of this name is in Perfetto's format, if nothing else is said. */
export function isNamedPerfetto(path: string): boolean {
  return PERFETTO.test(nameUnpacked(path));
}

/** Whether a file of this name is a CPU profile of V8's. */
export function isNamedCpuProfile(path: string): boolean {
  return /\.cpuprofile$/i.test(nameUnpacked(path));
}

/** The name of a file, without what says how it is packed and in which format it is. */
function stemOf(path: string): string {
  return nameUnpacked(path)
    .replace(PERFETTO, '')
    .replace(/\.json$/i, '');
}

/** Of the names of parts: which recording it is of, and the pid and random digits of the process. */
const PART = /^\.part-[\da-f]{8}-\d+-[\da-f]+\./;

/**
 * What the names of the parts begin with that child processes add to a trace; the process, and what the
 * format ends names with, follow.
 *
 * @param run Of the recording: eight hexadecimal digits.
 */
export function partsPrefix(trace: string, run: string): string {
  return `${stemOf(trace)}.part-${run}-`;
}

/** Whether a file of this name is a part of a recording into a file of that name, whichever it was. */
export function isNamedPartOf(trace: string, name: string): boolean {
  const stem = stemOf(trace);
  return (
    name.startsWith(stem) &&
    PART.test(name.slice(stem.length)) &&
    isNamedPerfetto(name) === isNamedPerfetto(trace)
  );
}
