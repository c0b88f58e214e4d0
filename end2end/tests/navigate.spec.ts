// A change to another page of the app, without loading a document: `navigate {pattern}`, from the click or the Back button until it has settled.

import type { Row, Trace } from './fixture.js';
import { BACKEND, CLOCK_MS, endMs, expect, expectNested, FRONTEND, hydrated, number, signUp, test, text } from './fixture.js';

const ofProfile = (request: { path: string }): boolean => request.path.startsWith('/api/activities/user');
const ofHome = (request: { path: string }): boolean => request.path.startsWith('/api/activities/home');

/** The page was fetched under this navigation, by a server that belongs to the same trace. */
function expectFetched(trace: Trace, navigate: Row, route: string): void {
  const fetch = trace.one(`GET ${route}`, FRONTEND);
  const server = trace.one(`GET ${route}`, BACKEND);
  expectNested(navigate, fetch);
  expectNested(fetch, server, CLOCK_MS);
  expect(number(fetch, 'http.response.status_code')).toBe(200);
  // A number cannot hold the nanoseconds since 1970: a quarter of a microsecond is its step.
  expect(endMs(navigate)).toBeGreaterThanOrEqual(endMs(fetch) - 0.001);
  expect(navigate.data['span.incomplete']).toBeUndefined();
}

test('a link to a profile: click, navigation, fetch and server are one trace', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const request = await traces.during(() => page.getByRole('link', { name: 'Profile' }).click(), ofProfile);
  await expect(page).toHaveURL(`/@${person.handle}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(person.name);

  const trace = await traces.until(request.traceId, (trace) => trace.has('click profile.open', FRONTEND) && trace.has('user.activities'));
  const click = trace.one('click profile.open', FRONTEND);
  const navigate = trace.one('navigate /@{handle}', FRONTEND);
  expect(trace.tree().map((tree) => tree.span)).toEqual([click]);
  expectNested(click, navigate);
  expectFetched(trace, navigate, '/api/activities/user');
  expect(text(click, 'url.path')).toBe('/');
  expect(text(navigate, 'url.path')).toBe(`/@${person.handle}`);
  expect(text(navigate, 'url.template')).toBe('/@{handle}');
  expect(navigate.data['span.kind']).toBe('internal');

  // Nobody clicked on anything in the page: Back, and Forward again, are each the root of its own trace.
  const ids = [request.traceId];
  for (const [go, wanted, pattern, route] of [
    [() => page.goBack(), ofHome, '/', '/api/activities/home'],
    [() => page.goForward(), ofProfile, '/@{handle}', '/api/activities/user'],
  ] as const) {
    const { traceId } = await traces.during(go, wanted);
    const trace = await traces.until(traceId, (trace) => trace.has(`navigate ${pattern}`, FRONTEND) && trace.has(`GET ${route}`, BACKEND));
    const navigate = trace.one(`navigate ${pattern}`, FRONTEND);
    expect(trace.tree().map((tree) => tree.span)).toEqual([navigate]);
    expect(navigate.data['trace.parent_id']).toBeUndefined();
    expect(trace.has(/^click/)).toBe(false);
    expectFetched(trace, navigate, route);
    ids.push(traceId);
  }
  expect(new Set(ids).size).toBe(3);
  expect((await traces.rows(request.traceId)).length).toBe(trace.rows.length);
});

test('a link to another document is a click and no navigation of the app', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  await page.getByRole('link', { name: 'Traces', exact: true }).click();
  await expect(page).toHaveURL('/traces');
  const [id] = await traces.listed({ user: person.handle }, 'click traces.open', 1);
  const trace = await traces.until(id ?? '', (trace) => trace.has('click traces.open', FRONTEND));
  expect(trace.spans).toEqual([trace.one('click traces.open', FRONTEND)]);
});

test('a link to the page that is open already leads nowhere', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  await page.getByRole('link', { name: 'Home' }).first().click();
  const [id] = await traces.listed({ user: person.handle }, 'click home.open', 1);
  expect((await traces.until(id ?? '', (trace) => trace.has('click home.open', FRONTEND))).has(/^navigate/)).toBe(false);
});
