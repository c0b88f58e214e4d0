// The pages that are compared: one HTML, one script each, and which page without telemetry each is held against.

/** @typedef {{ name: string, title: string, baseline?: string }} Page */

/** @type {Page[]} */
export const PAGES = [
  { name: 'plain', title: 'JavaScript without telemetry' },
  { name: 'inert', title: 'WASM without telemetry' },
  { name: 'ours', title: 'browser-telemetry', baseline: 'inert' },
  { name: 'opentelemetry', title: 'OpenTelemetry JS', baseline: 'plain' },
  { name: 'honeycomb', title: 'Honeycomb', baseline: 'plain' },
  { name: 'faro', title: 'Grafana Faro', baseline: 'plain' },
  { name: 'sentry', title: 'Sentry', baseline: 'plain' },
];

/** The folder of a peer below `peers/`; a page without telemetry and ours have none. */
export const PEERS = ['opentelemetry', 'honeycomb', 'faro', 'sentry'];

/** Fetches that a click on "many" makes, one after the other. The page of ours says the same number in Rust. */
export const FETCHES = 450;

/** Milliseconds that the answer to the fetch of "one" takes: no page is closed after it has come. */
export const ANSWER_MS = 50;

/** Where a page opened at `#many` posts how long its fetches took, and where the driver asks for that. */
export const TOOK = '/took';

/**
 * The document, the same for all. What the driver waits for are promises, so that nothing has to ask again and again. A page that
 * is opened at `#many` needs no driver: it fetches by itself and posts how many milliseconds that took.
 *
 * @param {string[]} preloads tags for what the script will want, as a server that renders pages adds them
 */
export const html = (preloads) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>bench</title>
<link rel="icon" href="data:,">
${preloads.join('\n')}
<script>
  window.ready = new Promise((resolve) => addEventListener('bench-ready', resolve, { once: true }));
  window.done = new Promise((resolve) => addEventListener('bench-done', resolve, { once: true }));
</script>
<script type="module" src="/main.js"></script>
<button id="many" data-action="fetch.many">Fetch many times</button>
<button id="one" data-action="fetch.one">Fetch once</button>
<script>
  if (location.hash === '#many') {
    ready.then(() => new Promise((resolve) => setTimeout(resolve, 300))).then(async () => {
      document.getElementById('many').click();
      await done;
      const at = (mark) => performance.getEntriesByName(mark)[0].startTime;
      await fetch('${TOOK}', { method: 'POST', body: String(at('many-end') - at('many-start')) });
    });
  }
</script>
</html>
`;
