// What the JavaScript pages do: two buttons that fetch. `page/` does the same in Rust.

import { FETCHES } from './pages.mjs';

async function text(url) {
  return (await fetch(url)).text();
}

/** Call it when telemetry has been started. */
export function start() {
  document.getElementById('many').addEventListener('click', async () => {
    performance.mark('many-start');
    for (let fetched = 0; fetched < FETCHES; fetched++) {
      await text('/api/item');
    }
    performance.mark('many-end');
    dispatchEvent(new Event('bench-done'));
  });
  document.getElementById('one').addEventListener('click', () => text('/api/one'));
  performance.mark('ready');
  dispatchEvent(new Event('bench-ready'));
}
