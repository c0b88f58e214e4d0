// The README's pictures. `cargo xtask screenshots` builds the page and the server, and starts this on demo people and their
// cruds; the pictures go to docs/images.

import { defineConfig } from '@playwright/test';
import main from './playwright.config.js';

const chromium = main.projects?.[0]?.use;

export default defineConfig({
  ...main,
  testDir: './screenshots',
  // Its many cruds would be all that one sees.
  globalSetup: undefined,
  // One after the other, in the order of their names: each shows what those before it have done.
  fullyParallel: false,
  workers: 1,
  projects: [
    {
      name: 'chromium',
      use: { ...chromium, viewport: { width: 1200, height: 760 }, deviceScaleFactor: 1.5, colorScheme: 'dark', locale: 'en-GB' },
    },
  ],
});
