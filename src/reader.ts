export type { EventFilter } from './reader/source/event-filter.js';
export { TraceReadError, type TraceReadErrorCode } from './reader/source/read-error.js';
export {
  type ReadOptions,
  type ReadProblem,
  readTrace,
  readTraceBatches,
} from './reader/source/read-trace.js';
export type { TraceInput } from './reader/source/trace-input.js';
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
} from './trace-event/events.js';
