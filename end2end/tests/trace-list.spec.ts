// The list of traces: live without moving what one reads, its filter with suggestions, its histogram, its pages, and all of
// it from the keyboard.

import { randomBytes } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';
import { crud, draft, expect, hydrated, signUp, test } from './fixture.js';
import { handIn, newRoute, type Span } from './hand-in.js';

const names = (page: Page): Locator => page.getByRole('rowheader').getByRole('link');
const news = (page: Page): Locator => page.locator('#news');
const of = (route: string): string => `/traces?route=${encodeURIComponent(route)}`;

/** Opens the list and waits until it listens and has asked for what it missed. */
async function live(page: Page, url: string): Promise<void> {
  const asked = page.waitForResponse((response) => response.request().resourceType() === 'fetch' && new URL(response.url()).pathname === '/traces');
  await page.goto(url);
  await expect(page.locator('#live')).toHaveText('Live');
  await asked;
}

/** So many spans, newest first, that the list is longer than the window. */
const many = (route: string, count = 40): Span[] =>
  Array.from({ length: count }, (_, index) => ({ name: `old ${index}`, ageMs: (index + 10) * 1000, route }));

test('a click is in the list as soon as it is in the store, without loading the page again', async ({ page, context }) => {
  const person = await signUp(page);
  await hydrated(page);
  const list = await context.newPage();
  await live(list, `/traces?user=${person.handle}&route=${encodeURIComponent('/api/activities')}`);
  await list.evaluate(() => Object.assign(window, { same: true }));
  await expect(list.getByRole('heading', { name: 'No trace matches' })).toBeVisible();

  await page.bringToFront();
  await draft(page).fill('Watch the list');
  await crud(page).click();
  await expect(page.getByText('Posted.')).toBeVisible();
  await list.bringToFront();
  // First what the server says of it, then the click that caused it.
  await expect(names(list)).toHaveText(['click activity.create']);
  await expect(list.getByRole('cell', { name: `@${person.handle}` })).toBeVisible();
  const row = list.getByRole('row').filter({ has: names(list) });
  await expect(row.locator('.network')).toHaveText(/^[\d.]+ [mµ]?s\s*\d+ %$/);
  expect(await list.evaluate(() => (window as { same?: boolean }).same)).toBe(true);
});

test('at the top what is new is put in above; further down it waits, and nothing moves', async ({ page, request }) => {
  const route = newRoute();
  const old = await handIn(request, many(route));
  await expect.poll(async () => (await (await request.get(`/api${of(route)}`)).json()).traces.length).toBe(old.length);
  await live(page, of(route));
  await expect(names(page)).toHaveCount(old.length);

  await handIn(request, [{ name: 'at the top', route }]);
  await expect(names(page).first()).toHaveText('at the top');
  await expect(news(page)).toBeHidden();

  const read = page.getByRole('row').filter({ hasText: 'old 25' });
  await read.scrollIntoViewIfNeeded();
  const place = async (): Promise<unknown> => [await read.boundingBox(), await page.evaluate(() => window.scrollY)];
  const before = await place();
  await handIn(request, [1, 2, 3].map((number) => ({ name: `waits ${number}`, ageMs: 10 - number, route })));
  await expect(news(page)).toHaveText('3 new');
  expect(await place()).toEqual(before);
  await expect(names(page).first()).toHaveText('at the top');

  // What is shown already is kept right where it is.
  await handIn(request, [{ name: 'later', route, failed: true, traceId: old[25] ?? '' }]);
  await expect(read).toContainText('1 error');
  expect(await place()).toEqual(before);

  await news(page).click();
  await expect(names(page)).toHaveCount(old.length + 4);
  expect((await names(page).allTextContents()).slice(0, 5)).toEqual(['waits 3', 'waits 2', 'waits 1', 'at the top', 'old 0']);
  await expect(names(page).first()).toBeFocused();
  await expect(news(page)).toBeHidden();
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
});

test('who has a trace in hand keeps it in hand', async ({ page, request }) => {
  const route = newRoute();
  const [first] = await handIn(request, many(route, 3));
  await live(page, of(route));
  await expect(names(page)).toHaveCount(3);
  await names(page).first().focus();
  const box = await names(page).first().boundingBox();
  await handIn(request, [{ name: 'new', route }, { name: 'child', route, traceId: first ?? '', ageMs: 9_000 }]);
  await expect(news(page)).toHaveText('1 new');
  await expect(page.getByRole('row').filter({ hasText: 'old 0' }).locator('.spans')).toHaveText('2');
  await expect(page.getByRole('link', { name: 'old 0' })).toBeFocused();
  expect(await names(page).first().boundingBox()).toEqual(box);
});

test('a link to older traces that is being pressed is not replaced', async ({ page, request }) => {
  const route = newRoute();
  await handIn(request, many(route, 2));
  await live(page, `${of(route)}&limit=1`);
  await expect(names(page)).toHaveText(['old 0']);
  await page.getByRole('link', { name: 'Older traces' }).hover();
  await page.mouse.down();
  await handIn(request, [{ name: 'new', route }]);
  await expect(news(page)).toHaveText('1 or more new');
  await page.mouse.up();
  await expect(names(page)).toHaveText(['old 1']);
  await expect(page.getByRole('link', { name: 'Back to the newest' })).toBeVisible();
});

test('a list that is not live any more says so, and goes on when it can', async ({ page, request }) => {
  const route = newRoute();
  await handIn(request, many(route, 2));
  await page.route('/traces/live', (route) => route.abort());
  await page.goto(of(route));
  await expect(page.locator('#live')).toHaveText(/^Not live: the connection is lost/);
  await page.unroute('/traces/live');
  await expect(page.locator('#live')).toHaveText('Live');

  // Signed out meanwhile, or the operator of an app that wants none any more.
  await page.route(of(route), (route) => route.fulfill({ status: 401, body: 'no' }));
  await handIn(request, [{ name: 'unseen', route }]);
  await expect(page.locator('#live')).toHaveText(/not signed in any more/);
  await expect(names(page)).toHaveCount(2);
});

test('an older page stands still and leads back', async ({ page, request }) => {
  const route = newRoute();
  await handIn(request, many(route, 5));
  await live(page, `${of(route)}&limit=2`);
  await page.getByRole('link', { name: 'Older traces' }).click();
  await expect(names(page)).toHaveText(['old 2', 'old 3']);
  await expect(page.locator('#live')).toHaveCount(0);
  await page.getByRole('link', { name: 'Older traces' }).click();
  await expect(names(page)).toHaveText(['old 4']);
  await expect(page.getByRole('link', { name: 'Older traces' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Back to the newest' }).click();
  await expect(names(page)).toHaveText(['old 0', 'old 1']);
});

test('fields suggest what traces have, and what is chosen is a short address', async ({ page, request }) => {
  const route = newRoute();
  await handIn(request, [{ name: 'one', route }, { name: 'two', route }]);
  await live(page, '/traces');
  await page.getByLabel('Route').pressSequentially(route.toUpperCase().slice(0, 14));
  const option = page.locator(`#route-suggestions option[value="${route}"]`);
  await expect(option).toHaveAttribute('label', `${route} · 2 traces`);
  // All are from there on.
  const others = page.locator(`#route-suggestions option:not([value^="${route.slice(0, 14)}"])`);
  await expect(others).toHaveCount(0);

  await page.getByLabel('Route').fill(route);
  await page.getByLabel('Route').press('Enter');
  await expect(page).toHaveURL(of(route));
  await expect(names(page)).toHaveCount(2);
});

/** One trace of each duration. */
async function durations(page: Page, ...all: number[]): Promise<string> {
  const route = newRoute();
  await handIn(page.request, all.map((durationMs) => ({ name: `${durationMs} ms`, durationMs, ageMs: durationMs, route })));
  await live(page, of(route));
  await expect(names(page)).toHaveCount(all.length);
  return route;
}

/** What the address asks for. */
const asked = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);

test('the histogram filters by dragging over it', async ({ page }) => {
  const route = await durations(page, 2, 12, 25, 120, 2500);
  const bar = (name: string): Locator => page.getByRole('link', { name });
  const middle = async (locator: Locator): Promise<[number, number]> => {
    const box = await locator.boundingBox();
    return [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
  };
  const [from, y] = await middle(bar('10 ms to 15 ms: 1 trace'));
  const [to] = await middle(bar('100 ms to 150 ms: 1 trace'));
  await page.mouse.move(to, y);
  await page.mouse.down();
  await page.mouse.move((from + to) / 2, y, { steps: 4 });
  await page.mouse.move(from, y, { steps: 4 });
  await expect(page.locator('#latency-range')).toHaveText('10 ms to 150 ms · 3 traces · let go to filter');
  await page.mouse.up();
  await page.waitForURL(/max_ms=150/);
  expect([asked(page, 'min_ms'), asked(page, 'route')]).toEqual(['10', route]);
  expect((await names(page).allTextContents()).sort()).toEqual(['12 ms', '120 ms', '25 ms']);

  // What lies beside it is still there, and one bar is one click.
  await bar('2 s to 3 s: 1 trace').click();
  await page.waitForURL(/max_ms=3000/);
  await expect(names(page)).toHaveText(['2500 ms']);
  await page.getByRole('link', { name: 'Any latency' }).click();
  await expect(names(page)).toHaveCount(5);

  // A drag that is thought better of.
  await page.mouse.move(to, y);
  await page.mouse.down();
  await page.mouse.move(from, y, { steps: 3 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await expect(page.locator('#latency-range')).toHaveText('');
  expect(page.url()).toContain(of(route));
  expect(asked(page, 'min_ms')).toBeNull();
});

test('the histogram filters from the keyboard', async ({ page }) => {
  await durations(page, 2, 12, 25, 120);
  await page.keyboard.press('l');
  await expect(page.getByRole('link', { name: '2 ms to 3 ms: 1 trace' })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.locator('#latency-range')).toHaveText('10 ms to 30 ms · 2 traces · Enter filters, Esc forgets');
  await page.keyboard.press('Escape');
  await expect(page.locator('#latency-range')).toHaveText('');
  await page.keyboard.press('Shift+End');
  await page.keyboard.press('Enter');
  await page.waitForURL(/min_ms=20&max_ms=150/);
  expect((await names(page).allTextContents()).sort()).toEqual(['120 ms', '25 ms']);
});

test('from the list to a trace by keyboard alone', async ({ page, request }) => {
  const route = newRoute();
  const ids = await handIn(request, many(route, 4));
  await live(page, '/traces');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();

  await page.keyboard.press('/');
  await expect(page.getByLabel('Service')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.type(route);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(of(route));
  await expect(names(page)).toHaveCount(4);
  for (const key of ['j', 'j', 'ArrowDown', 'ArrowDown', 'j', 'k', 'ArrowUp']) {
    await page.keyboard.press(key);
  }
  await expect(page.getByRole('link', { name: 'old 1' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/traces/${ids[1]}`);
});

test('keys of a single character can be switched off, for the trace as well', async ({ page, request }) => {
  const route = newRoute();
  const [id] = await handIn(request, many(route, 2));
  await live(page, of(route));
  const box = page.getByRole('checkbox', { name: 'Use the keys that are one character' });
  await page.keyboard.press('?');
  await expect(box).toBeChecked();
  await box.uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.locator('#traces :focus')).toHaveCount(0);

  await page.goto(`/traces/${id}`);
  await page.locator('html[data-trace=ready]').waitFor();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('ArrowDown');
  await expect(page).toHaveURL(/span=/);
  await page.getByRole('button', { name: 'Keys and help' }).click();
  await expect(box).not.toBeChecked();
  await box.check();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
});

test('without JavaScript the list, its filter and its histogram work by forms and links', async ({ browser, request }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const route = newRoute();
  await handIn(request, [{ name: 'quick', durationMs: 2, route }, { name: 'slow', durationMs: 200, ageMs: 200, route }]);
  await page.goto('/traces');
  await page.getByLabel('Route').fill(route);
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(names(page)).toHaveText(['quick', 'slow']);
  await page.getByRole('link', { name: '200 ms to 300 ms: 1 trace' }).click();
  await expect(names(page)).toHaveText(['slow']);
  // What needs the script is not offered.
  for (const id of ['#live', '#news', '#help-button']) {
    await expect(page.locator(id)).toBeHidden();
  }
  await context.close();
});

test('back from a trace the list goes on where it was, and says what came meanwhile', async ({ page, request }) => {
  const route = newRoute();
  await handIn(request, many(route));
  await live(page, of(route));
  const read = page.getByRole('link', { name: 'old 30' });
  await read.click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await handIn(request, [{ name: 'meanwhile', route }]);
  await page.goBack();
  await expect(names(page).filter({ hasText: 'meanwhile' }).or(news(page).filter({ hasText: '1 new' }))).toHaveCount(1);
  await expect(read).toBeInViewport();
  await expect(page.locator('#live')).toHaveText('Live');
});

test('nothing listens in a page that nobody looks at', async ({ page, request }) => {
  const route = newRoute();
  const lives: string[] = [];
  page.on('request', (request) => request.url().endsWith('/traces/live') && lives.push(randomBytes(1).toString('hex')));
  await live(page, of(route));
  const show = (state: string): Promise<void> =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await show('hidden');
  await handIn(request, [{ name: 'meanwhile', route }]);
  await expect.poll(async () => (await (await request.get(`/api${of(route)}`)).json()).traces.length).toBe(1);
  await expect(names(page)).toHaveCount(0);
  await show('visible');
  await expect(names(page)).toHaveText(['meanwhile']);
  expect(lives.length).toBe(2);
});
