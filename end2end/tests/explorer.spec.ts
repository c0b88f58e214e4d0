// The trace explorer as a person uses it: the list and its filter, the waterfall, and what it says when there is nothing.

import { randomBytes } from 'node:crypto';
import type { APIRequestContext, Page } from '@playwright/test';
import { baseURL, crud, draft, expect, FRONTEND, hydrated, isPost, open, signUp, test, type TraceReader } from './fixture.js';

async function post(page: Page, traces: TraceReader, message: string): Promise<string> {
  await draft(page).fill(message);
  const request = await traces.during(() => crud(page).click(), isPost);
  await traces.until(request.traceId, (trace) => trace.has('click activity.create', FRONTEND));
  return request.traceId;
}

/** Hands a page's span in, as OTLP/JSON, and answers its trace id. */
async function handIn(api: APIRequestContext, span: Record<string, unknown>, startMs = Date.now()): Promise<string> {
  const traceId = randomBytes(16).toString('hex');
  const response = await api.post(`${baseURL}/v1/traces`, {
    headers: { origin: baseURL },
    data: {
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId,
                  spanId: randomBytes(8).toString('hex'),
                  kind: 1,
                  startTimeUnixNano: `${startMs}000000`,
                  endTimeUnixNano: `${startMs + 1}000000`,
                  ...span,
                },
              ],
            },
          ],
        },
      ],
    },
  });
  expect(response.status(), await response.text()).toBe(200);
  return traceId;
}

test('the list is newest first, and its filter is an address that can be kept', async ({ page, traces, browser }) => {
  const person = await signUp(page);
  await hydrated(page);
  const first = await post(page, traces, `First ${person.handle}`);
  const second = await post(page, traces, `Second ${person.handle}`);

  await page.goto('/traces');
  await page.getByLabel('User').fill(person.handle);
  await page.getByLabel('Service').fill('cruddur-backend');
  await page.getByLabel('Route').fill('/api/activities');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL((url) => url.searchParams.get('user') === person.handle);
  expect(new URL(page.url()).searchParams.get('route')).toBe('/api/activities');

  const names = page.getByRole('rowheader').getByRole('link');
  await expect(names).toHaveText(['click activity.create', 'click activity.create']);
  const links = await names.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect(links).toEqual([`/traces/${second}`, `/traces/${first}`]);
  await expect(page.getByRole('cell', { name: `@${person.handle}` })).toHaveCount(2);

  // Somebody else opens the same address and sees the same.
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(other.getByLabel('User')).toHaveValue(person.handle);
  const theirs = other.getByRole('rowheader').getByRole('link');
  expect(await theirs.evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(links);
  await other.context().close();

  // From the list to the trace, and with nothing chosen back to all.
  await names.first().click();
  await expect(page).toHaveURL(`/traces/${second}`);
  await page.goBack();
  await page.getByRole('link', { name: 'Clear' }).click();
  await expect(page).toHaveURL('/traces');
  expect(await page.getByRole('rowheader').count()).toBeGreaterThan(2);
});

test('older traces are on the next page, none twice, in the order of time', async ({ page, playwright }) => {
  const api = await playwright.request.newContext();
  const route = `/pages/${randomBytes(6).toString('hex')}`;
  const now = Date.now();
  const ids: string[] = [];
  for (let age = 0; age < 7; age++) {
    ids.push(await handIn(api, { name: `page ${age}`, attributes: [{ key: 'http.route', value: { stringValue: route } }] }, now - age * 1000));
  }
  const seen: string[] = [];
  await expect
    .poll(async () => ((await (await api.get(`${baseURL}/api/traces`, { params: { route } })).json()) as { traces: unknown[] }).traces.length)
    .toBe(7);
  await page.goto(`/traces?route=${encodeURIComponent(route)}&limit=3`);
  for (const length of [3, 3, 1]) {
    const names = page.getByRole('rowheader').getByRole('link');
    await expect(names).toHaveCount(length);
    seen.push(...(await names.evaluateAll((links) => links.map((link) => link.getAttribute('href')?.split('/').at(-1) ?? ''))));
    const older = page.getByRole('link', { name: 'Older traces' });
    await expect(older).toHaveCount(length === 3 ? 1 : 0);
    if (length === 3) {
      await older.click();
      await page.waitForURL(/cursor=/);
      await expect(page.getByRole('rowheader').getByRole('link').first()).not.toHaveAttribute('href', new RegExp(`${seen.at(-1)}`));
    }
  }
  expect(seen).toEqual(ids);
  await api.dispose();
});

test('the waterfall shows what caused what, and how much of a fetch was network and server', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const id = await post(page, traces, `Waterfall ${person.handle}`);
  await page.goto(`/traces/${id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('click activity.create');
  await expect(page.getByText(`@${person.handle}`).first()).toBeVisible();

  await page.locator('html[data-trace=ready]').waitFor();

  // The way down, in this order and each a level deeper than the one before.
  const rows = page.locator('tr.span');
  const way = ['click activity.create', 'submit activity.create', 'POST /api/activities', 'POST /api/activities', 'activity.create', 'INSERT activities'];
  const shown = await rows.evaluateAll((rows) =>
    rows.map((row) => ({
      name: row.querySelector('.label')?.textContent ?? '',
      level: Number(row.getAttribute('aria-level')),
      service: row.querySelector('.service-name')?.textContent ?? '',
      phases: row.querySelector('.phases')?.textContent ?? '',
    })),
  );
  let at = -1;
  let level = 0;
  for (const name of way) {
    at = shown.findIndex((row, index) => index > at && row.name === name);
    expect(at, `${name} in ${JSON.stringify(shown)}`).toBeGreaterThanOrEqual(0);
    expect(shown[at]?.level, name).toBeGreaterThan(level);
    level = shown[at]?.level ?? 0;
  }
  expect(shown[0]).toMatchObject({ name: 'click activity.create', level: 1, service: 'cruddur-frontend' });

  // The fetch says where its time went; the server's span of the same name does not.
  const [fetch, server] = shown.filter((row) => row.name === 'POST /api/activities');
  expect(fetch?.service).toBe('cruddur-frontend');
  expect(fetch?.phases).toMatch(/network [\d.,]+ \S+ · server [\d.,]+ \S+/);
  expect(server?.service).toBe('cruddur-backend');
  expect(server?.phases).toBe('');

  // In the fetch's bar the phases have patterns, and in the headline all of the time has its place.
  const bar = rows.filter({ hasText: 'network' }).first().locator('.bar.fetch');
  for (const phase of ['network', 'server']) {
    expect(await bar.locator(`.part.${phase}`).first().evaluate((part) => getComputedStyle(part).background)).toMatch(/gradient|rgb/);
  }
  await expect(page.locator('.split')).toHaveText(/network \S+ \S+ of \S+ \S+ · server \S+ \S+ · browser \S+ \S+/);

  // All fields of a span are one click away.
  const panel = page.getByRole('complementary', { name: 'Chosen span' });
  await expect(panel).toBeHidden();
  await rows.filter({ hasText: 'INSERT activities' }).getByRole('link').click();
  await expect(panel).toContainText('db.query.text');
  await expect(panel).toContainText('INSERT INTO activities');
});

test('an unknown trace is a 404 in words, and a wrong filter is explained at its field', async ({ page }) => {
  const response = await page.goto(`/traces/${'0123456789abcdef'.repeat(2)}`);
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This trace is not known (yet)');
  await page.getByRole('link', { name: 'See the newest traces' }).click();
  await expect(page).toHaveURL('/traces');

  await page.getByLabel('At least, ms').fill('soon');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL(/min_ms=soon/);
  await expect(page.getByLabel('At least, ms')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('At least, ms')).toHaveValue('soon');
  await expect(page.getByLabel('At least, ms')).toHaveAccessibleDescription(/.+/);
  expect((await page.request.get(page.url())).status()).toBe(400);
});

test('what strangers call their spans is shown as text', async ({ page, playwright, traces }) => {
  const api = await playwright.request.newContext();
  const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>&amp;"'`;
  const route = `/${randomBytes(6).toString('hex')}"><script>window.hacked=1</script>`;
  const value = { stringValue: hostile };
  const id = await handIn(api, {
    name: hostile,
    status: { code: 2, message: hostile },
    attributes: [
      { key: 'http.route', value: { stringValue: route } },
      { key: hostile, value },
      { key: 'url.full', value: { stringValue: 'javascript:window.hacked=1' } },
    ],
    events: [{ name: hostile, timeUnixNano: `${Date.now()}000000`, attributes: [{ key: 'exception.message', value }] }],
  });
  await traces.until(id, (trace) => trace.has(hostile));

  for (const address of [`/traces?route=${encodeURIComponent(route)}`, `/traces/${id}`]) {
    await page.goto(address);
    await expect(page.getByText(hostile, { exact: true }).first()).toBeVisible();
    expect(await page.locator('img[src="x"]').count(), address).toBe(0);
    expect(await page.locator('a[href^="javascript:"]').count(), address).toBe(0);
    expect(await page.evaluate(() => (window as { hacked?: number }).hacked), address).toBeUndefined();
  }
  await page.locator('html[data-trace=ready]').waitFor();
  await page.locator('tr.span').getByRole('link').first().click();
  await expect(page.locator('#chosen')).toContainText('javascript:window.hacked=1');
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
  // The filter gives back what was typed, too.
  await page.goto(`/traces?user=${encodeURIComponent(hostile)}`);
  await expect(page.getByLabel('User')).toHaveValue(hostile);
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
  await api.dispose();
});

test('the explorer can be opened from the app, and leads back to it', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Traces' }).click();
  await expect(page).toHaveURL('/traces');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Traces');
  await page.getByRole('link', { name: 'Cruddur' }).first().click();
  await expect(page).toHaveURL('/');
});
