import { fstatSync } from 'node:fs';
import { createPacking } from '../../encoding/packing/packings.js';
import type { PackingName } from '../../trace-event/file-names.js';
import type { Framing } from '../format/framing.js';
import { openDisk } from './disk.js';
import { FileSink } from './file-sink.js';
import { PackedFile } from './packed-file.js';
import { PackedStream } from './packed-stream.js';
import type { Sink, SinkState } from './sink.js';
import { StreamSink } from './stream-sink.js';

/** What an output holds that nothing was written to. */
export const EMPTY: SinkState = { kept: 0 };

/** A sink for an open file; up to `state`, events are in it already. */
export function openSink(
  fd: number,
  state: SinkState,
  framing: Framing,
  packingName: PackingName | undefined,
): Sink {
  const isFile = fstatSync(fd).isFile();
  if (packingName === undefined) {
    return isFile
      ? new FileSink(openDisk(fd), state.kept, framing)
      : new StreamSink(fd, state.kept, framing);
  }
  const packing = createPacking(packingName, 'small');
  return isFile
    ? new PackedFile(openDisk(fd), state, framing, packing)
    : new PackedStream(fd, state, framing, packing);
}
