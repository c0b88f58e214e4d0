// What hangs under what in the real app, beside the one click that one-click-one-trace.spec.ts follows.

import type { Row, Trace } from './fixture.js';
import {
  BACKEND,
  CLOCK_MS,
  crud,
  draft,
  expect,
  expectNested,
  FRONTEND,
  isPost,
  newPerson,
  number,
  open,
  signUp,
  startMs,
  talker,
  test,
  text,
} from './fixture.js';

/** The whole trace is one tree with this root. */
function expectRoot(trace: Trace, root: Row): void {
  expect(trace.tree().map((tree) => tree.span.data['trace.span_id'])).toEqual([root.data['trace.span_id']]);
}

test('"Load more": the click causes the fetch of the next page', async ({ page, traces }) => {
  await open(page, '/');
  const before = page.getByRole('article').last();
  const last = (await before.locator('.crud-text').getAttribute('id'))?.replace('text-', '');
  const request = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click());
  expect(request.path).toMatch(new RegExp(`^/api/activities/home\\?.*before=${last}`));

  const trace = await traces.until(request.traceId, (trace) => trace.has('click feed.more', FRONTEND) && trace.has('home.activities'));
  const click = trace.one('click feed.more', FRONTEND);
  const fetch = trace.one('GET /api/activities/home', FRONTEND);
  const server = trace.one('GET /api/activities/home', BACKEND);
  const feed = trace.one('home.activities', BACKEND);
  expectRoot(trace, click);
  expectNested(click, fetch);
  expectNested(fetch, server, CLOCK_MS);
  expect(trace.ancestors(feed)).toContain(server);
  expectNested(feed, trace.one('SELECT activities', BACKEND));
  expect(text(fetch, 'url.full')).toContain(`before=${last}`);
  expect(number(fetch, 'http.response.status_code')).toBe(200);
  await expect(page.getByRole('article')).toHaveCount(40);
});

test('Ctrl+Enter: the submit is the root, without a click', async ({ page, traces }) => {
  const person = await signUp(page);
  await open(page, '/');
  await draft(page).fill(`By keyboard ${person.handle}`);
  const request = await traces.during(() => draft(page).press('Control+Enter'), isPost);
  const trace = await traces.until(request.traceId, (trace) => trace.has('submit activity.create', FRONTEND));
  const submit = trace.one('submit activity.create', FRONTEND);
  const fetch = trace.one('POST /api/activities', FRONTEND);
  expectRoot(trace, submit);
  expectNested(submit, fetch);
  expect(trace.has(/^click/)).toBe(false);
  expect(trace.ancestors(trace.one('INSERT activities', BACKEND))).toContain(submit);
});

test('what the server refuses is an error of the client and not of the server', async ({ page, traces }) => {
  await signUp(page);
  await open(page, '/');
  const request = await traces.during(() => crud(page).click(), isPost);
  await expect(draft(page)).toHaveAccessibleDescription(/Write something first/);

  const trace = await traces.until(request.traceId, (trace) => trace.has('click activity.create', FRONTEND) && trace.has('activity.create'));
  const fetch = trace.one('POST /api/activities', FRONTEND);
  const server = trace.one('POST /api/activities', BACKEND);
  expect(number(fetch, 'http.response.status_code')).toBe(422);
  expect(text(fetch, 'error.type')).toBe('422');
  expect(fetch.data['error']).toBe(true);
  expect(number(server, 'http.response.status_code')).toBe(422);
  expect(server.data['error']).toBeUndefined();
  expect(server.data['error.type']).toBeUndefined();
  expect(trace.has('INSERT activities')).toBe(false);
  // What failed caused no refetch.
  expect(trace.has('GET /api/activities/home')).toBe(false);
});

test('a server that is not reached: the draft stays, and the failed fetch is in the trace once the network is back', async ({
  page,
  context,
  traces,
}) => {
  const person = await signUp(page);
  await open(page, '/');
  const message = `Into the void ${person.handle}`;
  await draft(page).fill(message);
  await context.setOffline(true);
  const request = await traces.during(() => crud(page).click(), isPost);
  await expect(page.getByRole('alert').filter({ hasText: 'We could not reach the server' })).toBeVisible();
  await expect(draft(page)).toHaveValue(message);
  expect(await traces.rows(request.traceId)).toEqual([]);

  await context.setOffline(false);
  const trace = await traces.until(request.traceId, (trace) => trace.has('click activity.create', FRONTEND));
  const fetch = trace.one('POST /api/activities', FRONTEND);
  expectRoot(trace, trace.one('click activity.create', FRONTEND));
  expect(text(fetch, 'error.type')).toBe('TypeError');
  expect(fetch.data['error']).toBe(true);
  for (const column of ['http.response.status_code', 'timing.server_ms', 'timing.network_ms', 'span.incomplete', 'span.aborted']) {
    expect(fetch.data[column], column).toBeUndefined();
  }
  expect(trace.spans.filter((span) => span.data['service.name'] === BACKEND)).toEqual([]);

  // And the same draft, sent again, is a trace of its own.
  const again = await traces.during(() => crud(page).click(), isPost);
  expect(again.traceId).not.toBe(request.traceId);
  await expect(page.getByRole('article').filter({ hasText: message })).toBeVisible();
});

test('going to a profile inside the app: the click causes its fetch, and Back does not grow that trace', async ({ page, traces }) => {
  await open(page, `/@${talker.handle}`);
  await page.getByRole('link', { name: 'Home' }).first().click();
  await expect(page.getByRole('feed', { name: 'Home' })).toBeVisible();
  const author = page.getByRole('article').getByRole('link', { name: `@${talker.handle}` }).first();
  for (const more = page.getByRole('button', { name: 'Load more' }); (await author.count()) === 0; ) {
    await more.click();
  }
  const request = await traces.during(
    () => author.click(),
    (request) => request.path.startsWith('/api/activities/user'),
  );
  await expect(page).toHaveURL(`/@${talker.handle}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(talker.name);
  const trace = await traces.until(request.traceId, (trace) => trace.has('click profile.open', FRONTEND) && trace.has('user.activities'));
  const click = trace.one('click profile.open', FRONTEND);
  const fetch = trace.one('GET /api/activities/user', FRONTEND);
  expectRoot(trace, click);
  const navigate = trace.one('navigate /@{handle}', FRONTEND);
  expectNested(click, navigate);
  expectNested(navigate, fetch);
  expectNested(fetch, trace.one('GET /api/activities/user', BACKEND), CLOCK_MS);

  // Nobody clicked: what Back causes is not the old click's work.
  const back = await traces.during(
    () => page.goBack(),
    (request) => request.path.startsWith('/api/activities/home'),
  );
  expect(back.traceId).not.toBe(request.traceId);
  await traces.until(back.traceId, (trace) => trace.has('home.activities', BACKEND) && trace.has('GET /api/activities/home', FRONTEND));
  expect((await traces.rows(request.traceId)).length).toBe(trace.rows.length);
});

test('two people who post at the same time are two traces', async ({ browser, page, traces, line }) => {
  const other = await (await browser.newContext()).newPage();
  const both = [page, other];
  const people = [await signUp(page), await signUp(other)];
  for (const [index, one] of both.entries()) {
    await open(one, line.origin);
    await draft(one).fill(`At the same time ${people[index]?.handle}`);
  }
  // Both have been there before either is answered.
  const answered = line.holdAnswers((request) => request.startsWith('POST /api/activities '), 2);
  const requests = await Promise.all(both.map((one) => traces.during(() => crud(one).click(), isPost, one)));
  await answered;
  line.release();

  for (const [index, request] of requests.entries()) {
    const trace = await traces.until(request.traceId, (trace) => trace.has('click activity.create', FRONTEND));
    expectRoot(trace, trace.one('click activity.create', FRONTEND));
    trace.one('POST /api/activities', FRONTEND);
    trace.one('INSERT activities', BACKEND);
    const names = trace.spans.map((span) => span.data['user.name']);
    expect(new Set(names.filter(Boolean))).toEqual(new Set([people[index]?.handle]));
  }
  expect(requests[0]?.traceId).not.toBe(requests[1]?.traceId);
  await other.context().close();
});

test('two posts from one page, one after the other, are two traces', async ({ page, traces }) => {
  const person = await signUp(page);
  await open(page, '/');
  const ids: string[] = [];
  for (const words of ['First', 'Second']) {
    await draft(page).fill(`${words} ${person.handle}`);
    ids.push((await traces.during(() => crud(page).click(), isPost)).traceId);
    await expect(page.getByRole('article').filter({ hasText: `${words} ${person.handle}` })).toBeVisible();
  }
  const both = [];
  for (const id of ids) {
    const trace = await traces.until(id, (trace) => trace.has('click activity.create', FRONTEND));
    expectRoot(trace, trace.one('click activity.create', FRONTEND));
    expect(trace.all('POST /api/activities', FRONTEND)).toHaveLength(1);
    expect(trace.all('GET /api/activities/home', FRONTEND)).toHaveLength(1);
    expect(trace.all('INSERT activities', BACKEND)).toHaveLength(1);
    both.push(trace.one('click activity.create', FRONTEND));
  }
  expect(new Set(ids).size).toBe(2);
  const [first, second] = both as [Row, Row];
  expect(startMs(second)).toBeGreaterThan(startMs(first) + number(first, 'duration_ms'));
});

test('signing in ends in a full page load, and its trace is whole all the same', async ({ page, traces }) => {
  const person = await signUp(page);
  await page.getByRole('button', { name: 'Sign Out' }).click();
  await expect(page.getByRole('link', { name: 'Sign In' })).toBeVisible();
  await open(page, '/signin');
  await page.getByLabel('Email', { exact: true }).fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  const request = await traces.during(() => page.getByRole('button', { name: 'Sign In', exact: true }).click());
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('button', { name: 'Sign Out' })).toBeVisible();
  const trace = await traces.until(request.traceId, (trace) => trace.has('click user.sign_in', FRONTEND));
  const click = trace.one('click user.sign_in', FRONTEND);
  const fetch = trace.one('POST /api/users/signin', FRONTEND);
  expectRoot(trace, click);
  expectNested(click, trace.one('submit user.sign_in', FRONTEND));
  expectNested(fetch, trace.one('POST /api/users/signin', BACKEND), CLOCK_MS);
  expect(number(fetch, 'http.response.status_code')).toBe(200);
  expect(fetch.data['span.incomplete']).toBeUndefined();
  number(fetch, 'timing.network_ms');
  // No password, and no address, anywhere in it.
  const all = JSON.stringify(trace.rows);
  expect(all).not.toContain(person.password);
  expect(all).not.toContain(person.email);
});

test('a wrong password is the same tree, with an error in words and nobody signed in', async ({ page, traces }) => {
  const nobody = newPerson();
  await open(page, '/signin');
  await page.getByLabel('Email', { exact: true }).fill(nobody.email);
  await page.getByLabel('Password', { exact: true }).fill(nobody.password);
  const request = await traces.during(() => page.getByRole('button', { name: 'Sign In', exact: true }).click());
  await expect(page.getByRole('alert').filter({ hasText: 'No account has this' })).toBeVisible();
  const trace = await traces.until(request.traceId, (trace) => trace.has('click user.sign_in', FRONTEND) && trace.has('user.sign_in'));
  expect(text(trace.one('POST /api/users/signin', FRONTEND), 'error.type')).toBe('422');
  expect(trace.spans.filter((span) => span.data['user.id'] !== undefined)).toEqual([]);
  expect(JSON.stringify(trace.rows)).not.toContain(nobody.email);
});
