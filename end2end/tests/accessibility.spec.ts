// axe looks at every page of the app, at the list of traces, at a trace that has everything, and at the pages that say no,
// each in its states. Queries and SQL are in queries.spec.ts, a large trace in waterfall.spec.ts.

import { expectNothingInTheWay } from './axe.js';
import { crud, draft, expect, hydrated, newPerson, open, signUp, talker, test } from './fixture.js';
import { handIn, newRoute } from './hand-in.js';
import { handInOdd } from './odd-trace.js';
import { ownServer } from './own-server.js';

test('nothing is in the way of those who are not signed in', async ({ page }) => {
  for (const path of ['/', '/signin', '/signup', `/@${talker.handle}`, '/@nobody_at_all', '/no/such/page']) {
    await open(page, path);
    await expectNothingInTheWay(page, path);
  }
});

test('nothing is in the way of members, nor of those who make mistakes', async ({ page }) => {
  await open(page, '/signup');
  await page.getByRole('button', { name: 'Sign Up', exact: true }).click();
  await expect(page.getByText('fields need another look.')).toBeVisible();
  await expectNothingInTheWay(page, '/signup with errors');

  const person = await signUp(page);
  await hydrated(page);
  await draft(page).fill('In nobody’s way');
  await crud(page).click();
  await expect(page.getByText('Posted.')).toBeVisible();
  await expectNothingInTheWay(page, '/ after posting');
  await draft(page).fill('x'.repeat(300));
  await crud(page).click();
  await expect(page.getByText('One field needs another look.')).toBeVisible();
  await expectNothingInTheWay(page, '/ with an error');

  await open(page, `/@${person.handle}`);
  await expectNothingInTheWay(page, 'one’s own page');
  await page.locator('article time').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Crud');
  await expectNothingInTheWay(page, 'a crud');
  await open(page, `/@${person.handle}/status/0199b1c5-0000-7000-8000-000000000000`);
  await expectNothingInTheWay(page, 'a crud that is gone');
});

test('nothing is in the way in the list of traces', async ({ page, request }) => {
  const route = newRoute();
  await handIn(request, [{ name: 'good', route }, { name: 'bad', route, failed: true, durationMs: 70 }]);
  await page.goto(`/traces?route=${encodeURIComponent(route)}&max_ms=80`);
  await expect(page.getByRole('rowheader')).toHaveCount(2);
  await expectNothingInTheWay(page, 'the list');
  await page.keyboard.press('l');
  await page.keyboard.press('Shift+End');
  await expect(page.locator('#latency-range')).not.toHaveText('');
  await expectNothingInTheWay(page, 'a range that is being chosen');
  await page.getByRole('link', { name: 'Traces' }).focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectNothingInTheWay(page, 'the help');

  for (const query of ['?min_ms=soon&colour=red', '?service=nobody']) {
    await page.goto(`/traces${query}`);
    await expectNothingInTheWay(page, query);
  }
});

test('nothing is in the way on older pages of the list, nor where there is nothing to show', async ({ page, request }) => {
  const route = newRoute();
  const [id] = await handIn(request, [{ name: 'new', route }, { name: 'old', ageMs: 1000, route }]);
  await page.goto(`/traces?route=${encodeURIComponent(route)}&limit=1`);
  await page.getByRole('link', { name: 'Older traces' }).click();
  await expect(page.getByRole('link', { name: 'Back to the newest' })).toBeVisible();
  await expectNothingInTheWay(page, 'an older page');
  await page.goto(`/traces/${id}?page=9`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  await expectNothingInTheWay(page, 'a page that a trace does not have');
  await page.goto(`/traces/${'0123456789abcdef'.repeat(2)}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This trace is not known (yet)');
  await expectNothingInTheWay(page, 'an unknown trace');
});

test('nothing is in the way in a trace that has everything', async ({ page, request }) => {
  const server = await ownServer({ CRUDDUR_INGEST_KEY: 'from-a-test', CRUDDUR_DEMO: '0' });
  await page.goto(`${server.url}/traces`);
  await expect(page.getByRole('heading', { name: 'No traces yet' })).toBeVisible();
  await expectNothingInTheWay(page, 'no traces yet');

  const { traceId } = await handInOdd(request, server.url, 'from-a-test');
  await page.goto(`${server.url}/traces/${traceId}`);
  await page.locator('html[data-trace=ready]').waitFor();
  for (const badge of ['parent missing', 'synthetic', 'incomplete', 'before its parent', 'link']) {
    await expect(page.locator('.badge', { hasText: badge }).first(), badge).toBeVisible();
  }
  await expect(page.locator('.split')).toBeVisible();
  await expect(page.locator('.legend')).toBeVisible();
  await expect(page.locator('.doubts li')).toHaveCount(5);
  // The words are on the row as well, whoever makes it: the server or the script.
  await expect(page.locator('tr.failed .error')).toHaveAttribute('title', 'the table is locked');
  await expect(page.locator('tr.failed .error')).toHaveText('error: the table is locked');
  await expectNothingInTheWay(page, 'a trace with everything');
  await server.stop();
});

test('nothing is in the way in the fields of a span that has everything', async ({ page, request }) => {
  const server = await ownServer({ CRUDDUR_INGEST_KEY: 'from-a-test', CRUDDUR_DEMO: '0' });
  const { traceId } = await handInOdd(request, server.url, 'from-a-test');
  await page.goto(`${server.url}/traces/${traceId}?q=orders`);
  await page.locator('html[data-trace=ready]').waitFor();
  await expect(page.locator('#found')).toHaveText('4 matches');
  for (const name of ['POST /api/orders', 'INSERT orders']) {
    await page.locator('tr.span').getByRole('link', { name }).first().click();
    await expect(page.locator('#chosen h2')).toHaveText(name);
    await expectNothingInTheWay(page, `the fields of ${name}`);
  }
  await server.stop();
});

test('nothing is in the way of those who may not see traces', async ({ page }) => {
  const server = await ownServer({ CRUDDUR_EXPLORER: 'operators', CRUDDUR_DEMO: '0' });
  expect((await page.goto(`${server.url}/traces`))?.status()).toBe(401);
  await expectNothingInTheWay(page, 'the explorer, not signed in');
  await signUp(page, newPerson(), server.url);
  expect((await page.goto(`${server.url}/traces`))?.status()).toBe(403);
  await expectNothingInTheWay(page, 'the explorer, no operator');
  await server.stop();
});

test('nothing is in the way when the server does not do what it should', async ({ page }) => {
  await open(page, '/signin');
  await page.getByLabel('Email').fill('nobody@example.com');
  await page.getByLabel('Password').fill('not this one');
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('alert').first()).not.toBeEmpty();
  await expectNothingInTheWay(page, '/signin with an error');

  await signUp(page);
  await hydrated(page);
  const no = { status: 503, body: 'no' };
  await page.route('**/api/activities/home**', (route) => route.fulfill(no));
  await page.route('**/api/activities/user**', (route) => route.fulfill(no));
  await page.route('**/api/users/signout', (route) => route.fulfill(no));
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(page.locator('.feed-more .trace-id')).toBeVisible();
  await page.getByRole('button', { name: 'Sign Out' }).first().click();
  await expect(page.locator('.nav-error .trace-id')).toBeVisible();
  await expectNothingInTheWay(page, '/ where nothing works');
  await page.getByRole('article').first().getByRole('link').first().click();
  await expect(page.locator('.notice-danger')).toBeVisible();
  await expectNothingInTheWay(page, 'a page that could not be had');
});
