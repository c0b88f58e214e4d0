// The page's clock may be wrong, and its machine may sleep: in the store its spans lie where the server's clock has them.

import type { Page } from '@playwright/test';
import { BACKEND, CLOCK_MS, durationMs, expect, expectNested, FRONTEND, number, open, pageLoad, startMs, test, type Row, type Trace } from './fixture.js';

const HOUR_MS = 3_600_000;
const isFeed = (request: { path: string }): boolean => request.path.startsWith('/api/activities/home');

/**
 * From now on documents of this page are `offMs` ahead of the machine's clock. A page has two sources of the time of day, and both are
 * moved: `Date.now()`, and `performance.timeOrigin`, to which `performance.now()` counts on. `window.clockOffMs` moves the first later.
 */
async function setClock(page: Page, offMs: number): Promise<void> {
  await page.addInitScript((offMs) => {
    const now = Date.now.bind(Date);
    const clock = window as unknown as { clockOffMs: number };
    clock.clockOffMs = offMs;
    Date.now = () => now() + clock.clockOffMs;
    const origin = performance.timeOrigin;
    Object.defineProperty(performance, 'timeOrigin', { get: () => origin + offMs });
  }, offMs);
}

/** What every span of the page says of its clock. */
function clockOf(trace: Trace): { offset: number; error: number } {
  const spans = trace.all(/./, FRONTEND);
  const clocks = spans.map((span) => [number(span, 'clock.offset_ms'), number(span, 'clock.error_ms')]);
  expect(clocks.length).toBeGreaterThan(0);
  const widest = clocks.reduce((a, b) => ((a[1] ?? 0) > (b[1] ?? 0) ? a : b));
  return { offset: widest[0] ?? NaN, error: widest[1] ?? NaN };
}

/** Every span lies in its parent, whichever of the two clocks it was measured with; of one clock, exactly. */
function expectAllNested(trace: Trace, error: number): void {
  for (const child of trace.spans) {
    const parent = trace.parent(child);
    if (parent) {
      const isOneClock = parent.data['service.name'] === child.data['service.name'];
      expectNested(parent, child, isOneClock ? 1 : error + 0.01);
    }
  }
  expect(trace.tree()).toHaveLength(1);
}

for (const offMs of [90_000, -90_000]) {
  test(`a page whose clock is ${offMs / 1000} s off is put right`, async ({ page, traces }) => {
    await setClock(page, offMs);
    await open(page, '/');
    const load = await pageLoad(page, traces);
    const now = (): Promise<number> => page.evaluate(() => performance.timeOrigin + performance.now());
    const before = await now();
    const { traceId } = await traces.during(() => page.getByRole('button', { name: 'Load more' }).click(), isFeed);
    const after = await now();
    const click = await traces.until(traceId, (trace) => trace.has('click feed.more', FRONTEND) && trace.has('home.activities', BACKEND));

    for (const trace of [load, click]) {
      const { offset, error } = clockOf(trace);
      expect(Math.abs(offset + offMs), `${offset} ± ${error}`).toBeLessThanOrEqual(error + CLOCK_MS);
      expect(error).toBeLessThan(Math.abs(offMs) / 3);
      expectAllNested(trace, error);
    }
    // What the page itself thought can be had back.
    const root = click.one('click feed.more', FRONTEND);
    const raw = startMs(root) - number(root, 'clock.offset_ms');
    expect(raw).toBeGreaterThanOrEqual(before - 1);
    expect(raw).toBeLessThanOrEqual(after + 1);
  });
}

test('a machine that slept for an hour: durations stay, and what comes later lies right', async ({ page, line, traces }) => {
  // An hour behind at first. Then the time of day moves on by an hour, and the performance clock does not: that is what sleep looks like to a page.
  await setClock(page, -HOUR_MS);
  await open(page, line.origin);
  const load = await pageLoad(page, traces);
  const more = page.getByRole('button', { name: 'Load more' });
  const held = line.holdAnswers((request) => request.startsWith('GET /api/activities/home'));
  const during = await traces.during(() => more.click(), isFeed);
  await held;
  await page.evaluate(() => ((window as unknown as { clockOffMs: number }).clockOffMs = 0));
  line.release();
  await expect(page.getByRole('article')).toHaveCount(40);
  const across = await traces.until(during.traceId, (trace) => trace.has('click feed.more', FRONTEND) && trace.has('home.activities', BACKEND));
  const later = await traces.during(() => more.click(), isFeed);
  const after = await traces.until(later.traceId, (trace) => trace.has('click feed.more', FRONTEND) && trace.has('home.activities', BACKEND));

  const is = (trace: Trace, ofMs: number): void => {
    const { offset, error } = clockOf(trace);
    expect(Math.abs(offset - ofMs), `${offset} ± ${error}`).toBeLessThanOrEqual(error + CLOCK_MS);
    expectAllNested(trace, error);
  };
  is(load, HOUR_MS);
  is(after, 0);
  // The hour is in no span. What the clock was off by before is not known to be right any more, so what ended right after the
  // sleep is left where the page's clock, set right meanwhile, has it: unless the next fetch came in time for its batch.
  for (const span of across.all(/./, FRONTEND)) {
    expect(durationMs(span)).toBeLessThan(HOUR_MS / 2);
  }
  expectAllNested(across, CLOCK_MS);
  const roots = [load, across, after].map((trace) => trace.tree()[0]?.span as Row);
  expect(roots.map(startMs)).toEqual(roots.map(startMs).sort((a, b) => a - b));
});
