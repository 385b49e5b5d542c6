import type { Attributes } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { LineFile } from './line-file.js';
import type { OpenSubject } from './subject.js';

/** Spans as lines of JSON. */
class FileExporter implements SpanExporter {
  readonly #out: LineFile;

  constructor(out: LineFile) {
    this.#out = out;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    for (const span of spans) {
      const { name, startTime, duration, attributes } = span;
      const { traceId, spanId } = span.spanContext();
      this.#out.add(
        `${JSON.stringify({ name, traceId, spanId, startTime, duration, attributes })}\n`,
      );
    }
    this.#out.flush();
    done({ code: ExportResultCode.SUCCESS });
  }

  async shutdown(): Promise<void> {}
}

export const open: OpenSubject = async (file) => {
  const out = new LineFile(file);
  // By default it keeps 2,048 spans and throws the others away: here it keeps all.
  const processor = new BatchSpanProcessor(new FileExporter(out), {
    maxQueueSize: 1_000_000,
    maxExportBatchSize: 512,
  });
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('bench');
  const record = (count: number, attributes: ((i: number) => Attributes) | undefined) => {
    for (let i = 0; i < count; i++) {
      const span =
        attributes === undefined
          ? tracer.startSpan('span')
          : tracer.startSpan('span', { attributes: attributes(i) });
      span.end();
    }
  };
  return {
    spans: (count) => record(count, undefined),
    spansWithArgs: (count) => record(count, (i) => ({ i, name: 'hello' })),
    // Attributes are flat: an object goes as text.
    spansWithNestedArg: (count) => record(count, (i) => ({ a: JSON.stringify({ i }) })),
    drain: () => processor.forceFlush(),
    async stop() {
      await provider.shutdown();
      out.close();
    },
  };
};
