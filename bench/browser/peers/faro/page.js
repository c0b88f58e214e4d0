// Grafana Faro with tracing, as its quick start sets it up.

import { getWebInstrumentations, initializeFaro } from '@grafana/faro-web-sdk';
import { TracingInstrumentation } from '@grafana/faro-web-tracing';
import { start } from '../../buttons.js';

initializeFaro({
  url: `${location.origin}/collect`,
  app: { name: 'bench', version: '1.0.0' },
  instrumentations: [...getWebInstrumentations(), new TracingInstrumentation()],
});
start();
