// Pages work before the program arrives, and without it: forms post, links navigate, and what is wrong is said at its field.

import type { Locator, Page } from '@playwright/test';
import { crud, draft, expect, newPerson, signIn, signUp, talker, test } from './fixture.js';

test.use({ javaScriptEnabled: false });

function articles(page: Page): Locator {
  return page.getByRole('feed').getByRole('article');
}

/** A field by its label; what is wrong with it is its accessible description. */
function field(page: Page, label: string): Locator {
  return page.getByLabel(label, { exact: true });
}

test('sign up, post, read on, visit a profile and a crud, sign out and in again', async ({ page }) => {
  const person = await signUp(page);
  await expect(page).toHaveURL('/');
  expect(await page.locator('html').getAttribute('data-hydrated')).toBeNull();

  // Posting: the form is answered by a page that has the crud.
  const message = `Without a program, 1 < 2 & "so on" ${person.handle}`;
  await draft(page).fill(message);
  await page.getByLabel('Expires in').selectOption({ label: '3 hours' });
  await crud(page).click();
  await expect(page).toHaveURL('/');
  const mine = articles(page).filter({ hasText: message });
  await expect(mine).toHaveCount(1);
  await expect(draft(page)).toHaveValue('');

  // The crud's own page, and from there its author's.
  await mine.locator('a', { has: page.locator('time') }).click();
  await expect(page).toHaveURL(new RegExp(`/@${person.handle}/status/[0-9a-f-]{36}$`));
  await expect(page.getByRole('article')).toContainText(message);
  await page.getByRole('article').getByRole('link', { name: `@${person.handle}` }).click();
  await expect(page).toHaveURL(`/@${person.handle}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(person.name);
  await expect(articles(page)).toHaveCount(1);

  // Out, and in again.
  await page.getByRole('button', { name: 'Sign Out' }).click();
  await expect(page.getByRole('link', { name: 'Sign In' })).toBeVisible();
  await expect(draft(page)).toHaveCount(0);
  await signIn(page, person);
  await expect(draft(page)).toBeVisible();
});

test('a feed is read to its end by links', async ({ page }) => {
  await page.goto(`/@${talker.handle}`);
  const read: string[] = [];
  for (const length of [20, 20, 3]) {
    await expect(articles(page)).toHaveCount(length);
    read.push(...(await articles(page).locator('.crud-text').allInnerTexts()));
    const more = page.getByRole('link', { name: 'Load more' });
    await expect(more).toHaveCount(length === 20 ? 1 : 0);
    if (length === 20) {
      await more.click();
      await expect(page).toHaveURL(/\?before=[0-9a-f-]{36}$/);
    }
  }
  expect(read).toEqual(talker.cruds.toReversed());

  // Everybody's feed goes on as well, each crud once, whatever other tests post on top of it meanwhile.
  await page.goto('/');
  const ids: (string | null)[] = [];
  const more = page.getByRole('link', { name: 'Load more' });
  for (let number = 1; number <= 3; number++) {
    await expect(articles(page)).toHaveCount(20);
    for (const text of await articles(page).locator('.crud-text').all()) {
      ids.push(await text.getAttribute('id'));
    }
    await more.click();
    await page.waitForURL((url) => url.search === `?before=${ids.at(-1)?.replace('text-', '')}`);
  }
  expect(new Set(ids).size).toBe(60);
});

test('a form comes back with everything that is wrong, at its fields, and with what was typed', async ({ page }) => {
  const { handle } = newPerson();
  await page.goto('/signup');
  await field(page, 'Name').fill('   ');
  await field(page, 'Email').fill('nobody at example');
  await field(page, 'Username').fill('much too long for a username, and with spaces');
  await field(page, 'Password').fill('pa55word');
  await page.getByRole('button', { name: 'Sign Up', exact: true }).click();

  await expect(page).toHaveURL('/signup');
  await expect(page.getByRole('alert')).toHaveText('4 fields need another look.');
  const wrong = { Name: /Type the name/, Email: /e-mail address/, Username: /2 to 30 characters/, Password: /at least 10 characters/ };
  for (const [label, words] of Object.entries(wrong)) {
    await expect(field(page, label)).toHaveAttribute('aria-invalid', 'true');
    await expect(field(page, label)).toHaveAccessibleDescription(words);
  }
  await expect(field(page, 'Email')).toHaveValue('nobody at example');
  await expect(field(page, 'Username')).toHaveValue('much too long for a username, and with spaces');
  await expect(field(page, 'Password')).toHaveValue('');
  expect(await page.content()).not.toContain('pa55word');
  expect(page.url()).not.toContain('nobody');

  // Only what is still wrong is said the next time.
  await field(page, 'Name').fill(`Test ${handle}`);
  await field(page, 'Email').fill(`${handle}@example.com`);
  await field(page, 'Username').fill(handle);
  await page.getByRole('button', { name: 'Sign Up', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('One field needs another look.');
  await expect(field(page, 'Name')).not.toHaveAttribute('aria-invalid', 'true');
  await expect(field(page, 'Name')).toHaveValue(`Test ${handle}`);
  await expect(field(page, 'Password')).toHaveAccessibleDescription(/Choose a password/);

  // It came back once: the page itself is clean.
  await page.goto('/signup');
  await expect(field(page, 'Name')).toHaveValue('');
  await expect(page.getByRole('alert')).toHaveText('');
});

test('a draft that is refused comes back', async ({ page }) => {
  const { handle } = await signUp(page);
  const long = `${handle} ${'x'.repeat(300)}`;
  await draft(page).fill(long);
  await page.getByLabel('Expires in').selectOption({ label: '12 hours' });
  await crud(page).click();
  await expect(draft(page)).toHaveValue(long);
  await expect(draft(page)).toHaveAccessibleDescription(/at most 280 characters/);
  await expect(page.getByLabel('Expires in').locator('option:checked')).toHaveText('12 hours');
  await expect(articles(page).filter({ hasText: handle })).toHaveCount(0);

  await draft(page).fill('  ');
  await crud(page).click();
  await expect(draft(page)).toHaveAccessibleDescription(/Write something first/);
});

test('who gives the wrong password is told so, and keeps the address', async ({ page }) => {
  const person = await signUp(page);
  await page.getByRole('button', { name: 'Sign Out' }).click();
  await page.goto('/signin');
  await field(page, 'Email').fill(person.email);
  await field(page, 'Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();

  await expect(page).toHaveURL('/signin');
  await expect(page.getByRole('alert')).not.toHaveText('');
  const words = await page.getByRole('alert').innerText();
  await expect(field(page, 'Email')).toHaveValue(person.email);
  await expect(field(page, 'Password')).toHaveValue('');
  await expect(page.getByRole('button', { name: 'Sign Out' })).toHaveCount(0);

  // Nobody learns here who has an account.
  await field(page, 'Email').fill(newPerson().email);
  await field(page, 'Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText(words);
});
