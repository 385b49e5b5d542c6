import { createPacking } from '../../encoding/packing/packings.js';
import type { PackingName } from '../../trace-event/file-names.js';
import type { Framing } from '../format/framing.js';
import { type FileIdentity, openDisk } from './disk.js';
import { FileSink } from './file-sink.js';
import { PackedFile } from './packed-file.js';
import { PackedStream } from './packed-stream.js';
import type { Sink, SinkState } from './sink.js';
import { StreamSink } from './stream-sink.js';

/** What an output holds that nothing was written to. */
export const EMPTY: SinkState = { kept: 0 };

/**
 * A sink for an open file, a pipe or a device; up to `state`, events are in it already. The program may
 * have closed it meanwhile: the first thing that is written finds that out.
 *
 * @param file Which one was opened; undefined: a pipe, a device.
 */
export function openSink(
  fd: number,
  file: FileIdentity | undefined,
  state: SinkState,
  framing: Framing,
  packingName: PackingName | undefined,
): Sink {
  if (packingName === undefined) {
    return file === undefined
      ? new StreamSink(fd, state.kept, framing)
      : new FileSink(openDisk(fd, file), state.kept, framing);
  }
  const packing = createPacking(packingName, 'small');
  return file === undefined
    ? new PackedStream(fd, state, framing, packing)
    : new PackedFile(openDisk(fd, file), state, framing, packing);
}
