const { NodeSDK } = require('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
const { getNodeAutoInstrumentations } =
  require('@opentelemetry/auto-instrumentations-node') as typeof import('@opentelemetry/auto-instrumentations-node');

/** OpenTelemetry as its README tells, with an exporter that drops what it gets. */
new NodeSDK({
  traceExporter: {
    export: (_spans, done) => done({ code: 0 }),
    shutdown: async () => {},
  },
  instrumentations: [getNodeAutoInstrumentations()],
}).start();
