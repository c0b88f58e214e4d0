// A page load is one trace with the browser at its root: what the server reserved, the browser fills with what it measured.

import type { Page } from '@playwright/test';
import {
  BACKEND,
  CLOCK_MS,
  durationMs,
  endMs,
  expect,
  expectNested,
  FRONTEND,
  hydrated,
  isExport,
  number,
  open,
  pageLoad,
  pageTrace,
  signUp,
  startMs,
  test,
  text,
  Trace,
  type Row,
} from './fixture.js';
import { ownServer } from './own-server.js';

/** Phases of a fetch, which add up to it. */
const PHASES = ['queue', 'dns', 'connect', 'tls', 'wait', 'download'] as const;

const ids = (span: Row): unknown[] => [span.data['trace.trace_id'], span.data['trace.span_id']];
const names = (rows: Row[]): unknown[] => rows.map((row) => row.data['name']);

/** The trace is that of one page load: one tree, with the ids that the page was handed. */
async function expectPageLoad(page: Page, trace: Trace): Promise<{ load: Row; fetch: Row; server: Row }> {
  const handedOver = await pageTrace(page);
  const load = trace.one('documentLoad', FRONTEND);
  const fetch = trace.one('documentFetch', FRONTEND);
  const server = trace.one(/^GET /, BACKEND);
  expect(trace.tree().map((tree) => tree.span)).toEqual([load]);
  expect(ids(load)).toEqual([handedOver.traceId, handedOver.documentLoad]);
  expect(ids(fetch)).toEqual([handedOver.traceId, handedOver.documentFetch]);
  expect(load.data['trace.parent_id']).toBeUndefined();
  expectNested(load, fetch);
  expectNested(fetch, server, CLOCK_MS);
  return { load, fetch, server };
}

test('the load of a page is one tree, from the browser down to the SQL, measured by the browser', async ({ page, traces, context }) => {
  await open(page, '/');
  const trace = await pageLoad(page, traces);
  const { load, fetch, server } = await expectPageLoad(page, trace);
  const wasm = trace.one('wasm.load', FRONTEND);
  const hydrate = trace.one('hydrate', FRONTEND);
  expect(names(trace.children(load)).sort()).toEqual(['documentFetch', 'hydrate', 'wasm.load']);
  expectNested(load, wasm);
  expectNested(load, hydrate);
  expect(startMs(hydrate)).toBeGreaterThanOrEqual(endMs(wasm) - 0.001);
  expect(trace.ancestors(trace.one('SELECT activities', BACKEND))).toEqual(expect.arrayContaining([server, fetch, load]));

  // The request, by the browser's own entry.
  expect([load, fetch, server].map((span) => span.data['span.kind'])).toEqual(['internal', 'client', 'server']);
  expect(text(load, 'url.full')).toBe(page.url());
  expect(text(fetch, 'url.full')).toBe(page.url());
  expect(text(fetch, 'url.template')).toBe('/');
  expect(text(fetch, 'http.request.method')).toBe('GET');
  expect(number(fetch, 'http.response.status_code')).toBe(200);
  expect(text(fetch, 'network.protocol.version')).toBe('1.1');
  expect(text(server, 'http.route')).toBe('/');
  const sum = PHASES.map((phase) => number(fetch, `timing.${phase}_ms`)).reduce((a, b) => a + b);
  expect(sum).toBeCloseTo(durationMs(fetch), 2);
  expect(number(fetch, 'timing.network_ms')).toBeCloseTo(number(fetch, 'timing.wait_ms') - number(fetch, 'timing.server_ms'), 3);
  expect(number(fetch, 'timing.tls_ms')).toBe(0);

  // Events under the platform's names, at the platform's times, in their order.
  const network = trace.events(fetch);
  expect(names(network)).toEqual([
    'fetchStart',
    'domainLookupStart',
    'domainLookupEnd',
    'connectStart',
    'connectEnd',
    'requestStart',
    'responseStart',
    'responseEnd',
  ]);
  const document = trace.events(load);
  expect(names(document)).toEqual(
    expect.arrayContaining(['domInteractive', 'domContentLoadedEventStart', 'domContentLoadedEventEnd', 'domComplete', 'loadEventStart', 'loadEventEnd']),
  );
  const entry = await page.evaluate(() => {
    const entry = performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming;
    return entry.toJSON() as Record<string, number>;
  });
  for (const event of [...network, ...document]) {
    const measured = entry[text(event, 'name')];
    if (measured !== undefined) {
      expect(startMs(event) - startMs(load), text(event, 'name')).toBeCloseTo(measured, 2);
    }
  }
  expect(names(document)).not.toContain('activationStart');
  // The program's file: fetched, and then started.
  const [fetched, ...others] = trace.events(wasm);
  expect(names(fetched ? [fetched, ...others] : others)).toEqual(['responseEnd']);
  const file = await page.evaluate(() => {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    return entries.find((entry) => entry.name.endsWith('.wasm'))?.toJSON() as Record<string, number>;
  });
  expect(startMs(wasm) - startMs(load)).toBeCloseTo(file['startTime'] ?? NaN, 2);
  expect(startMs(fetched as Row) - startMs(load)).toBeCloseTo(file['responseEnd'] ?? NaN, 2);
  expect(endMs(wasm)).toBeGreaterThan(startMs(fetched as Row));
  expect(durationMs(fetch)).toBeCloseTo(entry['responseEnd'] ?? NaN, 2);
  expect(endMs(load)).toBeCloseTo(Math.max(startMs(load) + (entry['loadEventEnd'] ?? NaN), endMs(hydrate)), 2);

  // All of it is of one visit, and none of it made up.
  const cookie = (await context.cookies()).find(({ name }) => name === 'telemetry-session')?.value;
  for (const span of trace.spans) {
    expect(text(span, 'session.id')).toBe(cookie?.split('.')[0]);
    expect(span.data['span.synthetic']).toBeUndefined();
    expect(span.data['span.incomplete']).toBeUndefined();
  }
});

test('a reload is a trace of its own', async ({ page, traces }) => {
  await open(page, '/');
  const first = await pageLoad(page, traces);
  await page.reload();
  await hydrated(page);
  const second = await pageLoad(page, traces);
  const { load } = await expectPageLoad(page, second);
  expect(second.id).not.toBe(first.id);
  expect(second.links(load)).toEqual([]);
  expect((await traces.rows(first.id)).length).toBe(first.rows.length);
});

test('a page out of the browser’s cache does not join its old trace, but starts one that links to it', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const old = await pageLoad(page, traces);
  const { load: before } = await expectPageLoad(page, old);
  await page.goto('/traces');
  // Back to a page that may be kept goes without the server.
  const exported = page.waitForRequest(isExport);
  await page.goBack();
  await hydrated(page);
  expect((await pageTrace(page)).traceId).toBe(old.id);
  expect(await page.evaluate(() => (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).transferSize)).toBe(0);
  await exported;

  const [id] = await traces.listed({ user: person.handle }, 'documentLoad', 2);
  const trace = await traces.until(id ?? '', (trace) => trace.has('hydrate', FRONTEND));
  const load = trace.one('documentLoad', FRONTEND);
  expect(trace.tree().map((tree) => tree.span)).toEqual([load]);
  expect(trace.links(load)).toEqual([`${old.id}/${text(before, 'trace.span_id')}`]);
  // No server has had a part in it.
  expect(trace.all(/./, BACKEND)).toEqual([]);
  expect(trace.one('documentFetch', FRONTEND).data['timing.server_ms']).toBeUndefined();
  expect((await traces.rows(old.id)).length).toBe(old.rows.length);
});

test('a page that goes before it has loaded tells what it has, marked', async ({ page, traces }) => {
  // A picture that never comes keeps the page from having loaded; the program runs all the same.
  await page.route('**/never.png', () => {});
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => document.body.append(Object.assign(new Image(), { src: '/never.png' })));
  });
  await page.goto('/', { waitUntil: 'commit' });
  await hydrated(page);
  const { traceId } = await pageTrace(page);
  await page.goto('about:blank');
  const trace = await traces.until(traceId, (trace) => trace.has('documentLoad', FRONTEND));
  const load = trace.one('documentLoad', FRONTEND);
  expect(load.data['span.incomplete']).toBe(true);
  expect(load.data['span.synthetic']).toBeUndefined();
  expect(names(trace.events(load))).not.toContain('loadEventEnd');
  const fetch = trace.one('documentFetch', FRONTEND);
  expect(fetch.data['span.incomplete']).toBeUndefined();
  expectNested(load, fetch);
  expectNested(load, trace.one('hydrate', FRONTEND));
  expectNested(fetch, trace.one('GET /', BACKEND), CLOCK_MS);
});

test('for a page that never says anything the server makes both spans, when it stops', async ({ page, playwright }) => {
  test.skip(!process.env.CRUDDUR_SERVER, 'needs a server that it may stop');
  const server = await ownServer();
  await page.route('**/*.wasm', () => {});
  await page.goto(server.url, { waitUntil: 'commit' });
  const handedOver = await pageTrace(page);
  await page.close();
  await server.restart();

  const api = await playwright.request.newContext();
  const rows = async (): Promise<Row[]> => {
    const response = await api.get(`${server.url}/api/traces/${handedOver.traceId}`);
    return response.ok() ? ((await response.json()) as Row[]) : [];
  };
  await expect.poll(async () => names(await rows())).toContain('documentLoad');
  const trace = new Trace(handedOver.traceId, await rows());
  const load = trace.one('documentLoad', FRONTEND);
  const fetch = trace.one('documentFetch', FRONTEND);
  const answer = trace.one('GET /', BACKEND);
  expect(trace.tree().map((tree) => tree.span)).toEqual([load]);
  expect([ids(load), ids(fetch)]).toEqual([
    [handedOver.traceId, handedOver.documentLoad],
    [handedOver.traceId, handedOver.documentFetch],
  ]);
  expectNested(load, fetch, 0.001);
  expectNested(fetch, answer, 0.001);
  // Marked, and with the times that the server knows: its own.
  for (const span of [load, fetch]) {
    expect(span.data['span.synthetic']).toBe(true);
    expect([span.time, durationMs(span)]).toEqual([answer.time, durationMs(answer)]);
    expect(text(span, 'session.id')).toBe(text(answer, 'session.id'));
  }
  expect(answer.data['span.synthetic']).toBeUndefined();
  await api.dispose();
  await server.stop();
});
