import { ByteReader, ByteWriter } from './bytes.js';
import { type CounterPicture, Flag, type Picture, type SlicesPicture } from './questions.js';

/** The time of a picture, and how many pixels it has: of the question that the picture answers. */
export interface PictureGrid {
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
}

/**
 * A picture as bytes. Times are written as what they differ by from the ones before: of joined segments
 * in pixels, of all others in nanoseconds.
 */
export function encodePicture(picture: Picture, grid: PictureGrid): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (const value of [grid.from, grid.to, grid.pixels]) writer.number(value);
  writer.whole(picture.version);
  writer.whole(picture.texts.length);
  for (const text of picture.texts) writer.text(text);
  writer.whole(picture.slices.length);
  for (const slices of picture.slices) encodeSlices(writer, slices, grid);
  writer.whole(picture.counters.length);
  for (const counter of picture.counters) encodeCounter(writer, counter);
  return writer.bytes;
}

/** @throws {Error} where the bytes are not whole. */
export function decodePicture(bytes: Uint8Array): Picture {
  const reader = new ByteReader(bytes);
  const grid = { from: reader.number(), to: reader.number(), pixels: reader.number() };
  const version = reader.whole();
  const texts = listOf(reader, () => reader.text());
  const slices = listOf(reader, () => decodeSlices(reader, grid));
  const counters = listOf(reader, () => decodeCounter(reader));
  return { version, texts, slices, counters };
}

function listOf<T>(reader: ByteReader, read: () => T): T[] {
  const list: T[] = [];
  for (let left = reader.whole(); left > 0; left--) list.push(read());
  return list;
}

/** Column by column: what is alike stands together, so that it packs well. */
function encodeSlices(writer: ByteWriter, slices: SlicesPicture, grid: PictureGrid): void {
  const { track, lanes, starts, ends, names, categories, flags } = slices;
  const count = lanes.length;
  const [base, pixel] = unitsOf(grid);
  writer.whole(track);
  writer.whole(count);
  writer.raw(flags);
  writeDeltas(writer, lanes);
  let [lastPixel, lastTime] = [0, base];
  for (let i = 0; i < count; i++) {
    if (flags[i] & Flag.JOINED) {
      const left = Math.round((starts[i] - grid.from) / pixel);
      const right = Math.round((ends[i] - grid.from) / pixel);
      writer.signed(left - lastPixel);
      writer.whole(right - left);
      lastPixel = right;
    } else {
      writer.signed(starts[i] - lastTime);
      writer.whole(ends[i] - starts[i]);
      lastTime = starts[i];
    }
  }
  for (let i = 0; i < count; i++) writer.whole(names[i]);
  writeDeltas(writer, categories);
  writeDeltas(writer, slices.slices);
}

function decodeSlices(reader: ByteReader, grid: PictureGrid): SlicesPicture {
  const [base, pixel] = unitsOf(grid);
  const track = reader.whole();
  const count = reader.whole();
  const flags = new Uint8Array(reader.raw(count));
  const lanes = readDeltas(reader, new Uint16Array(count));
  const starts = new Float64Array(count);
  const ends = new Float64Array(count);
  let [lastPixel, lastTime] = [0, base];
  for (let i = 0; i < count; i++) {
    if (flags[i] & Flag.JOINED) {
      const left = lastPixel + reader.signed();
      lastPixel = left + reader.whole();
      starts[i] = grid.from + left * pixel;
      ends[i] = grid.from + lastPixel * pixel;
    } else {
      lastTime += reader.signed();
      starts[i] = lastTime;
      ends[i] = lastTime + reader.whole();
    }
  }
  const names = new Uint32Array(count);
  for (let i = 0; i < count; i++) names[i] = reader.whole();
  const categories = readDeltas(reader, new Uint32Array(count));
  const slices = readDeltas(reader, new Uint32Array(count));
  return { track, lanes, starts, ends, names, categories, slices, flags };
}

/** A whole nanosecond to count from, and nanoseconds of a pixel. */
function unitsOf({ from, to, pixels }: PictureGrid): readonly [base: number, pixel: number] {
  return [Math.floor(from), (to - from) / pixels];
}

function encodeCounter(writer: ByteWriter, { track, times, values }: CounterPicture): void {
  writer.whole(track);
  writer.whole(times.length);
  writer.whole(values.length);
  for (const column of [times, ...values]) for (const value of column) writer.number(value);
}

function decodeCounter(reader: ByteReader): CounterPicture {
  const track = reader.whole();
  const count = reader.whole();
  const series = reader.whole();
  const column = () => Float64Array.from({ length: count }, () => reader.number());
  const times = column();
  return { track, times, values: Array.from({ length: series }, column) };
}

function writeDeltas(writer: ByteWriter, values: Uint16Array | Uint32Array): void {
  let last = 0;
  for (const value of values) {
    writer.signed(value - last);
    last = value;
  }
}

function readDeltas<T extends Uint16Array | Uint32Array>(reader: ByteReader, values: T): T {
  let last = 0;
  for (let i = 0; i < values.length; i++) {
    last += reader.signed();
    values[i] = last;
  }
  return values;
}
