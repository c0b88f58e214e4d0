// How spans leave the page: to its own origin only, without keys, without making spans, and without the app depending on it.

import type { APIRequestContext, Page, Request } from '@playwright/test';
import {
  BACKEND,
  baseURL,
  bodyOf,
  crud,
  draft,
  expect,
  FRONTEND,
  hydrated,
  isExport,
  isPost,
  newPerson,
  open,
  pageLoad,
  pageTrace,
  signIn,
  signUp,
  test,
  text,
  Trace,
  type Row,
  type TraceReader,
} from './fixture.js';
import { ownServer } from './own-server.js';

/** The numbers of telemetry at /health. */
async function relayCounts(api: APIRequestContext, url: string): Promise<Record<string, number>> {
  const health = (await (await api.get(`${url}/health`)).json()) as { spans: { relay: Record<string, number> } };
  return health.spans.relay;
}

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
    expect((await bodyOf(request))[0]).toBe(0x0a);
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
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
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
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' });
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

for (const [status, headers] of [
  [429, { 'retry-after': '1' }],
  [503, { 'retry-after': '1' }],
  [503, {}],
] as const) {
  test(`a batch that is answered with ${status} ${JSON.stringify(headers)} comes again, once`, async ({ page, traces }) => {
    let refused: Buffer | undefined;
    const taken: Buffer[] = [];
    await page.route('**/v1/traces', async (route) => {
      const body = await bodyOf(route.request());
      if (refused === undefined) {
        refused = body;
        return route.fulfill({ status, headers });
      }
      taken.push(body);
      return route.continue();
    });
    await open(page, '/');
    const trace = await pageLoad(page, traces);
    for (const name of ['documentLoad', 'documentFetch', 'wasm.load', 'hydrate']) {
      trace.one(name, FRONTEND);
    }
    const { traceId } = await pageTrace(page);
    const id = Buffer.from(traceId, 'hex');
    expect(refused?.includes(id)).toBe(true);
    expect(taken.filter((body) => body.includes(id))).toHaveLength(1);
  });
}

test('a batch that is refused for good is dropped, and the next one says how many spans that were', async ({ page, playwright }) => {
  test.skip(!process.env.CRUDDUR_SERVER, 'needs a server whose counts are nobody else’s');
  const server = await ownServer();
  const api = await playwright.request.newContext();
  let tries = 0;
  await page.route('**/v1/traces', (route) => {
    tries += 1;
    return tries === 1 ? route.fulfill({ status: 400 }) : route.continue();
  });
  const refused = page.waitForResponse((response) => isExport(response.request()));
  await open(page, `${server.url}/signin`);
  expect((await refused).status()).toBe(400);
  expect((await relayCounts(api, server.url))['dropped_in_pages']).toBe(0);
  const taken = page.waitForResponse((response) => isExport(response.request()));
  await page.getByRole('link', { name: 'Sign up!' }).click();
  expect((await taken).status()).toBe(200);
  // documentLoad, documentFetch, wasm.load and hydrate.
  expect((await relayCounts(api, server.url))['dropped_in_pages']).toBe(4);
  // And it says so once.
  const next = page.waitForResponse((response) => isExport(response.request()));
  await page.getByRole('link', { name: 'Sign in!' }).click();
  expect((await next).status()).toBe(200);
  expect((await relayCounts(api, server.url))['dropped_in_pages']).toBe(4);
  await api.dispose();
  await server.stop();
});

test('nothing is sent before the page has loaded, and then all of it', async ({ page, traces }) => {
  const posts: Request[] = [];
  page.on('request', (request) => isExport(request) && posts.push(request));
  let arrive = (): void => {};
  const picture = new Promise<void>((arrived) => (arrive = arrived));
  await page.route('**/late.svg', async (route) => {
    await picture;
    await route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
  });
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => document.body.append(Object.assign(new Image(), { src: '/late.svg' })));
  });
  await page.goto('/', { waitUntil: 'commit' });
  await hydrated(page);
  const { traceId } = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click());
  await expect(page.getByRole('article')).toHaveCount(40);
  // A timer that was set after the one by which a batch would leave, and is longer, runs after it.
  await page.evaluate(() => new Promise((run) => setTimeout(run, 700)));
  expect(posts).toEqual([]);
  arrive();
  const click = await traces.until(traceId, (trace) => trace.has('click feed.more', FRONTEND));
  const load = await pageLoad(page, traces);
  expect(load.one('documentLoad', FRONTEND).data['span.incomplete']).toBeUndefined();
  expect(click.tree()).toHaveLength(1);
});

test('big batches are zipped, small ones are not', async ({ page, traces }) => {
  const posts: Request[] = [];
  page.on('request', (request) => isExport(request) && posts.push(request));
  await open(page, '/signin');
  await pageLoad(page, traces);
  const small = page.waitForRequest(isExport);
  await page.evaluate(() => setTimeout(() => void Promise.reject('small')));
  expect((await small).postDataBuffer()?.length).toBeLessThan(1024);
  const encodings: boolean[] = [];
  for (const request of posts) {
    const zipped = (await request.allHeaders())['content-encoding'] === 'gzip';
    expect(zipped).toBe((await bodyOf(request)).length >= 1024);
    encodings.push(zipped);
  }
  expect(encodings).toEqual([true, false]);
});

test('what happened before a sign-out is stamped with who it was', async ({ page, traces }) => {
  const person = await signUp(page);
  await withoutTimers(page);
  await open(page, '/');
  const { traceId } = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click());
  await expect(page.getByRole('article')).toHaveCount(40);
  expect((await traces.rows(traceId)).filter((row) => row.data['service.name'] === FRONTEND)).toEqual([]);
  // The batch leaves first. The two requests race to the server, and the loser would have nobody's spans: here it is no race.
  const taken = page.waitForResponse((response) => isExport(response.request()));
  await page.route('**/api/users/signout', async (route) => {
    expect((await taken).status()).toBe(200);
    await route.continue();
  });
  await page.getByRole('button', { name: 'Sign Out' }).click();
  await expect(page.getByRole('link', { name: 'Sign In' })).toBeVisible();
  const trace = await traces.until(traceId, (trace) => trace.has('GET /api/activities/home', FRONTEND));
  expect(text(trace.one('GET /api/activities/home', FRONTEND), 'user.name')).toBe(person.handle);
});

test('what happened before a sign-in has been taken when the sign-in is sent', async ({ page, context, traces }) => {
  const person = await signUp(page);
  await context.clearCookies();
  await withoutTimers(page);
  await open(page, '/');
  const { traceId } = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click());
  await expect(page.getByRole('article')).toHaveCount(40);
  await page.getByRole('link', { name: 'Sign In' }).first().click();
  await page.getByLabel('Email', { exact: true }).fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  const order: string[] = [];
  await page.route('**/v1/traces', async (route) => {
    // Long enough for a sign-in that does not wait.
    await new Promise((later) => setTimeout(later, 300));
    await route.continue();
  });
  page.on('response', (response) => isExport(response.request()) && order.push('taken'));
  page.on('request', (request) => request.url().endsWith('/api/users/signin') && order.push('sign-in'));
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Sign Out' }).first()).toBeVisible();
  expect(order.slice(0, 2)).toEqual(['taken', 'sign-in']);
  const trace = await traces.until(traceId, (trace) => trace.has('GET /api/activities/home', FRONTEND));
  expect(trace.one('GET /api/activities/home', FRONTEND).data['user.name']).toBeUndefined();
});

test('a page that was rendered for somebody else tells of nobody', async ({ page, context, playwright }) => {
  test.skip(!process.env.CRUDDUR_SERVER, 'needs a server whose counts are nobody else’s');
  const server = await ownServer();
  const api = await playwright.request.newContext();
  const [first, second] = [newPerson(), newPerson()];
  for (const { name, email, handle, password } of [first, second]) {
    const data = { name, email, username: handle, password };
    expect((await api.post(`${server.url}/api/users/signup`, { data })).status()).toBe(200);
  }
  await signIn(page, first, server.url);
  await hydrated(page);
  const taken = page.waitForResponse((response) => isExport(response.request()));
  expect((await taken).status()).toBe(200);

  // In another tab, and so in the cookies of both.
  const tab = await context.newPage();
  await context.clearCookies({ name: 'cruddur_session' });
  await signIn(tab, second, server.url);
  // What the page had left to tell of its own load is another's by now, too: once nothing more of it comes, the rest is the click.
  let before = NaN;
  const settled = async (): Promise<boolean> => {
    const earlier = before;
    before = (await relayCounts(api, server.url))['generation_mismatches'] ?? NaN;
    return before === earlier;
  };
  await expect.poll(settled, { intervals: [1_500] }).toBe(true);
  await draft(page).fill('Who said this?');
  const posted = page.waitForRequest((request) => new URL(request.url()).pathname === '/api/activities');
  await crud(page).click();
  const traceId = (await (await posted).allHeaders())['traceparent']?.split('-')[1] ?? '';
  const rows = async (): Promise<Trace> => {
    const response = await api.get(`${server.url}/api/traces/${traceId}`);
    return new Trace(traceId, response.ok() ? ((await response.json()) as Row[]) : []);
  };
  await expect.poll(async () => (await rows()).has('click activity.create', FRONTEND), { timeout: 20_000 }).toBe(true);
  const trace = await rows();
  // The server acted for whom the cookie named; whose click it was, nobody can say.
  expect(text(trace.one('POST /api/activities', BACKEND), 'user.name')).toBe(second.handle);
  const mine = trace.all(/./, FRONTEND);
  for (const span of mine) {
    expect(span.data['user.id'], JSON.stringify(span)).toBeUndefined();
    expect(span.data['user.name']).toBeUndefined();
  }
  expect((await relayCounts(api, server.url))['generation_mismatches']).toBe(before + mine.length);
  await api.dispose();
  await server.stop();
});
