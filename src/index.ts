export type {
  AsyncDecoratorOptions,
  DecoratorOptions,
  TraceDecorator,
} from './api/decorators.js';
export { traceAsyncFunction, traceFunction } from './api/decorators.js';
export { getGlobalTracer, setGlobalTracer } from './api/global-tracer.js';
export { Span } from './api/span.js';
export { Tracer } from './api/tracer.js';
export { TraceError, type TraceErrorCode } from './errors.js';
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
} from './types.js';
export { EventType } from './types.js';
