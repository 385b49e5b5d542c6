import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** The path of Perfetto's `trace_processor_shell`, where somebody has it: see CONTRIBUTING.md. */
export const TRACE_PROCESSOR: string | undefined = process.env['TRACE_PROCESSOR'];

/** What Perfetto's own importer makes of a trace. Times are nanoseconds. */
export interface Imported {
  readonly slices: ReadonlyMap<number, ImportedSlice>;
  readonly counters: readonly { readonly ts: number; readonly value: string }[];
  readonly flows: readonly { readonly from: number; readonly to: number }[];
  /** What it complains of, and how often. */
  readonly complaints: readonly { readonly name: string; readonly count: number }[];
}

export interface ImportedSlice {
  readonly id: number;
  readonly ts: number;
  /** -1 where it was never ended. */
  readonly dur: number;
  readonly name: string | null;
  readonly category: string | null;
  readonly parent: number | null;
}

/** In hexadecimal digits, as names may have quotes and lines. */
const SQL = `
SELECT hex(json_object('kind', 'slice', 'id', id, 'ts', ts, 'dur', dur, 'name', name,
  'category', category, 'parent', parent_id)) AS row FROM slice;
SELECT hex(json_object('kind', 'counter', 'ts', ts, 'value', printf('%!.17g', value))) AS row
  FROM counter;
SELECT hex(json_object('kind', 'flow', 'from', slice_out, 'to', slice_in)) AS row FROM flow;
SELECT hex(json_object('kind', 'complaint', 'name', name, 'count', value)) AS row FROM stats
  WHERE severity IN ('error', 'data_loss') AND value > 0;
`;
const LARGE = 1024 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** Has the importer load a file. Throws where it ends without a result. */
export function importTrace(path: string): Imported {
  const options = { encoding: 'latin1', maxBuffer: LARGE, timeout: TIMEOUT_MS } as const;
  const run = spawnSync(TRACE_PROCESSOR ?? '', ['-Q', SQL, path], options);
  if (run.status !== 0) throw new Error(`Perfetto's importer ends: ${run.error ?? run.stderr}`);
  const rows = Array.from(run.stdout.matchAll(/^"([0-9A-F]+)"\r?$/gm), ([, digits = '']) =>
    JSON.parse(Buffer.from(digits, 'hex').toString()),
  );
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  return {
    slices: new Map(of('slice').map((slice: ImportedSlice) => [slice.id, slice])),
    counters: of('counter'),
    flows: of('flow'),
    complaints: of('complaint').map(({ name, count }) => ({ name, count })),
  };
}
