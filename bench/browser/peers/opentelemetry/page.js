// OpenTelemetry JS as its guide for browsers sets it up: fetch and document-load instrumentations, OTLP over HTTP.
//
// The 2.x line: the 3.x packages have no successor of `sdk-trace-web` yet.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { DocumentLoadInstrumentation } from '@opentelemetry/instrumentation-document-load';
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web';
import { start } from '../../buttons.js';

const provider = new WebTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'bench' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: '/v1/traces' }))],
});
provider.register();
registerInstrumentations({ instrumentations: [new DocumentLoadInstrumentation(), new FetchInstrumentation()] });
start();
