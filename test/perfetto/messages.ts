import protobuf from 'protobufjs';

/**
 * The messages of Perfetto's trace format that tracelane writes and reads, from Perfetto's public
 * definitions. Nothing here is shared with what writes or reads them there.
 */
const DEFINITIONS = `
syntax = "proto2";

message TracePacket {
  optional ClockSnapshot clock_snapshot = 6;
  optional uint64 timestamp = 8;
  optional uint32 trusted_packet_sequence_id = 10;
  optional TrackEvent track_event = 11;
  optional InternedData interned_data = 12;
  optional uint32 sequence_flags = 13;
  optional bool incremental_state_cleared = 41;
  optional uint32 previous_packet_dropped = 42;
  optional ProcessDescriptor process_descriptor = 43;
  optional ThreadDescriptor thread_descriptor = 44;
  optional bytes compressed_packets = 50;
  optional uint32 timestamp_clock_id = 58;
  optional TracePacketDefaults trace_packet_defaults = 59;
  optional TrackDescriptor track_descriptor = 60;
  optional PerfSample perf_sample = 66;
  optional bytes statsd_atom = 84;
  optional uint32 machine_id = 98;
  optional bytes zstd_compressed_packets = 133;
}
message PerfSample {
  optional uint32 cpu = 1;
  optional uint32 pid = 2;
  optional uint32 tid = 3;
  optional uint64 callstack_iid = 4;
}
message TracePacketDefaults {
  optional TrackEventDefaults track_event_defaults = 11;
  optional uint32 timestamp_clock_id = 58;
}
message TrackEventDefaults {
  optional uint64 track_uuid = 11;
  repeated uint64 extra_counter_track_uuids = 31;
  repeated uint64 extra_double_counter_track_uuids = 45;
}
message ClockSnapshot {
  message Clock {
    optional uint32 clock_id = 1;
    optional uint64 timestamp = 2;
    optional bool is_incremental = 3;
    optional uint64 unit_multiplier_ns = 4;
  }
  repeated Clock clocks = 1;
  optional uint32 primary_trace_clock = 2;
}
message TrackEvent {
  optional int64 timestamp_delta_us = 1;
  optional bytes task_execution = 5;
  optional int64 thread_time_absolute_us = 17;
  repeated uint64 category_iids = 3;
  repeated DebugAnnotation debug_annotations = 4;
  optional LegacyEvent legacy_event = 6;
  optional uint32 type = 9;
  optional uint64 name_iid = 10;
  optional uint64 track_uuid = 11;
  repeated int64 extra_counter_values = 12;
  optional int64 timestamp_absolute_us = 16;
  repeated string categories = 22;
  optional string name = 23;
  optional int64 counter_value = 30;
  repeated uint64 extra_counter_track_uuids = 31;
  optional double double_counter_value = 44;
  repeated uint64 extra_double_counter_track_uuids = 45;
  repeated double extra_double_counter_values = 46;
  repeated fixed64 flow_ids = 47;
  repeated fixed64 terminating_flow_ids = 48;
  optional uint64 correlation_id = 52;
}
message LegacyEvent {
  optional uint64 name_iid = 1;
  optional int32 phase = 2;
  optional int64 duration_us = 3;
  optional uint64 unscoped_id = 6;
  optional string id_scope = 7;
  optional uint64 bind_id = 8;
  optional uint64 local_id = 10;
  optional uint64 global_id = 11;
  optional bool bind_to_enclosing = 12;
  optional int32 flow_direction = 13;
  optional int32 instant_event_scope = 14;
  optional int32 pid_override = 18;
  optional int32 tid_override = 19;
}
message DebugAnnotation {
  optional uint64 name_iid = 1;
  optional bool bool_value = 2;
  optional uint64 uint_value = 3;
  optional int64 int_value = 4;
  optional double double_value = 5;
  optional string string_value = 6;
  optional uint64 pointer_value = 7;
  optional NestedValue nested_value = 8;
  optional string legacy_json_value = 9;
  optional string name = 10;
  repeated DebugAnnotation dict_entries = 11;
  repeated DebugAnnotation array_values = 12;
  optional uint64 string_value_iid = 17;
}
message NestedValue {
  optional uint32 nested_type = 1;
  repeated string dict_keys = 2;
  repeated NestedValue dict_values = 3;
  repeated NestedValue array_values = 4;
  optional int64 int_value = 5;
  optional double double_value = 6;
  optional bool bool_value = 7;
  optional string string_value = 8;
}
message InternedString { optional uint64 iid = 1; optional bytes str = 2; }
message InternedName { optional uint64 iid = 1; optional string name = 2; }
message InternedData {
  repeated InternedName event_categories = 1;
  repeated InternedName event_names = 2;
  repeated InternedName debug_annotation_names = 3;
  repeated InternedString function_names = 5;
  repeated Frame frames = 6;
  repeated Callstack callstacks = 7;
  repeated InternedString mapping_paths = 17;
  repeated InternedString source_paths = 18;
  repeated Mapping mappings = 19;
  repeated InternedString debug_annotation_string_values = 29;
}
message Mapping { optional uint64 iid = 1; repeated uint64 path_string_ids = 7; }
message Frame {
  optional uint64 iid = 1;
  optional uint64 function_name_id = 2;
  optional uint64 mapping_id = 3;
  optional uint64 rel_pc = 4;
  optional uint64 source_path_iid = 5;
  optional uint32 line_number = 6;
}
message Callstack { optional uint64 iid = 1; repeated uint64 frame_ids = 2; }
message TrackDescriptor {
  optional uint64 uuid = 1;
  optional string name = 2;
  optional ProcessDescriptor process = 3;
  optional ThreadDescriptor thread = 4;
  optional uint64 parent_uuid = 5;
  optional CounterDescriptor counter = 8;
}
message ProcessDescriptor {
  optional int32 pid = 1;
  optional int32 legacy_sort_index = 3;
  optional string process_name = 6;
  repeated string process_labels = 8;
}
message ThreadDescriptor {
  optional int32 pid = 1;
  optional int64 tid = 2;
  optional int32 legacy_sort_index = 3;
  optional string thread_name = 5;
  optional int64 reference_timestamp_us = 6;
}
message CounterDescriptor {
  optional uint32 type = 1;
  optional uint32 unit = 3;
  optional int64 unit_multiplier = 4;
  optional bool is_incremental = 5;
  optional string unit_name = 6;
}
`;

const TracePacket = protobuf.parse(DEFINITIONS).root.lookupType('TracePacket');

/** A number of 64 bits, in decimal digits. */
type Long = string;

export interface Annotation {
  readonly nameIid?: Long;
  readonly name?: string;
  readonly boolValue?: boolean;
  readonly intValue?: Long;
  readonly doubleValue?: number;
  readonly stringValue?: string;
  readonly stringValueIid?: Long;
  readonly legacyJsonValue?: string;
  readonly dictEntries?: readonly Annotation[];
  readonly arrayValues?: readonly Annotation[];
}

export interface Event {
  readonly categoryIids?: readonly Long[];
  readonly categories?: readonly string[];
  readonly debugAnnotations?: readonly Annotation[];
  readonly type?: number;
  readonly legacyEvent?: { readonly phase?: number; readonly durationUs?: Long };
  readonly nameIid?: Long;
  readonly name?: string;
  readonly trackUuid?: Long;
  readonly counterValue?: Long;
  readonly doubleCounterValue?: number;
  readonly flowIds?: readonly Long[];
  readonly terminatingFlowIds?: readonly Long[];
  readonly correlationId?: Long;
}

export interface Descriptor {
  readonly uuid: Long;
  readonly name?: string;
  readonly parentUuid?: Long;
  readonly process?: {
    readonly pid?: number;
    readonly processName?: string;
    readonly legacySortIndex?: number;
    readonly processLabels?: readonly string[];
  };
  readonly thread?: {
    readonly pid?: number;
    readonly tid?: Long;
    readonly threadName?: string;
    readonly legacySortIndex?: number;
  };
  readonly counter?: { readonly unitName?: string };
}

interface InternedText {
  readonly iid: Long;
  readonly name: string;
}

/** In base 64. */
interface InternedBytes {
  readonly iid: Long;
  readonly str: string;
}

export interface Frame {
  readonly iid: Long;
  readonly functionNameId: Long;
  readonly mappingId: Long;
  readonly relPc?: Long;
  readonly sourcePathIid?: Long;
  readonly lineNumber?: number;
}

export interface PerfSample {
  readonly pid: number;
  readonly tid: number;
  readonly callstackIid: Long;
}

export interface Packet {
  readonly clockSnapshot?: {
    readonly clocks?: readonly {
      readonly clockId: number;
      readonly timestamp: Long;
      readonly isIncremental?: boolean;
    }[];
    readonly primaryTraceClock?: number;
  };
  readonly timestamp?: Long;
  readonly trustedPacketSequenceId?: number;
  readonly trackEvent?: Event;
  readonly internedData?: {
    readonly eventCategories?: readonly InternedText[];
    readonly eventNames?: readonly InternedText[];
    readonly debugAnnotationNames?: readonly InternedText[];
    readonly debugAnnotationStringValues?: readonly InternedBytes[];
    readonly functionNames?: readonly InternedBytes[];
    readonly mappingPaths?: readonly InternedBytes[];
    readonly sourcePaths?: readonly InternedBytes[];
    readonly mappings?: readonly { iid: Long; pathStringIds?: readonly Long[] }[];
    readonly frames?: readonly Frame[];
    readonly callstacks?: readonly { iid: Long; frameIds?: readonly Long[] }[];
  };
  readonly sequenceFlags?: number;
  readonly previousPacketDropped?: number;
  readonly timestampClockId?: number;
  readonly tracePacketDefaults?: {
    readonly trackEventDefaults?: { readonly trackUuid?: Long };
    readonly timestampClockId?: number;
  };
  readonly trackDescriptor?: Descriptor;
  readonly perfSample?: PerfSample;
}

const PACKET_TAG = 0x0a;

/** A file of packets, whose fields are called as in the definitions, but in camel case. */
export function writePackets(packets: readonly object[]): Buffer {
  const writer = protobuf.Writer.create();
  for (const packet of packets) {
    writer.uint32(PACKET_TAG).bytes(TracePacket.encode(TracePacket.fromObject(packet)).finish());
  }
  return Buffer.from(writer.finish());
}

/** The packets that are whole: what is behind the last one was cut off. */
export function readPackets(bytes: Uint8Array): Packet[] {
  const reader = protobuf.Reader.create(bytes);
  const packets: Packet[] = [];
  while (reader.pos < reader.len) {
    if (bytes[reader.pos] !== PACKET_TAG) throw new Error(`no packet at ${reader.pos}`);
    let end: number;
    try {
      reader.uint32();
      end = reader.uint32() + reader.pos;
    } catch {
      break;
    }
    if (end > reader.len) break;
    const message = TracePacket.decode(bytes.subarray(reader.pos, end));
    packets.push(TracePacket.toObject(message, { longs: String, bytes: String }) as Packet);
    reader.pos = end;
  }
  return packets;
}
