// What `using` is declared by, whatever libraries a program's compiler is told to use.
/// <reference lib="esnext.disposable" preserve="true" />
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
  AsyncId,
  FileUrl,
  FlowId,
  SpanId,
  TracerHandle,
  TracerOptions,
  TraceStats,
} from './recorder/types.js';
export type {
  Args,
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
export { EventType } from './trace-event/events.js';
