import { packet } from '../../../trace-event/perfetto.js';

/** Fields of packets that say something of the packet, or of the trace, and hold no data. */
export const ABOUT_PACKETS: ReadonlySet<number> = new Set([
  // Users and processes that wrote it, what was lost before it, marks for readers.
  ...[3, 36, packet.previousPacketDropped, 79, 87, 88, 98, 99],
  // What the trace was configured by, how it went, its name, where people should look.
  ...[33, 35, 89, 90],
  packet.blank,
]);

/** What packets hold that is not read, as Perfetto calls it. Others are shown by their number. */
export const UNREAD_PACKETS: ReadonlyMap<number, string> = new Map([
  [1, 'ftrace_events'],
  [2, 'process_tree'],
  [5, 'chrome_events'],
  [9, 'process_stats'],
  [7, 'sys_stats'],
  [37, 'profile_packet'],
  [39, 'android_log'],
  [45, 'system_info'],
  [54, 'streaming_profile_packet'],
  [56, 'heap_graph'],
  [packet.perfSample, 'perf_sample'],
  [69, 'service_event'],
  [76, 'frame_timeline_event'],
  [133, 'zstd_compressed_packets'],
]);
