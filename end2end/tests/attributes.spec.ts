// docs/attributes.md says what is on spans. Here the other way round: whatever a person's traces have, it says.

import { readFileSync } from 'node:fs';
import { draft, expect, FRONTEND, BACKEND, hydrated, pageLoad, signUp, test } from './fixture.js';

/** The attributes of the one table, and the columns of the other. */
function documented(): Set<string> {
  const docs = readFileSync(new URL('../../docs/attributes.md', import.meta.url), 'utf8');
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
  const names = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
  return new Set(names);
}

test('every column of a person’s traces is documented', async ({ page, traces }) => {
  await signUp(page);
  await page.reload();
  await hydrated(page);
  const load = await pageLoad(page, traces);

  const crud = page.getByRole('button', { name: 'Crud', exact: true });
  const refused = await traces.during(
    () => crud.click(),
    (request) => request.method === 'POST',
  );
  await draft(page).fill('What is on a span?');
  const posted = await traces.during(
    () => crud.click(),
    (request) => request.method === 'POST',
  );
  // The feed has been made anew by then, and the button below it, which is to throw, with it.
  await expect(page.getByRole('article').filter({ hasText: 'What is on a span?' }).first()).toBeVisible();
  const more = page.getByRole('button', { name: 'Load more' });
  await more.evaluate((button) => {
    button.addEventListener('click', () => {
      throw new TypeError('for the columns of an exception');
    });
  });
  const thrown = await traces.during(() => more.click());

  const both = [FRONTEND, BACKEND];
  const seen = new Set(load.rows.flatMap((row) => Object.keys(row.data)));
  for (const { traceId } of [refused, posted, thrown]) {
    const trace = await traces.until(traceId, (trace) => both.every((service) => trace.has(/^(POST|GET) /, service)) && trace.has(/^click /, FRONTEND));
    for (const row of trace.rows) {
      Object.keys(row.data).forEach((column) => seen.add(column));
    }
  }
  // What this has to have seen to mean anything.
  const needed = ['timing.network_ms', 'db.query.text', 'app.invalid', 'exception.message', 'user.id'];
  expect(needed.filter((column) => !seen.has(column))).toEqual([]);

  const names = documented();
  // `meta.` are Honeycomb's marks of what kind of row it is, and of odd times.
  const said = (column: string): boolean => names.has(column) || column.startsWith('meta.');
  expect([...seen].filter((column) => !said(column)).sort()).toEqual([]);
});
