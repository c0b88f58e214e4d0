// What the pictures show is real: demo people who read and post in a browser, each over a network of their own, which a line
// between browser and server makes as slow as theirs is.

import type { Browser, Page } from '@playwright/test';
import { BACKEND, baseURL, draft, expect, FRONTEND, hydrated, open, test, TraceReader } from '../tests/fixture.js';
import { Line } from '../tests/line.js';
import { picture } from './picture.js';

/** The password that all demo people share. */
const PASSWORD = 'just crud it!';

/** Somebody at the other end of a line. */
interface Reader {
  handle: string;
  upMs: number;
  downMs: number;
  says: string[];
}

const READERS: Reader[] = [
  { handle: 'andrewbrown', upMs: 4, downMs: 7, says: ['One click, one trace.', 'I read my own waterfall before breakfast.', 'Latency by user: mine is fine.'] },
  { handle: 'bayko', upMs: 12, downMs: 20, says: ['This platform is great, and now I can prove it.', 'Wi-Fi in the kitchen.'] },
  { handle: 'worf', upMs: 35, downMs: 50, says: ['A timeout is not honourable.', 'Today is a good day to retry.'] },
  { handle: 'londo', upMs: 90, downMs: 130, says: ['From Centauri Prime every request takes its time.', 'The network is not what it was.'] },
];

async function signIn(page: Page, origin: string, handle: string): Promise<void> {
  await open(page, `${origin}/signin`);
  await page.getByLabel('Email', { exact: true }).fill(`${handle}@cruddur.example`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Sign Out' }).first()).toBeVisible();
}

/** Posts, waits until it is in the feed, and answers the id of the trace. */
async function post(page: Page, traces: TraceReader, message: string): Promise<string> {
  await draft(page).fill(message);
  const request = await traces.during(
    () => page.getByRole('button', { name: 'Crud', exact: true }).click(),
    (request) => request.method === 'POST',
    page,
  );
  await expect(page.getByRole('article').filter({ hasText: message })).toBeVisible();
  return request.traceId;
}

/** How often somebody looks before they say something. */
const LOOKS = 5;

/** Reads and posts as somebody does, over a line of theirs. Answers the id of the last post's trace. */
async function visit(browser: Browser, traces: TraceReader, reader: Reader): Promise<string> {
  const line = await Line.open();
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, line.origin, reader.handle);
  Object.assign(line.conditions, { upMs: reader.upMs, downMs: reader.downMs });
  let last = '';
  for (const message of reader.says) {
    for (let look = 0; look < LOOKS; look++) {
      await page.reload();
      await hydrated(page);
    }
    last = await post(page, traces, message);
    await traces.until(last, (trace) => trace.has(/^submit /, FRONTEND) && trace.has(/^INSERT /, BACKEND));
  }
  await context.close();
  await line.close();
  return last;
}

/** The last post of each, by handle: the id of its trace. */
const posted = new Map<string, string>();
/** When they began and had ended, in seconds since 1970. */
const during = { start: 0, end: 0 };
const now = (): number => Date.now() / 1000;

test.beforeAll(async ({ browser, playwright }) => {
  test.setTimeout(180_000);
  const api = await playwright.request.newContext();
  const page = await browser.newPage();
  const traces = new TraceReader(api, page);
  during.start = Math.floor(now());
  // One after the other: on a small machine each would slow down the others.
  for (const reader of READERS) {
    posted.set(reader.handle, await visit(browser, traces, reader));
  }
  during.end = Math.ceil(now());
  await page.close();
  await api.dispose();
});

test('feed', async ({ page }) => {
  await signIn(page, baseURL, 'andrewbrown');
  await expect(page.getByRole('article').first()).toBeVisible();
  await picture(page, 'feed');
});

test('waterfall', async ({ page }) => {
  // As high as the whole tree: it draws the rows that are in view.
  await page.setViewportSize({ width: 1200, height: 1120 });
  await page.goto(`/traces/${posted.get('bayko')}`);
  await page.locator('html[data-trace=ready]').waitFor();
  await expect(page.getByRole('treegrid').getByText('INSERT activities').first()).toBeVisible();
  await picture(page, 'waterfall');
});

test('latency by user', async ({ page }) => {
  const response = await page.goto(`/traces/queries/latency-by-user?start_time=${during.start}&end_time=${during.end}&scale=log`);
  expect(response?.status(), 'the page of the saved query').toBe(200);
  for (const { handle } of READERS) {
    await expect(page.getByRole('cell', { name: handle }).filter({ visible: true }).first()).toBeVisible();
  }
  const table = page.getByRole('table').filter({ hasText: 'All groups', visible: true });
  await picture(page, 'latency-by-user', { from: page.getByText('HEATMAP(duration_ms)').first(), to: table });
});
