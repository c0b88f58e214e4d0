// From what just happened in the app to its trace: for those to whom the explorer is open.

import { crud, draft, expect, hydrated, isPost, newPerson, open, signUp, test } from './fixture.js';
import { ownServer } from './own-server.js';

test('a crud that was just posted leads to the trace of its posting', async ({ page, traces }) => {
  await signUp(page);
  await hydrated(page);
  await draft(page).fill('Which way did I come?');
  const { traceId } = await traces.during(() => crud(page).click(), isPost);
  const mine = page.getByRole('article').filter({ hasText: 'Which way did I come?' }).getByRole('link', { name: 'Trace of posting this' });
  await expect(mine).toHaveAttribute('href', `/traces/${traceId}`);
  // Others' cruds have none: their traces are older than this page.
  await expect(page.getByRole('link', { name: 'Trace of posting this' })).toHaveCount(1);
  await traces.until(traceId, (trace) => trace.has('click activity.create'));
  await mine.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('click activity.create');
});

test('a form that was not taken leads to the trace of the try', async ({ page, traces }) => {
  await signUp(page);
  await hydrated(page);
  await draft(page).fill(' ');
  const { traceId } = await traces.during(() => crud(page).click(), isPost);
  await expect(page.getByRole('link', { name: 'Trace of this try' })).toHaveAttribute('href', `/traces/${traceId}`);
  // The next try has its own.
  await draft(page).fill('x'.repeat(281));
  const again = await traces.during(() => crud(page).click(), isPost);
  await expect(page.getByRole('link', { name: 'Trace of this try' })).toHaveAttribute('href', `/traces/${again.traceId}`);
  await draft(page).fill('Good now');
  await crud(page).click();
  await expect(page.getByRole('link', { name: 'Trace of this try' })).toHaveCount(0);
});

test('an error names its trace, with a button that copies it', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/no/such/page');
  await hydrated(page);
  const id = (await page.locator('.trace-id code').textContent()) ?? '';
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(id);

  // What the browser asks for and does not get is in the trace of the asking.
  await open(page, '/');
  await page.route('**/api/activities/user**', (route) => route.fulfill({ status: 503, body: 'no' }));
  const request = page.waitForRequest('**/api/activities/user**');
  await page.getByRole('article').first().getByRole('link').first().click();
  const traceparent = (await request).headers()['traceparent'] ?? '';
  await expect(page.getByRole('alert').locator('.trace-id code')).toHaveText(traceparent.split('-')[1] ?? '');
});

test('more that could not be loaded, and a sign-out that failed, name their traces', async ({ page, traces }) => {
  await signUp(page);
  await hydrated(page);
  await page.route('**/api/activities/home**', (route) => route.fulfill({ status: 503, body: 'no' }));
  const more = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click());
  await expect(page.locator('.feed-more').getByRole('alert')).toContainText('We could not reach the server');
  await expect(page.locator('.feed-more .trace-id code')).toHaveText(more.traceId);
  await page.unroute('**/api/activities/home**');
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(page.locator('.feed-more .trace-id')).toHaveCount(0);

  await page.route('**/api/users/signout', (route) => route.fulfill({ status: 503, body: 'no' }));
  const out = await traces.during(() => page.getByRole('button', { name: 'Sign Out' }).first().click());
  await expect(page.locator('.nav-error').getByRole('alert')).toHaveText(/^You are still signed in: we could not reach the server/);
  await expect(page.locator('.nav-error .trace-id code')).toHaveText(out.traceId);

  // The server's own words, and the trace that it names.
  const named = '0123456789abcdef'.repeat(2);
  await page.unroute('**/api/users/signout');
  await page.route('**/api/users/signout', (route) => route.fulfill({ status: 500, json: { code: 'internal', message: '', trace_id: named } }));
  await page.getByRole('button', { name: 'Sign Out' }).first().click();
  await expect(page.locator('.nav-error').getByRole('alert')).toHaveText(/something went wrong on our side/);
  await expect(page.locator('.nav-error .trace-id a')).toHaveAttribute('href', `/traces/${named}`);
});

test('a browser that refuses the clipboard is not said to have copied', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
  });
  await open(page, '/no/such/page');
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('button', { name: 'Select it to copy' })).toBeVisible();
});

test('where the explorer is closed nothing leads there, and errors still have their id', async ({ page }) => {
  const server = await ownServer({ CRUDDUR_EXPLORER: 'operators', CRUDDUR_DEMO: '0' });
  await signUp(page, newPerson(), server.url);
  await hydrated(page);
  await draft(page).fill('Seen by nobody');
  await crud(page).click();
  await expect(page.getByRole('article')).toHaveCount(1);
  await draft(page).fill(' ');
  await crud(page).click();
  await expect(page.getByText('One field needs another look.')).toBeVisible();
  await expect(page.locator('a[href^="/traces"]')).toHaveCount(0);

  await page.goto(`${server.url}/no/such/page`);
  await hydrated(page);
  await expect(page.locator('.trace-id code')).toHaveText(/^[0-9a-f]{32}$/);
  await expect(page.locator('a[href^="/traces"]')).toHaveCount(0);
  await server.stop();
});
