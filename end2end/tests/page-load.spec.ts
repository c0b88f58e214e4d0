// A page's own load: the browser is the root of its trace, whose ids the server has reserved.

import { expect, expectNested, number, test, text } from './fixture.js';

const FRONTEND = 'cruddur-frontend';
const BACKEND = 'cruddur-backend';

/** Browser and server share this machine's clock; the page's is anchored to it to about a millisecond. */
const CLOCK_MS = 5;

test('a page load is one trace from documentLoad to the SQL row', async ({ page, traces }) => {
  await page.goto('/');
  const handOver = await page.locator('meta[name=page-trace]').getAttribute('content');
  const traceId = handOver?.split('-')[0] ?? '';

  const trace = await traces.until(traceId, (trace) => trace.has('documentLoad'));
  const load = trace.one('documentLoad', FRONTEND);
  const fetch = trace.one('documentFetch', FRONTEND);
  const server = trace.one('GET /', BACKEND);
  expect(trace.tree().map((root) => root.span.data['name'])).toEqual(['documentLoad']);
  expectNested(load, fetch);
  expectNested(fetch, server, CLOCK_MS);
  expectNested(load, trace.one('wasm.load', FRONTEND));
  expectNested(load, trace.one('hydrate', FRONTEND));
  for (const name of ['home.activities', /^SELECT activities/]) {
    expect(trace.ancestors(trace.one(name, BACKEND))).toContain(server);
  }
  expect(load.data['span.synthetic']).toBeUndefined();
  expect(load.data['span.incomplete']).toBeUndefined();

  // The phases of the page's own request add up, and carry the server's word.
  const phases = ['queue', 'dns', 'connect', 'tls', 'wait', 'download'].map((phase) => number(fetch, `timing.${phase}_ms`));
  expect(phases.reduce((sum, phase) => sum + phase)).toBeCloseTo(number(fetch, 'duration_ms'), 2);
  expect(number(fetch, 'timing.network_ms')).toBeCloseTo(number(fetch, 'timing.wait_ms') - number(fetch, 'timing.server_ms'), 3);
  expect(number(fetch, 'http.response.status_code')).toBe(200);
  expect(text(fetch, 'url.full')).toMatch(/\/$/);

  // The milestones of the load are events under OpenTelemetry's names.
  const events = trace.rows
    .filter((row) => row.data['meta.annotation_type'] === 'span_event' && row.data['trace.parent_id'] === load.data['trace.span_id'])
    .map((row) => row.data['name']);
  expect(events).toEqual(expect.arrayContaining(['domInteractive', 'domContentLoadedEventEnd', 'loadEventEnd']));
});
