// The visit: one id for all of a browser's page loads and tabs, on both sides, for half an hour without activity and four hours at most.

import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { BACKEND, baseURL, expect, FRONTEND, open, pageLoad, test, text, type Trace, type TraceReader } from './fixture.js';
import { ownServer } from './own-server.js';

const COOKIE = 'telemetry-session';
const HOUR = 3600;

/** The visit that the browser's cookie names, and when it began, in seconds since 1970. */
async function visit(context: BrowserContext): Promise<{ id: string; start: number }> {
  const value = (await context.cookies()).find(({ name }) => name === COOKIE)?.value;
  const parts = /^([0-9a-f]{32})\.(\d+)$/.exec(value ?? '');
  if (!parts?.[1]) {
    throw new Error(`"${value}" names no visit`);
  }
  return { id: parts[1], start: Number(parts[2]) };
}

/** Makes the cookie say that this visit began so many seconds ago. */
async function setVisit(context: BrowserContext, id: string, secondsAgo: number): Promise<void> {
  const start = Math.floor(Date.now() / 1000) - secondsAgo;
  await context.addCookies([{ name: COOKIE, value: `${id}.${start}`, url: baseURL, sameSite: 'Lax' }]);
}

/** The visits that the trace's spans name. */
function visits(trace: Trace, service?: string): string[] {
  return [...new Set(trace.all(/./, service).map((span) => text(span, 'session.id')))];
}

/** The trace of one fetch of the page. */
async function fetched(page: Page, traces: TraceReader): Promise<Trace> {
  const { traceId } = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click(), undefined, page);
  return traces.until(traceId, (trace) => trace.has('click feed.more', FRONTEND) && trace.has('home.activities', BACKEND));
}

test('page loads and tabs are one visit, in the browser and on the server', async ({ page, context, traces }) => {
  await open(page, '/');
  const { id } = await visit(context);
  const first = await pageLoad(page, traces);
  const click = await fetched(page, traces);
  await open(page, '/signin');
  const second = await pageLoad(page, traces);
  const tab = await context.newPage();
  await open(tab, '/');
  const third = await pageLoad(tab, traces);
  for (const trace of [first, click, second, third, await fetched(tab, traces)]) {
    expect(visits(trace, FRONTEND)).toEqual([id]);
    expect(visits(trace, BACKEND)).toEqual([id]);
  }
  expect((await visit(context)).id).toBe(id);
});

test('a fetch names its visit in baggage, and the server puts it on every span', async ({ page, context, traces }) => {
  await open(page, '/');
  const { id } = await visit(context);
  await pageLoad(page, traces);
  // Without the cookie there is only the baggage that could tell.
  await context.clearCookies({ name: COOKIE });
  await page.evaluate(() => Object.defineProperty(document, 'cookie', { get: () => '', set: () => undefined }));
  const [request, trace] = await Promise.all([page.waitForRequest((request) => request.url().includes('/api/')), fetched(page, traces)]);
  expect((await request.allHeaders())['baggage']).toBe(`session.id=${id}`);
  expect((await request.allHeaders())['cookie'] ?? '').not.toContain(COOKIE);
  expect(trace.all(/./, BACKEND).length).toBeGreaterThan(1);
  expect(visits(trace)).toEqual([id]);
});

test('where the cookie has gone a new visit begins', async ({ page, context, traces }) => {
  await open(page, '/');
  const old = await visit(context);
  const lasts = (await context.cookies()).find(({ name }) => name === COOKIE)?.expires ?? 0;
  expect(lasts).toBeGreaterThan(old.start + HOUR / 2 - 5);
  expect(lasts).toBeLessThan(old.start + HOUR);
  await context.clearCookies({ name: COOKIE });
  await open(page, '/');
  const { id } = await visit(context);
  expect(id).not.toBe(old.id);
  expect(visits(await pageLoad(page, traces))).toEqual([id]);
});

test('after four hours a new visit begins, and not before', async ({ page, context, traces }) => {
  const given = 'ab'.repeat(16);
  await setVisit(context, given, 4 * HOUR - 600);
  await open(page, '/');
  expect((await visit(context)).id).toBe(given);
  expect(visits(await pageLoad(page, traces))).toEqual([given]);

  await setVisit(context, given, 4 * HOUR + 1);
  await open(page, '/');
  const { id } = await visit(context);
  expect(id).not.toBe(given);
  expect(visits(await pageLoad(page, traces))).toEqual([id]);
});

test('a page that was left alone for half an hour goes on in a new visit', async ({ page, context, traces }) => {
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    const clock = window as unknown as { aheadMs: number };
    clock.aheadMs = 0;
    Date.now = () => now() + clock.aheadMs;
  });
  await open(page, '/');
  const { id: old } = await visit(context);
  await pageLoad(page, traces);
  const leaveAlone = async (minutes: number): Promise<void> => {
    // The browser forgets the cookie by its own clock.
    if (minutes >= 30) {
      await context.clearCookies({ name: COOKIE });
    }
    await page.evaluate((minutes) => ((window as unknown as { aheadMs: number }).aheadMs += minutes * 60_000), minutes);
  };
  await leaveAlone(29);
  expect(visits(await fetched(page, traces))).toEqual([old]);
  await leaveAlone(31);
  const trace = await fetched(page, traces);
  const { id } = await visit(context);
  expect(id).not.toBe(old);
  expect(visits(trace)).toEqual([id]);
});

test('with cookies blocked the app works, and a visit is one page load', async ({ launchOptions, playwright, traces }) => {
  const profile = await mkdtemp(join(tmpdir(), 'cruddur-profile-'));
  await mkdir(join(profile, 'Default'));
  // As if somebody had set it in the browser's settings: block all cookies.
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await playwright.chromium.launchPersistentContext(profile, { ...launchOptions, baseURL });
  const page = await context.newPage();
  await open(page, '/');
  expect(await page.evaluate(() => ((document.cookie = 'a=b'), document.cookie))).toBe('');
  expect(await context.cookies()).toEqual([]);
  const load = await pageLoad(page, traces);
  const click = await fetched(page, traces);
  await expect(page.getByRole('article')).toHaveCount(40);
  const [id, ...others] = visits(load, FRONTEND);
  expect(others).toEqual([]);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(visits(click)).toEqual([id]);
  expect(load.tree()).toHaveLength(1);
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

test('a page that records nothing begins no visit, not even by a fetch', async ({ page, context }) => {
  test.skip(!process.env.CRUDDUR_SERVER, 'needs a server with telemetry switched off');
  const server = await ownServer({ OTEL_SDK_DISABLED: 'true', CRUDDUR_DEMO: '1' });
  try {
    const fetches: Record<string, string>[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/')) {
        fetches.push(request.headers());
      }
    });
    await open(page, `${server.url}/`);
    await page.getByRole('link', { name: 'Worf' }).first().click();
    await expect.poll(() => fetches.length).toBeGreaterThan(0);
    expect(fetches.map((headers) => headers.baggage)).toEqual(fetches.map(() => undefined));
    expect((await context.cookies(server.url)).map(({ name }) => name)).not.toContain(COOKIE);
  } finally {
    await server.stop();
  }
});
