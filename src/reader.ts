export { TraceReadError, type TraceReadErrorCode } from './trace/errors.js';
export { type ReadOptions, type ReadProblem, readTrace } from './trace/read-trace.js';
export type { TraceInput } from './trace/source.js';
export type {
  AsyncEvent,
  CompleteEvent,
  CounterEvent,
  DurationEvent,
  FlowEvent,
  InstantEvent,
  MetadataEvent,
  OtherEvent,
  TraceEvent,
} from './types.js';
