// Waits until the server under test answers, so that `cargo leptos end-to-end`, which starts the tests and the server at
// the same moment, does not fail by a race.

import { baseURL } from './server.js';

const PATIENCE_MS = 60_000;

async function healthy(): Promise<boolean> {
  try {
    return (await fetch(`${baseURL}/health`)).ok;
  } catch {
    return false; // Not listening yet.
  }
}

export default async function globalSetup(): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (!(await healthy())) {
    if (Date.now() > until) {
      throw new Error(
        `No server answers at ${baseURL}/health. Run "cargo xtask test end2end", which starts one, or "cargo leptos end-to-end", ` +
          'or start one with "cargo xtask run" and say where it is with CRUDDUR_URL.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
