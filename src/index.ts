export type {
  AsyncDecoratorOptions,
  DecoratorOptions,
  TraceDecorator,
} from './recorder/api/decorators.js';
export { traceAsyncFunction, traceFunction } from './recorder/api/decorators.js';
export { getGlobalTracer, setGlobalTracer } from './recorder/api/global-tracer.js';
export { Span } from './recorder/api/span.js';
export { Tracer } from './recorder/api/tracer.js';
export { TraceError, type TraceErrorCode } from './recorder/errors.js';
export type {
  Args,
  AsyncEvent,
  AsyncId,
  CompleteEvent,
  CounterEvent,
  DurationEvent,
  FlowEvent,
  FlowId,
  InstantEvent,
  MetadataEvent,
  OtherEvent,
  SpanId,
  TraceEvent,
  TracerHandle,
  TracerOptions,
  TraceStats,
} from './recorder/types.js';
export { EventType } from './recorder/types.js';
