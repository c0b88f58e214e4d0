// Saved queries as a person uses them: from the list over a row to the trace, by mouse, by keyboard and without JavaScript.

import { expectNothingInTheWay } from './axe.js';
import { baseURL, crud, draft, expect, FRONTEND, hydrated, isPost, signUp, test, type TraceReader } from './fixture.js';
import type { Page } from '@playwright/test';

const NAMES = ['Latency by User', 'Network Time by Route', 'Recent Traces', 'Count by Trace'];

/** Posts a crud as somebody new, and waits until its trace is in the store. */
async function post(page: Page, traces: TraceReader): Promise<{ handle: string; traceId: string }> {
  const { handle } = await signUp(page);
  await hydrated(page);
  await draft(page).fill('How long does this take?');
  const { traceId } = await traces.during(() => crud(page).click(), isPost);
  await traces.until(traceId, (trace) => trace.has('click activity.create', FRONTEND));
  return { handle, traceId };
}

test('from the list of queries over the row of a person to the trace', async ({ page, traces }) => {
  const { handle, traceId } = await post(page, traces);
  await page.goto('/traces');
  await page.getByRole('link', { name: 'Queries' }).click();
  await expect(page.getByRole('heading', { level: 2 }).getByRole('link')).toHaveText(NAMES);
  await page.getByRole('link', { name: 'Latency by User' }).click();

  // The heatmap has values that are words, and the table the person.
  await expect(page.getByRole('heading', { name: 'HEATMAP(duration_ms)' })).toBeVisible();
  await expect(page.locator('figure.heatmap rect.value').first()).toBeAttached();
  const groups = page.getByRole('region', { name: 'Groups' });
  const row = groups.getByRole('row').filter({ has: page.getByRole('cell', { name: handle, exact: true }) });
  await row.getByRole('rowheader').getByRole('link').click();
  await expect(page).toHaveURL(/\/traces\?user=[0-9a-f-]{36}$/);
  await page.locator(`a[href="/traces/${traceId}"]`).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('click activity.create');
});

test('a chart is read by the arrow keys and by the pointer', async ({ page, traces }) => {
  await post(page, traces);
  await page.goto('/traces/queries/latency-by-user?time_range=3600');
  const heatmap = page.locator('figure.heatmap');
  const reading = heatmap.getByRole('status');
  await heatmap.locator('.sheet').focus();
  await page.keyboard.press('End');
  await expect(reading).toHaveText(/^\w{3} \d+, \d\d:\d\d:\d\d · [\d.,]+ \S+ to [\d.,]+ \S+ · \d+$/);
  const last = await reading.textContent();
  await page.keyboard.press('Home');
  const first = await reading.textContent();
  const cells = await heatmap.locator('rect.value').count();
  expect(first === last, 'only one cell has a first that is the last').toBe(cells === 1);
  await page.keyboard.press('Escape');
  await expect(reading).toBeEmpty();

  await heatmap.locator('rect.value').last().hover();
  await expect(reading).not.toBeEmpty();
  await page.mouse.move(0, 0);
  await expect(reading).toBeEmpty();
});

test('a point of a chart of traces leads to its trace', async ({ page, traces }) => {
  await post(page, traces);
  await page.goto('/traces/queries/recent-traces');
  const chart = page.locator('figure.chart').first();
  await chart.locator('.sheet').focus();
  await page.keyboard.press('End');
  const href = await chart.locator('.chosen').getAttribute('data-href');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(href ?? 'a trace');
});

test('the time is an address, and a fixed one stays where it is', async ({ page, traces }) => {
  await post(page, traces);
  await page.goto('/traces/queries/count-by-trace');
  await page.getByRole('combobox', { name: 'Time' }).selectOption('Last hour');
  await page.getByRole('combobox', { name: 'Scale of durations' }).selectOption('Logarithmic');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL('/traces/queries/count-by-trace?time_range=3600&scale=log');
  await page.getByRole('link', { name: 'Link to exactly this time' }).click();
  await expect(page).toHaveURL(/start_time=\d+&end_time=\d+&scale=log$/);
  // The time stays; rows that come late may still come.
  const range = /^.* UTC/.exec((await page.locator('#range').textContent()) ?? '')?.[0] ?? 'a time';
  await page.reload();
  await expect(page.locator('#range')).toContainText(range);
  await page.getByRole('link', { name: 'Earlier' }).click();
  await expect(page.locator('#range')).not.toContainText(range);
  await page.getByRole('link', { name: 'Later' }).click();
  await expect(page.locator('#range')).toContainText(range);
});

test('the specification on the page is one that the API answers', async ({ page, request, traces }) => {
  const { handle } = await post(page, traces);
  await page.goto('/traces/queries/latency-by-user');
  const text = (await page.locator('#specification').textContent()) ?? '';
  const response = await request.post(`${baseURL}/api/traces/query`, { headers: { 'content-type': 'application/json' }, data: text });
  expect(response.status(), await response.text()).toBe(200);
  const { data } = (await response.json()) as { data: { results: { data: Record<string, unknown> }[] } };
  expect(data.results.map(({ data }) => data['user.name'])).toContain(handle);
});

test('without JavaScript a query has its chart, its values and its rows', async ({ page, traces, browser }) => {
  const { traceId } = await post(page, traces);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(`${baseURL}/traces/queries/recent-traces`);
  await expect(plain.locator('figure.chart .value').first()).toBeAttached();
  await plain.getByText('Values', { exact: true }).first().click();
  await expect(plain.getByRole('region', { name: 'Values of MAX(duration_ms)' })).toBeVisible();
  await plain.getByRole('region', { name: 'Groups' }).locator(`a[href="/traces/${traceId}"]`).click();
  await expect(plain.getByRole('heading', { level: 1 })).toHaveText('click activity.create');
  await context.close();
});

// One test each: axe takes its time for a page with many values.
for (const path of ['', '/latency-by-user', '/recent-traces?scale=log', '/network-time-by-route', '/latency-by-user?start_time=1&end_time=2', '/latency-by-user?time_range=soon', '/none']) {
  test(`nothing is in the way in queries${path}`, async ({ page, traces }) => {
    await post(page, traces);
    await page.goto(`/traces/queries${path}`);
    for (const values of await page.getByText('Values', { exact: true }).all()) {
      await values.click();
    }
    await expectNothingInTheWay(page, path);
  });
}

test('nothing is in the way in queries/count-by-trace', async ({ page, traces }) => {
  // Each trace is a point and a row: those of a few seconds will do.
  const begin = Math.floor(Date.now() / 1000);
  await post(page, traces);
  await page.goto(`/traces/queries/count-by-trace?start_time=${begin}&end_time=${Math.ceil(Date.now() / 1000)}`);
  await expect(page.locator('figure.chart .value').first()).toBeAttached();
  await page.getByText('Values', { exact: true }).first().click();
  await expectNothingInTheWay(page, 'count by trace');
});

test('SQL in place: an example, a trace behind a row, a statement that is refused', async ({ page, traces }) => {
  const { traceId } = await post(page, traces);
  await page.goto('/traces');
  await page.getByRole('link', { name: 'SQL' }).click();
  await expectNothingInTheWay(page, 'an empty form');
  await page.getByRole('link', { name: 'Recent traces' }).click();
  const answer = page.getByRole('region', { name: 'Answer' });
  await expect(answer.getByRole('columnheader')).toHaveText(['time', 'name', 'duration_ms', 'trace.trace_id']);
  await expectNothingInTheWay(page, 'an answer');
  await answer.getByRole('link', { name: traceId }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('click activity.create');

  await page.goto('/traces/sql');
  await page.getByLabel('Statement').fill('DROP TABLE spans');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByRole('alert')).toContainText('SELECT');
  await expect(page.getByLabel('Statement')).toHaveValue('DROP TABLE spans');
  await expectNothingInTheWay(page, 'a statement that is refused');
});

test('while the store is being asked the page says so, and after coming back no more', async ({ page, traces }) => {
  await post(page, traces);
  for (const [path, button, answer] of [
    ['/traces/queries/latency-by-user', 'Show', '.charts'],
    [`/traces/sql?statement=${encodeURIComponent('SELECT name FROM spans')}`, 'Run', '.wide'],
  ] as const) {
    await page.goto(path);
    await expect(page.locator('#asking')).toBeEmpty();
    let go = (): void => undefined;
    const wait = new Promise<void>((resolve) => (go = resolve));
    await page.route('**/*', async (route) => {
      await wait;
      await route.continue();
    });
    // Looked at from within: from outside a page that is being left cannot be.
    const said = page.evaluate(
      (answer) =>
        new Promise<unknown>((resolve) => {
          const asking = document.getElementById('asking');
          const look = () => resolve([asking?.textContent, document.querySelector(answer)?.getAttribute('aria-busy')]);
          new MutationObserver(look).observe(asking ?? document, { childList: true });
        }),
      answer,
    );
    const click = page.getByRole('button', { name: button }).click();
    expect(await said).toEqual(['Asking the store…', 'true']);
    const loaded = page.waitForEvent('load');
    go();
    await click;
    await loaded;
    await page.unroute('**/*');
    await expect(page.locator('#asking')).toBeEmpty();
    await expect(page.locator('[aria-busy]')).toHaveCount(0);
  }
});

test('the row of nobody who is signed in leads to their traces', async ({ page, traces, request }) => {
  await post(page, traces);
  await request.get('/');
  await page.goto('/traces/queries/latency-by-user');
  const row = page.getByRole('region', { name: 'Groups' }).getByRole('row').filter({ has: page.locator('.absent') });
  await row.getByRole('rowheader').getByRole('link', { name: 'none' }).click();
  const answer = page.getByRole('region', { name: 'Answer' });
  await expect(answer.getByRole('columnheader').last()).toHaveText('trace.trace_id');
  await answer.getByRole('link').first().click();
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}$/);
});
