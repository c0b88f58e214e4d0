// Whoever closes the page right after a click still leaves its whole trace.

import type { BrowserContext, Page } from '@playwright/test';
import { BACKEND, baseURL, CLOCK_MS, crud, draft, expect, expectNested, FRONTEND, isPost, open, signUp, test, type Trace } from './fixture.js';

const TIMES = 10;

/** A page with a draft in it, and no way out for spans but the last one. */
async function withDraft(context: BrowserContext, url: string, message: string): Promise<Page> {
  const page = await context.newPage();
  // The timers by which batches leave half a second later, or are tried again, never run here.
  await page.addInitScript(() => {
    const real = window.setTimeout.bind(window);
    window.setTimeout = ((task: () => void, ms = 0, ...rest: unknown[]) => (ms >= 500 ? 0 : real(task, ms, ...rest))) as typeof setTimeout;
  });
  await open(page, url);
  await draft(page).fill(message);
  return page;
}

/** Click, submit and fetch were all open when the page went, and the server's work hangs below the fetch. */
function expectWholeTree(trace: Trace): void {
  const click = trace.one('click activity.create', FRONTEND);
  const submit = trace.one('submit activity.create', FRONTEND);
  const fetch = trace.one('POST /api/activities', FRONTEND);
  const server = trace.one('POST /api/activities', BACKEND);
  expect(trace.tree().map((root) => root.span.data['name'])).toEqual(['click activity.create']);
  expectNested(click, submit);
  expectNested(submit, fetch);
  expectNested(fetch, server, CLOCK_MS);
  expect(trace.ancestors(trace.one('INSERT activities', BACKEND))).toContain(server);
  for (const span of [click, submit, fetch]) {
    expect(span.data['span.incomplete']).toBe(true);
  }
  // What it never learned is absent, and to be interrupted is no error.
  for (const column of ['http.response.status_code', 'timing.wait_ms', 'timing.network_ms', 'error', 'error.type']) {
    expect(fetch.data[column], column).toBeUndefined();
  }
  expect(server.data['span.incomplete']).toBeUndefined();
}

// Not among them: ending the whole browser. It takes its network with it, and with that what a slow line has not yet taken over.
const ways: Record<string, (page: Page) => Promise<unknown>> = {
  'closing the page': (page) => page.close({ runBeforeUnload: false }),
  'going elsewhere': (page) => page.goto(`${baseURL}/traces`),
};
for (const [way, leave] of Object.entries(ways)) {
  test(`${way} while the answer is on its way leaves one whole tree, ${TIMES} times of ${TIMES}`, async ({ page, context, line, traces }) => {
    const person = await signUp(page);
    for (let time = 1; time <= TIMES; time++) {
      const leaving = await withDraft(context, line.origin, `${way} ${time} ${person.handle}`);
      const answered = line.holdAnswers((request) => request.startsWith('POST /api/activities '));
      const request = await traces.during(() => crud(leaving).click(), isPost, leaving);
      await answered;
      // What leaves now is on its way for longer than the page lives: only a request that outlives its page arrives.
      line.conditions.upMs = 100;
      await leave(leaving);

      const trace = await traces.until(
        request.traceId,
        (trace) => trace.has('click activity.create', FRONTEND) && trace.has('POST /api/activities', BACKEND),
      );
      expectWholeTree(trace);
      line.release();
      line.conditions.upMs = 0;
      await leaving.close();
    }
  });
}

test(`closing at once after the click loses none of the browser's spans, ${TIMES} times of ${TIMES}`, async ({ page, context, traces }) => {
  const person = await signUp(page);
  for (let time = 1; time <= TIMES; time++) {
    const leaving = await withDraft(context, '/', `at once ${time} ${person.handle}`);
    await crud(leaving).click();
    await leaving.close({ runBeforeUnload: false });
  }
  for (const id of await traces.listed({ user: person.handle }, 'click activity.create', TIMES)) {
    const trace = await traces.until(id, (trace) => trace.has('POST /api/activities', FRONTEND));
    const click = trace.one('click activity.create', FRONTEND);
    const submit = trace.one('submit activity.create', FRONTEND);
    const fetch = trace.one('POST /api/activities', FRONTEND);
    expectNested(click, submit);
    expectNested(submit, fetch);
    expect(trace.tree()).toHaveLength(1);
  }
});

test('what happens after the page has gone changes nothing that was sent, and is in the tree as well', async ({
  page,
  context,
  line,
  traces,
}) => {
  const person = await signUp(page);
  const message = `Afterwards ${person.handle}`;
  const leaving = await withDraft(context, line.origin, message);
  const answered = line.holdAnswers((request) => request.startsWith('POST /api/activities '));
  const request = await traces.during(() => crud(leaving).click(), isPost, leaving);
  await answered;
  // As when the page goes into the back-forward cache, from which it may return. It runs on for a moment: the answer comes,
  // and causes the refetch of the feed.
  await leaving.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  await traces.until(request.traceId, (trace) => trace.has('click activity.create', FRONTEND));
  line.release();
  await expect(leaving.getByRole('article').filter({ hasText: message })).toBeVisible();
  const trace = await traces.until(
    request.traceId,
    (trace) => trace.has('GET /api/activities/home', BACKEND) && trace.has('GET /api/activities/home', FRONTEND),
  );
  for (const name of ['click activity.create', 'submit activity.create', 'POST /api/activities', 'GET /api/activities/home']) {
    const span = trace.one(name, FRONTEND);
    expect(span.data['span.incomplete'], name).toBe(true);
    expect(span.data['http.response.status_code'], name).toBeUndefined();
  }
  expect(trace.tree()).toHaveLength(1);

  // When it returns, it goes on as before.
  await leaving.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  const later = await traces.during(() => crud(leaving).click(), isPost, leaving);
  await expect(draft(leaving)).toHaveAccessibleDescription(/Write something first/);
  await leaving.close();
  const after = await traces.until(later.traceId, (trace) => trace.has('click activity.create', FRONTEND));
  expect(after.one('POST /api/activities', FRONTEND).data['http.response.status_code']).toBe(422);
  expect(after.one('POST /api/activities', FRONTEND).data['span.incomplete']).toBeUndefined();
  // What the page sent last came after anything that the first click might still have sent.
  expect(new Set((await traces.rows(request.traceId)).map((row) => row.data['trace.span_id'])).size).toBe(trace.spans.length);
});
