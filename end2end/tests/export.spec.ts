// How spans leave the page: to its own origin only, without keys, without making spans, and without the app depending on it.

import type { Page, Request } from '@playwright/test';
import { BACKEND, baseURL, crud, draft, expect, FRONTEND, hydrated, isPost, open, signUp, test, text, type Row, type TraceReader } from './fixture.js';

const isExport = (request: Request): boolean => new URL(request.url()).pathname === '/v1/traces';

/** Posts a crud and waits until the page shows it. */
async function post(page: Page, traces: TraceReader, message: string): Promise<string> {
  await draft(page).fill(message);
  const request = await traces.during(() => crud(page).click(), isPost);
  await expect(page.getByRole('article').filter({ hasText: message })).toBeVisible();
  return request.traceId;
}

/** From now on the timers by which batches leave, or are tried again, never run in this page. */
async function withoutTimers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const real = window.setTimeout.bind(window);
    window.setTimeout = ((task: () => void, ms = 0, ...rest: unknown[]) => (ms >= 500 ? 0 : real(task, ms, ...rest))) as typeof setTimeout;
  });
}

test('only protobuf, to the own origin, with no key and no trace context', async ({ page, traces, playwright }) => {
  const all: Request[] = [];
  page.on('request', (request) => all.push(request));
  const person = await signUp(page);
  await hydrated(page);
  const id = await post(page, traces, `Exported ${person.handle}`);
  await traces.until(id, (trace) => trace.has('click activity.create', FRONTEND));

  const exports = all.filter(isExport);
  expect(exports.length).toBeGreaterThan(0);
  for (const request of exports) {
    const headers = await request.allHeaders();
    expect(request.method()).toBe('POST');
    expect(new URL(request.url()).origin).toBe(baseURL);
    expect(headers['content-type']).toBe('application/x-protobuf');
    // Field 1 (resource_spans), length-delimited: a protobuf message and no JSON.
    expect(request.postDataBuffer()?.[0]).toBe(0x0a);
    for (const name of ['traceparent', 'baggage', 'authorization', 'x-honeycomb-team', 'x-honeycomb-dataset']) {
      expect(headers[name], name).toBeUndefined();
    }
  }
  // Everything else that the page asks for is at home, too.
  for (const request of all) {
    expect(new URL(request.url()).origin, request.url()).toBe(baseURL);
  }

  // Nothing that the page is made of knows where spans go from here.
  const api = await playwright.request.newContext({ baseURL });
  const files = new Set(all.map((request) => new URL(request.url()).pathname).filter((path) => path.startsWith('/pkg/')));
  expect([...files].filter((file) => file.endsWith('.wasm'))).toHaveLength(1);
  for (const path of ['/', '/signin', ...files]) {
    const response = await api.get(path);
    expect(response.status(), path).toBe(200);
    const body = (await response.body()).toString('latin1');
    const head = JSON.stringify(response.headers());
    for (const word of [/honeycomb/i, /api[-_]key/i, /x-honeycomb-team/i, /OTEL_EXPORTER/, /\b431[78]\b/]) {
      expect(body, `${path} ${word}`).not.toMatch(word);
      expect(head, `${path} ${word}`).not.toMatch(word);
    }
  }
  await api.dispose();
});

test("nothing traces the telemetry's own traffic", async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const exported = page.waitForResponse((response) => isExport(response.request()));
  const id = await post(page, traces, `Silent ${person.handle}`);
  expect((await exported).status()).toBe(200);
  await page.goto(`/traces/${id}`);
  await page.goto('/traces');
  await page.goto('/');
  await hydrated(page);

  // A later request's span comes after whatever those might have left.
  const later = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click());
  await traces.until(later.traceId, (trace) => trace.has('click feed.more', FRONTEND));
  for (const route of ['/v1/traces', '/traces', '/traces/{trace_id}', '/api/traces', '/api/traces/{trace_id}', '/health']) {
    await traces.listed({ route }, `GET ${route}`, 0);
    await traces.listed({ route }, `POST ${route}`, 0);
  }
  for (const { data } of await traces.rows(id)) {
    expect(String(data['url.full'] ?? data['url.path'] ?? '')).not.toMatch(/\/v1\/|\/traces/);
  }
});

for (const [what, status] of [
  ['blocked', undefined],
  ['failing with 503', 503],
] as const) {
  test(`an endpoint that is ${what} leaves the app working, and the spans arrive when it is back`, async ({ page, traces }) => {
    const person = await signUp(page);
    await open(page, '/');
    let tries = 0;
    await page.route('**/v1/traces', (route) => {
      tries += 1;
      return status === undefined ? route.abort() : route.fulfill({ status });
    });
    const tried = page.waitForRequest(isExport);
    const first = await post(page, traces, `One ${person.handle}`);
    await tried;
    const second = await post(page, traces, `Two ${person.handle}`);
    expect(tries).toBeGreaterThan(0);
    for (const id of [first, second]) {
      const rows = await traces.rows(id);
      expect(rows.filter((row) => row.data['service.name'] === FRONTEND)).toEqual([]);
    }

    await page.unroute('**/v1/traces');
    for (const id of [first, second]) {
      const trace = await traces.until(id, (trace) => trace.has('click activity.create', FRONTEND));
      // Each span once, and none of the tries.
      trace.one('submit activity.create', FRONTEND);
      trace.one('POST /api/activities', FRONTEND);
      expect(text(trace.one('POST /api/activities', BACKEND), 'trace.parent_id')).toBe(
        text(trace.one('POST /api/activities', FRONTEND), 'trace.span_id'),
      );
      expect(trace.tree()).toHaveLength(1);
    }
  });
}

test('a page that is hidden sends what has ended, at once', async ({ page, traces }) => {
  const person = await signUp(page);
  await withoutTimers(page);
  await open(page, '/');
  const ended = await post(page, traces, `Hidden ${person.handle}`);
  const sent = page.waitForRequest(isExport);
  // A headless browser shows all of its tabs at once, so the page is told what a browser would tell it.
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
  await sent;
  // The click itself may still wait for more that it causes; the fetch has ended, and by itself: hidden is not gone.
  const fetched = async (): Promise<Row[]> =>
    (await traces.rows(ended)).filter((row) => row.data['name'] === 'POST /api/activities' && row.data['service.name'] === FRONTEND);
  await expect.poll(fetched, { timeout: 20_000 }).toHaveLength(1);
  for (const row of await traces.rows(ended)) {
    expect(row.data['span.incomplete'], JSON.stringify(row)).toBeUndefined();
  }
});

test('a page that is shown again goes on as before', async ({ page, traces, line }) => {
  const person = await signUp(page);
  await withoutTimers(page);
  await open(page, line.origin);
  await draft(page).fill(`Back again ${person.handle}`);
  const answered = line.holdAnswers((request) => request.startsWith('POST /api/activities '));
  const request = await traces.during(() => crud(page).click(), isPost);
  await answered;
  const visibility = (state: string): Promise<void> =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, state);
  await visibility('hidden');
  await visibility('visible');
  line.release();
  await expect(page.getByRole('article').filter({ hasText: `Back again ${person.handle}` })).toBeVisible();

  // The fetch was open while the page was hidden, and ends complete; only leaving the page sends it here.
  await page.goto('about:blank');
  const trace = await traces.until(request.traceId, (trace) => trace.has('click activity.create', FRONTEND));
  const fetch = trace.one('POST /api/activities', FRONTEND);
  expect(fetch.data['http.response.status_code']).toBe(200);
  expect(fetch.data['span.incomplete']).toBeUndefined();
});
