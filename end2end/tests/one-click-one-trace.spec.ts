// The slice on which all else hangs: a real click in a real browser is one trace down to the SQL row.

import {
  BACKEND,
  CLOCK_MS,
  crud,
  draft,
  expect,
  expectNested,
  FRONTEND,
  hydrated,
  isPost,
  number,
  signUp,
  startMs,
  test,
  text,
} from './fixture.js';

test('sign up, post a crud, and follow the click from the browser to the row', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const message = `One click, one trace ${person.handle}`;
  await draft(page).fill(message);

  const request = await traces.during(() => crud(page).click(), isPost);
  await expect(page.getByRole('article').filter({ hasText: message })).toBeVisible();

  // The click is the last to end: it waits for everything that it caused.
  const trace = await traces.until(request.traceId, (trace) => trace.has('click activity.create', FRONTEND));
  const click = trace.one('click activity.create', FRONTEND);
  const submit = trace.one('submit activity.create', FRONTEND);
  const fetch = trace.one('POST /api/activities', FRONTEND);
  const server = trace.one('POST /api/activities', BACKEND);
  const domain = trace.one('activity.create', BACKEND);
  const sql = trace.one('INSERT activities', BACKEND);

  // One tree, with the click at its root.
  expect(trace.tree().map((root) => root.span.data['name'])).toEqual(['click activity.create']);
  expect(click.data['trace.parent_id']).toBeUndefined();
  expectNested(click, submit);
  expectNested(submit, fetch);
  expect(fetch.data['trace.span_id']).toBe(request.spanId);
  expectNested(fetch, server, CLOCK_MS);
  expect(trace.ancestors(domain)).toContain(server);
  expect(trace.ancestors(sql)).toContain(domain);
  expectNested(domain, sql);

  // Kinds and conventions.
  expect([fetch.data['span.kind'], server.data['span.kind'], sql.data['span.kind']]).toEqual(['client', 'server', 'client']);
  expect(number(fetch, 'http.response.status_code')).toBe(200);
  expect(text(fetch, 'url.template')).toBe('/api/activities');
  expect(text(server, 'http.route')).toBe('/api/activities');
  expect(text(sql, 'db.system.name')).toBe('sqlite');
  expect(text(sql, 'db.query.text')).toContain('$1');
  expect(JSON.stringify(trace.rows)).not.toContain(message);

  // The numbers that it is about, from the browser's own measurement and the server's own.
  const wait = number(fetch, 'timing.wait_ms');
  const download = number(fetch, 'timing.download_ms');
  expect(number(fetch, 'timing.network_ms')).toBeCloseTo(wait - number(fetch, 'timing.server_ms'), 3);
  expect(wait + download).toBeLessThanOrEqual(number(fetch, 'duration_ms') + 0.001);
  expect(number(fetch, 'timing.server_ms')).toBeLessThanOrEqual(number(server, 'duration_ms') + 1);

  // The person is on both sides, stamped by the server.
  for (const span of [click, submit, fetch, server, domain, sql]) {
    expect(text(span, 'user.name')).toBe(person.handle);
    expect(text(span, 'user.id')).toMatch(/^[0-9a-f-]{36}$/);
  }

  // What the post caused hangs under the same click: the feed is read again, as in the homework.
  const refetch = trace.one('GET /api/activities/home', FRONTEND);
  expect(trace.ancestors(refetch)).toContain(click);
  expect(startMs(refetch)).toBeGreaterThan(startMs(fetch));
  const feed = trace.one('home.activities', BACKEND);
  expect(trace.ancestors(feed)).toContain(refetch);
  expect(text(feed, 'library.name')).toBe('home.activities');
  expect(text(feed, 'app.now')).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(Number.isInteger(number(feed, 'app.result_length'))).toBe(true);

  // And a person sees it.
  await page.goto(`/traces/${request.traceId}`);
  for (const name of ['click activity.create', 'activity.create', 'INSERT activities']) {
    await expect(page.getByText(name, { exact: true }).first()).toBeVisible();
  }
});
