import { fstatSync } from 'node:fs';
import { FileSink, openDisk } from './file-sink.js';
import type { Sink } from './sink.js';
import { StreamSink } from './stream-sink.js';

/** A sink for an open file; `kept` bytes of events are in it already. */
export function openSink(fd: number, kept: number): Sink {
  return fstatSync(fd).isFile() ? new FileSink(openDisk(fd), kept) : new StreamSink(fd, kept);
}
