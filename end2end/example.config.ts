// The tests of the example app (`examples/stopwatch`): the telemetry crates in an app that is not Cruddur, and every kind of
// connection between browser and server. `cargo xtask test example` builds the server and the OTLP receiver and names them
// here in STOPWATCH_SERVER, STOPWATCH_SITE and OTLP_RECEIVER; each worker starts its own.

import { defineConfig } from '@playwright/test';
import main from './playwright.config.js';

const chromium = main.projects?.[0]?.use;
const launch = chromium?.launchOptions;

/** Names that only this browser knows, so that names are looked up and origins differ. */
const NAMES = ['stopwatch.test', 'other.test'];

export default defineConfig({
  ...main,
  testDir: './example',
  globalSetup: undefined,
  webServer: undefined,
  projects: [
    {
      name: 'chromium',
      use: {
        ...chromium,
        // The proxy's certificate is its own.
        ignoreHTTPSErrors: true,
        launchOptions: {
          ...launch,
          args: [...(launch?.args ?? []), `--host-resolver-rules=${NAMES.map((name) => `MAP ${name} 127.0.0.1`).join(', ')}`],
        },
      },
    },
  ],
});
