// The promise of the telemetry crates: another app takes them in some ten lines a side, and a click there is one trace, too, at
// whatever backend takes OTLP.

import { BACKEND, CLIENT, durationMs, expect, FRONTEND, number, phases, SERVER, test, type Span } from './fixture.js';

/** Browser and server share this machine's clock; the page's is anchored to it to about a millisecond. */
const CLOCK_NS = 5_000_000n;

/** The one span of this name and service among these. */
function one(spans: Span[], name: string, service: string): Span {
  const found = spans.filter((span) => span.name === name && span.service === service);
  expect(found, `${name} (${service}) among ${spans.map((span) => `${span.name} (${span.service})`).join(', ')}`).toHaveLength(1);
  return found[0] as Span;
}

/** `child` was caused by `parent`, and lies inside it. */
function expectBelow(parent: Span, child: Span, toleranceNs = 1_000_000n): void {
  const who = `${child.name} (${child.service}) below ${parent.name} (${parent.service})`;
  expect(child.parentId, who).toBe(parent.spanId);
  expect(child.startNs >= parent.startNs - toleranceNs, `${who}: begins in it`).toBe(true);
  expect(child.endNs <= parent.endNs + toleranceNs, `${who}: ends in it`).toBe(true);
}

test('one click, one trace at the backend, from both services', async ({ page, stopwatch, receiver, server }) => {
  await stopwatch.open(server.url);
  const line = `kept ${process.pid} ${Date.now()}`;
  await page.getByLabel('Line').fill(line);
  await stopwatch.button('Keep').click();
  await expect(page.locator('#kept > li', { hasText: line })).toBeVisible();

  const [click] = await receiver.until('clicks on Keep', (span) => span.name === 'click times.keep');
  const traceId = click?.traceId;
  // What the click caused last is the refetch of the list: with the server's part of it all is there.
  await receiver.until('reads of the list', (span) => span.traceId === traceId && span.name === 'times.all');
  await receiver.until('answers', (span) => span.traceId === traceId && span.name === 'GET /api/times', 2);
  const spans = (await receiver.spans()).filter((span) => span.traceId === traceId);

  const root = one(spans, 'click times.keep', FRONTEND);
  const submit = one(spans, 'submit times.keep', FRONTEND);
  const post = one(spans, 'POST /api/times/keep', FRONTEND);
  const served = one(spans, 'POST /api/times/keep', BACKEND);
  const own = one(spans, 'times.keep', BACKEND);
  expect(spans.filter((span) => span.parentId === '')).toEqual([root]);
  expectBelow(root, submit);
  expectBelow(submit, post);
  expectBelow(post, served, CLOCK_NS);
  expectBelow(served, own);
  expect([post.kind, served.kind]).toEqual([CLIENT, SERVER]);
  expect(own.scope).toBe('stopwatch');

  const refetch = one(spans, 'GET /api/times', FRONTEND);
  expectBelow(refetch, one(spans, 'GET /api/times', BACKEND), CLOCK_NS);
  for (const fetch of [post, refetch]) {
    const { wait } = phases(fetch);
    expect(number(fetch, 'timing.network_ms')).toBeCloseTo(wait - number(fetch, 'timing.server_ms'), 3);
    expect(number(fetch, 'http.response.status_code')).toBe(200);
  }
  expect(number(post, 'timing.server_ms')).toBeLessThanOrEqual(durationMs(served) + 1);
});

test('a plain request through the wrapper is in the trace, too', async ({ stopwatch, receiver, server }) => {
  await stopwatch.open(server.url);
  const fetch = await stopwatch.fetch(stopwatch.unique('/try/slow/30'));
  const [served] = await stopwatch.served([fetch]);
  const [click] = await receiver.until('its click', (span) => span.spanId === fetch.parentId);

  expect(click?.name).toBe('click fetch');
  expect([fetch.name, fetch.kind]).toEqual(['GET', CLIENT]);
  expect([served?.name, served?.kind]).toEqual(['GET /try/slow/{ms}', SERVER]);
  expect(served?.traceId).toBe(fetch.traceId);
  expect(served?.attributes['http.route']).toBe('/try/slow/{ms}');
});

test('the browser is the root of its page load', async ({ page, stopwatch, receiver, server }) => {
  await stopwatch.open(server.url);
  const handOver = await page.locator('meta[name=page-trace]').getAttribute('content');
  const traceId = handOver?.split('-')[0];
  const named = (name: string) => (span: Span) => span.traceId === traceId && span.name === name;

  const [load] = await receiver.until('documentLoad', named('documentLoad'));
  const [fetch] = await receiver.until('documentFetch', named('documentFetch'));
  const [served] = await receiver.until('GET /', named('GET /'));
  const [hydrate] = await receiver.until('hydrate', named('hydrate'));
  expect(load?.parentId).toBe('');
  expectBelow(load as Span, fetch as Span);
  expectBelow(load as Span, hydrate as Span);
  expectBelow(fetch as Span, served as Span, CLOCK_NS);
  phases(fetch as Span);
  expect([fetch?.service, served?.service]).toEqual([FRONTEND, BACKEND]);
});
