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

/**
 * A sink for an open file, a pipe or a device; up to `state`, events are in it already. The program may
 * have closed it meanwhile: the first thing that is written finds that out.
 *
 * @param identity Which file was opened, see `identityOf()`; undefined: a pipe, a device.
 */
export function openSink(
  fd: number,
  identity: string | undefined,
  state: SinkState,
  framing: Framing,
  packingName: PackingName | undefined,
): Sink {
  if (packingName === undefined) {
    return identity === undefined
      ? new StreamSink(fd, state.kept, framing)
      : new FileSink(openDisk(fd, identity), state.kept, framing);
  }
  const packing = createPacking(packingName, 'small');
  return identity === undefined
    ? new PackedStream(fd, state, framing, packing)
    : new PackedFile(openDisk(fd, identity), state, framing, packing);
}
