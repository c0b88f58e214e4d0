// One project, one real Chromium. The server comes from one of two places:
//
// - `cargo xtask test` names the built binary in CRUDDUR_SERVER and gives it an address, a fresh data directory and the site;
//   Playwright starts it, waits for /health and stops it.
// - otherwise a server is already there: `cargo leptos end-to-end` has just started one on LEPTOS_SITE_ADDR, or CRUDDUR_URL
//   says where it is. cargo-leptos does not wait until its server listens, so global-setup.ts does.

import { defineConfig, devices } from '@playwright/test';
import { findChromium } from './chromium.mjs';
import { baseURL } from './server.js';

const binary = process.env.CRUDDUR_SERVER;

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  globalSetup: './global-setup.ts',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A test that only sometimes passes is a fault in the test or in the app: it fails.
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    baseURL,
    trace: 'off',
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'chromium',
      use: {
        ...devices['Desktop Chrome'],
        launchOptions: {
          executablePath: findChromium().path,
          // The browser's own errands (updates, sync, first-run pages, QUIC probes) would be noise in a test about the network.
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      },
    },
  ],
  webServer: binary
    ? {
        command: JSON.stringify(binary),
        url: `${baseURL}/health`,
        reuseExistingServer: false,
        gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
        stdout: 'ignore',
        stderr: 'pipe',
        timeout: 60_000,
      }
    : undefined,
});
