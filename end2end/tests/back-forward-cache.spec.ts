// A page that comes back as it was left (from the back-forward cache) goes on in a new trace, which links to its old one.

import { test as base, expect, FRONTEND, hydrated, pageLoad, signUp, text, BACKEND, expectNested, CLOCK_MS } from './fixture.js';

// Playwright turns that cache off, because some of its own calls do not expect it.
const test = base.extend<object, object>({
  launchOptions: [
    async ({ launchOptions }, use) => {
      await use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
    },
    { scope: 'worker' },
  ],
});

test('a page out of the back-forward cache', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const old = await pageLoad(page, traces);
  const before = old.one('documentLoad', FRONTEND);
  await page.evaluate(() => {
    const left = window as unknown as { shownAgain?: boolean };
    window.addEventListener('pageshow', (event) => (left.shownAgain = event.persisted));
  });
  await page.goto('/traces');
  await page.evaluate(() => history.back());
  await expect.poll(() => page.evaluate(() => (window as unknown as { shownAgain?: boolean }).shownAgain).catch(() => 'going')).toBe(true);

  // The app asks who is signed in now: that is the return's work.
  const [id] = await traces.listed({ user: person.handle }, 'navigate /', 1);
  const trace = await traces.until(id ?? '', (trace) => trace.has('navigate /', FRONTEND) && trace.has(/^GET \/api\/users/, BACKEND));
  const navigate = trace.one('navigate /', FRONTEND);
  expect(trace.id).not.toBe(old.id);
  expect(trace.tree().map((tree) => tree.span)).toEqual([navigate]);
  expect(trace.links(navigate)).toEqual([`${old.id}/${text(before, 'trace.span_id')}`]);
  const fetch = trace.one(/^GET \/api\/users/, FRONTEND);
  expectNested(navigate, fetch);
  expectNested(fetch, trace.one(/^GET \/api\/users/, BACKEND), CLOCK_MS);
  for (const span of trace.all(/./, FRONTEND)) {
    expect(span.data['span.incomplete']).toBeUndefined();
  }
  // No second load of the page, and nothing more in the old trace.
  await traces.listed({ user: person.handle }, 'documentLoad', 1);
  expect((await traces.rows(old.id)).length).toBe(old.rows.length);

  const { traceId } = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click());
  const click = await traces.until(traceId, (trace) => trace.has('click feed.more', FRONTEND));
  expect(click.tree().map((tree) => tree.span)).toEqual([click.one('click feed.more', FRONTEND)]);
  expect(click.one('GET /api/activities/home', FRONTEND).data['span.incomplete']).toBeUndefined();
});
