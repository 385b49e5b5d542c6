import { type CounterData, type ModelData, NONE, type TrackData } from '../model/model-data.js';
import { ByteReader, ByteWriter } from '../wire/bytes.js';
import type { Gap } from '../wire/questions.js';

/** What of a model is no column. */
interface Header {
  readonly name: string;
  readonly events: number;
  readonly start: number;
  readonly end: number;
  readonly zero: readonly [microseconds: number, nanoseconds: number];
  readonly wallClock?: number;
  readonly gaps: readonly Gap[];
  readonly notes: readonly string[];
  readonly texts: readonly string[];
  readonly tracks: readonly TrackData[];
  readonly order: readonly number[];
  readonly counters: readonly Pick<CounterData, 'track' | 'series'>[];
}

type Column = Float64Array | Uint32Array;

/**
 * The columns of a model as bytes that pack well: numbers are written as what they differ by from what
 * can be known, and of all numbers of a column first the lowest bytes, then the next ones, and so on.
 * Where events stand in the file is left out: the file is not there.
 */
export function encodeModel(data: ModelData): Uint8Array {
  const { name, events, start, end, zero, wallClock, gaps, notes, texts, tracks, order } = data;
  const header: Header = {
    ...{ name, events, start, end, zero, gaps, notes, texts, tracks, order },
    ...(wallClock === undefined ? {} : { wallClock }),
    counters: data.counters.map(({ track, series }) => ({ track, series })),
  };
  const writer = new ByteWriter();
  writer.text(JSON.stringify(header));
  writePlanes(writer, data.labelNames);
  writePlanes(writer, data.labelCategories);
  writeSlices(writer, data);
  const { lineage, arrows } = data;
  writer.whole(lineage === undefined ? 0 : 1);
  if (lineage !== undefined) {
    const { roots, calls, threads, outermost } = lineage;
    for (const column of [roots, calls, threads, outermost]) writeNumbers(writer, column);
  }
  for (const column of [arrows.from, arrows.to, arrows.names]) writePlanes(writer, column);
  writePlanes(writer, differences(arrows.starts));
  writePlanes(
    writer,
    arrows.ends.map((time, arrow) => time - arrows.starts[arrow]),
  );
  for (const { times, values } of data.counters) {
    writePlanes(writer, differences(times));
    for (const column of values) writer.raw(new Uint8Array(column.slice().buffer));
  }
  return writer.bytes;
}

/** The way back. */
export function decodeModel(bytes: Uint8Array): ModelData {
  const reader = new ByteReader(bytes);
  const { counters, wallClock, ...header } = JSON.parse(reader.text()) as Header;
  const labelNames = readPlanes(reader, Uint32Array);
  const labelCategories = readPlanes(reader, Uint32Array);
  const slices = readSlices(reader);
  const numbers = () => readNumbers(reader);
  const lineage =
    reader.whole() === 0
      ? undefined
      : { roots: numbers(), calls: numbers(), threads: numbers(), outermost: numbers() };
  const [from, to, names] = [0, 1, 2].map(() => readPlanes(reader, Uint32Array));
  const starts = sums(readPlanes(reader, Float64Array));
  const ends = readPlanes(reader, Float64Array).map((length, arrow) => starts[arrow] + length);
  return {
    ...{ ...header, wallClock, labelNames, labelCategories, slices, lineage },
    arrows: { from, to, starts, ends, names },
    counters: counters.map(({ track, series }) => {
      const times = sums(readPlanes(reader, Float64Array));
      const values = series.map(
        () => new Float64Array(new Uint8Array(reader.raw(8 * times.length)).buffer),
      );
      return { track, series, times, values };
    }),
  };
}

/** In a lane, what begins does so soon after the last one has ended, and lies where that has lain. */
function writeSlices(writer: ByteWriter, { slices }: ModelData): void {
  const { count, starts, ends, labels, parents, flags, laneFirst } = slices;
  const gaps = new Float64Array(count);
  const steps = new Float64Array(count);
  for (let lane = 0; lane + 1 < laneFirst.length; lane++) {
    let [time, parent] = [0, 0];
    for (let slice = laneFirst[lane]; slice < laneFirst[lane + 1]; slice++) {
      gaps[slice] = folded(starts[slice] - time);
      time = ends[slice];
      const own = parents[slice] === NONE ? 0 : parents[slice] + 1;
      steps[slice] = folded(own - parent);
      parent = own;
    }
  }
  writePlanes(writer, laneFirst);
  writePlanes(writer, gaps);
  writePlanes(
    writer,
    ends.map((end, slice) => end - starts[slice]),
  );
  writePlanes(writer, steps);
  writePlanes(writer, labels);
  writer.raw(flags);
}

function readSlices(reader: ByteReader): ModelData['slices'] {
  const laneFirst = readPlanes(reader, Uint32Array);
  const starts = readPlanes(reader, Float64Array);
  const ends = readPlanes(reader, Float64Array);
  const steps = readPlanes(reader, Float64Array);
  const labels = readPlanes(reader, Uint32Array);
  const count = starts.length;
  const parents = new Uint32Array(count);
  for (let lane = 0; lane + 1 < laneFirst.length; lane++) {
    let [time, parent] = [0, 0];
    for (let slice = laneFirst[lane]; slice < laneFirst[lane + 1]; slice++) {
      starts[slice] = time + unfolded(starts[slice]);
      ends[slice] += starts[slice];
      time = ends[slice];
      parent += unfolded(steps[slice]);
      parents[slice] = parent === 0 ? NONE : parent - 1;
    }
  }
  const flags = new Uint8Array(reader.raw(count));
  const offsets = new Float64Array(count).fill(-1);
  return { count, starts, ends, labels, parents, offsets, flags, laneFirst };
}

/** A whole number as one that is not below 0: small ones stay small. */
function folded(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unfolded(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}

function differences(values: Float64Array): Float64Array {
  return values.map((value, i) => folded(value - (i === 0 ? 0 : values[i - 1])));
}

function sums(values: Float64Array): Float64Array {
  let sum = 0;
  return values.map((value) => {
    sum += unfolded(value);
    return sum;
  });
}

/** Numbers that may be NONE. */
function writeNumbers(writer: ByteWriter, values: Uint32Array): void {
  writePlanes(
    writer,
    values.map((value) => (value === NONE ? 0 : value + 1)),
  );
}

function readNumbers(reader: ByteReader): Uint32Array {
  return readPlanes(reader, Uint32Array).map((value) => (value === 0 ? NONE : value - 1));
}

const HALF = 2 ** 32;

/** Whole numbers that are not below 0, byte by byte. */
function writePlanes(writer: ByteWriter, values: Column): void {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  let planes = 0;
  for (let rest = most; rest >= 1; rest /= 256) planes++;
  writer.whole(values.length);
  writer.whole(planes);
  const plane = new Uint8Array(values.length);
  for (let byte = 0; byte < planes; byte++) {
    const shift = 8 * (byte % 4);
    for (let i = 0; i < values.length; i++) {
      const half = byte < 4 ? values[i] % HALF : values[i] / HALF;
      plane[i] = (half >>> shift) & 0xff;
    }
    writer.raw(plane);
  }
}

function readPlanes<T extends Column>(reader: ByteReader, Kind: new (length: number) => T): T {
  const values = new Kind(reader.whole());
  const planes = reader.whole();
  for (let byte = 0; byte < planes; byte++) {
    const plane = reader.raw(values.length);
    const scale = 256 ** byte;
    for (let i = 0; i < plane.length; i++) values[i] += plane[i] * scale;
  }
  return values;
}
