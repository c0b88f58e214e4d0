// Sentry with tracing, as its guide for browsers sets it up, every trace kept.

import * as Sentry from '@sentry/browser';
import { start } from '../../buttons.js';

Sentry.init({
  dsn: `${location.protocol}//0123456789abcdef0123456789abcdef@${location.host}/1`,
  integrations: [Sentry.browserTracingIntegration()],
  tracesSampleRate: 1,
});
start();
