// axe looks at every page of the app and at the list of traces, each in its states.

import { expectNothingInTheWay } from './axe.js';
import { crud, draft, expect, hydrated, open, signUp, talker, test } from './fixture.js';
import { handIn, newRoute } from './hand-in.js';

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
