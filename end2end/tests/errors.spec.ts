// What goes wrong in the page is seen: an exception on the span in which it happened, or on one of its own.
//
// Panics of the page's program are not here: the app has no way to cause one. crates/browser-telemetry/tests tries what can be tried of them.

import { expect, FRONTEND, hydrated, open, pageLoad, signUp, test, text } from './fixture.js';

test('an error that a click handler throws fails that click', async ({ page, traces }) => {
  await signUp(page);
  await hydrated(page);
  const more = page.getByRole('button', { name: 'Load more' });
  await more.evaluate((button) => {
    button.addEventListener('click', function explode() {
      throw new TypeError('the button has come off');
    });
  });
  const request = await traces.during(() => more.click());
  const trace = await traces.until(request.traceId, (trace) => trace.has('click feed.more', FRONTEND));
  const click = trace.one('click feed.more', FRONTEND);
  const [event, ...others] = trace.events(click);
  expect(others).toEqual([]);
  if (!event) {
    throw new Error(`no event on the click:\n${trace.print()}`);
  }
  expect(text(event, 'name')).toBe('exception');
  expect(text(event, 'exception.type')).toBe('TypeError');
  expect(text(event, 'exception.message')).toBe('the button has come off');
  expect(text(event, 'exception.stacktrace')).toMatch(/^TypeError: the button has come off\n\s+at .*explode/);
  expect(click.data['error']).toBe(true);
  expect(text(click, 'status_message')).toBe('the button has come off');
  // What the other handlers did is under the click all the same.
  expect(trace.ancestors(trace.one('GET /api/activities/home', FRONTEND))).toContain(click);
  expect(trace.has('exception')).toBe(false);
});

test('a rejection that nobody handles fails the click whose handler it comes from', async ({ page, traces }) => {
  await open(page, '/');
  const more = page.getByRole('button', { name: 'Load more' });
  await more.evaluate((button) => {
    button.addEventListener('click', async function promise() {
      await Promise.resolve();
      throw new RangeError('not kept');
    });
  });
  const request = await traces.during(() => more.click());
  const trace = await traces.until(request.traceId, (trace) => trace.has('click feed.more', FRONTEND));
  const click = trace.one('click feed.more', FRONTEND);
  expect(trace.events(click).map((event) => text(event, 'exception.message'))).toEqual(['not kept']);
  expect(click.data['error']).toBe(true);
  expect(trace.has('exception')).toBe(false);
});

test('a rejection that no click caused is a span of its own, which links to the load of its page', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const load = await pageLoad(page, traces);
  await page.evaluate(() => {
    setTimeout(function reject() {
      void Promise.reject(new RangeError('too far'));
    });
  });
  const [id] = await traces.listed({ user: person.handle }, 'exception', 1);
  const trace = await traces.until(id ?? '', (trace) => trace.has('exception', FRONTEND));
  const span = trace.one('exception', FRONTEND);
  expect(trace.spans).toEqual([span]);
  expect(trace.links(span)).toEqual([`${load.id}/${text(load.one('documentLoad', FRONTEND), 'trace.span_id')}`]);
  const events = trace.events(span);
  expect(events.map((event) => text(event, 'exception.type'))).toEqual(['RangeError']);
  expect(events.map((event) => text(event, 'exception.message'))).toEqual(['too far']);
  expect(events.map((event) => text(event, 'exception.stacktrace'))).toEqual([expect.stringMatching(/^RangeError: too far\n\s+at .*reject/)]);
  expect(span.data['error']).toBe(true);
});

test('what is thrown need not be an error', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  await page.evaluate(() => {
    setTimeout(() => {
      throw 'only words';
    });
  });
  const [id] = await traces.listed({ user: person.handle }, 'exception', 1);
  const trace = await traces.until(id ?? '', (trace) => trace.has('exception', FRONTEND));
  const [event] = trace.events(trace.one('exception', FRONTEND));
  expect(event?.data['exception.type']).toBe('Error');
  expect(event?.data['exception.message']).toBe('Uncaught only words');
});
