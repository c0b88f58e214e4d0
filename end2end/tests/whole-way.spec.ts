// The way that people go most often, in one go: from the list over a filter to a trace, by search to a span, and by its
// address back to it.

import { expect, test, type TraceReader } from './fixture.js';
import { handIn, newRoute } from './hand-in.js';
import type { APIRequestContext, Page } from '@playwright/test';

/** Two traces of a route, the second with a span to be looked for. */
async function prepare(request: APIRequestContext, traces: TraceReader): Promise<{ route: string; id: string }> {
  const route = newRoute();
  const [, id = ''] = await handIn(request, [
    { name: 'newer', route },
    { name: 'older', route, ageMs: 2000, durationMs: 50 },
  ]);
  await handIn(request, ['boil', 'find the needle', 'serve'].map((name) => ({ name, traceId: id, ageMs: 1990, durationMs: 5 })));
  await expect.poll(async () => (await traces.rows(id)).length).toBe(4);
  return { route, id };
}

const copied = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

/** Whoever opens the address sees the span chosen, with its fields. */
async function leadsToTheSpan(page: Page, id: string): Promise<void> {
  await expect.poll(() => copied(page)).toMatch(new RegExp(`/traces/${id}\\?span=[0-9a-f]{16}`));
  const other = await page.context().newPage();
  await other.goto(await copied(page));
  await other.locator('html[data-trace=ready]').waitFor();
  await expect(other.locator('tr[aria-selected=true]')).toContainText('find the needle');
  await expect(other.getByRole('complementary', { name: 'Chosen span' }).getByRole('heading', { level: 2 })).toHaveText('find the needle');
}

test('the whole way by mouse', async ({ page, request, traces, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { route, id } = await prepare(request, traces);
  await page.goto('/traces');
  await page.getByLabel('Route').click();
  await page.keyboard.type(route);
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['newer', 'older']);
  await page.getByRole('rowheader').getByRole('link', { name: 'older' }).click();
  await page.locator('html[data-trace=ready]').waitFor();

  await page.getByRole('searchbox', { name: 'Search in this trace' }).click();
  await page.keyboard.type('needle');
  await expect(page.locator('#found')).toHaveText('1 match');
  await page.getByRole('button', { name: 'Next match' }).click();
  await expect(page.locator('tr[aria-selected=true]')).toContainText('find the needle');
  await page.getByRole('complementary').getByRole('button', { name: 'Copy link' }).click();
  await leadsToTheSpan(page, id);
});

test('the whole way by keyboard alone', async ({ page, request, traces, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { route, id } = await prepare(request, traces);
  await page.goto('/traces');
  await expect(page.locator('#live')).toHaveText('Live');
  await page.keyboard.press('/');
  await expect(page.getByLabel('Service')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.type(route);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/route=/);
  await expect(page.locator('#live')).toHaveText('Live');
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['newer', 'older']);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(page.getByRole('link', { name: 'older' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.locator('html[data-trace=ready]').waitFor();

  await page.keyboard.press('/');
  await page.keyboard.type('needle');
  await page.keyboard.press('Enter');
  await expect(page.locator('tr[aria-selected=true]')).toContainText('find the needle');
  await expect(page.getByRole('complementary').getByRole('button', { name: 'Copy link' })).toBeVisible();
  await page.keyboard.press('y');
  await leadsToTheSpan(page, id);
});
