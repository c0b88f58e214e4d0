// Honeycomb's web SDK as its README sets it up, sending to a collector in place of Honeycomb.

import { HoneycombWebSDK } from '@honeycombio/opentelemetry-web';
import { getWebAutoInstrumentations } from '@opentelemetry/auto-instrumentations-web';
import { start } from '../../buttons.js';

const sdk = new HoneycombWebSDK({
  endpoint: location.origin,
  serviceName: 'bench',
  skipOptionsValidation: true,
  instrumentations: [getWebAutoInstrumentations()],
});
sdk.start();
start();
