// The reported network time is the network's: a known delay between browser and server appears in it, whole and nowhere else.

import type { Page } from '@playwright/test';
import { BACKEND, durationMs, expect, FRONTEND, hydrated, number, open, test, text, type TraceReader } from './fixture.js';
import type { Conditions, Line } from './line.js';

const UP_MS = 60;
const DOWN_MS = 90;
/** Timers of the line may fire so much early. */
const EARLY_MS = 2;
/** What a machine with two cores that runs other tests adds to a fetch at its best of a few. */
const NOISE_MS = 60;

/** The line as it is by itself. */
const NONE: Conditions = { upMs: 0, downMs: 0, trickle: undefined };

/** What one fetch of the feed reported, in milliseconds, and what the server's own span says. */
interface Report {
  wait: number;
  network: number;
  server: number;
  download: number;
  serverSpan: number;
}

/**
 * Opens the page through the line and lets it fetch the feed under these conditions, `times` times, by clicks. The page itself
 * comes without them: in a development build its program has ten megabytes.
 */
async function reports(page: Page, line: Line, traces: TraceReader, conditions: Partial<Conditions>, times: number): Promise<Report[]> {
  const found: Report[] = [];
  const isFeed = (path: string): boolean => path.startsWith('/api/activities/home');
  for (let time = 0; time < times; time++) {
    Object.assign(line.conditions, NONE);
    await page.reload();
    await hydrated(page);
    Object.assign(line.conditions, conditions);
    const more = page.getByRole('button', { name: 'Load more' });
    const request = await traces.during(
      () => more.click(),
      (request) => isFeed(request.path),
    );
    const trace = await traces.until(
      request.traceId,
      (trace) => trace.has('click feed.more', FRONTEND) && trace.has('GET /api/activities/home', BACKEND),
    );
    const fetch = trace.one('GET /api/activities/home', FRONTEND);
    const server = trace.one('GET /api/activities/home', BACKEND);
    expect(text(server, 'trace.parent_id')).toBe(text(fetch, 'trace.span_id'));
    found.push({
      wait: number(fetch, 'timing.wait_ms'),
      network: number(fetch, 'timing.network_ms'),
      server: number(fetch, 'timing.server_ms'),
      download: number(fetch, 'timing.download_ms'),
      serverSpan: durationMs(server),
    });
  }
  return found;
}

function least(all: Report[], of: keyof Report): number {
  return Math.min(...all.map((report) => report[of]));
}

test.beforeEach(async ({ page, line }) => {
  await open(page, line.origin);
});

test('a delay of the network is the network time, and the server time is not touched', async ({ page, line, traces }) => {
  const quick = await reports(page, line, traces, {}, 4);
  const slow = await reports(page, line, traces, { upMs: UP_MS, downMs: DOWN_MS }, 6);

  // Without the line's delay there is nearly none, so what is measured with it is the line's.
  expect(least(quick, 'network')).toBeLessThan(NOISE_MS);
  for (const report of slow) {
    expect(report.network).toBeGreaterThanOrEqual(UP_MS + DOWN_MS - EARLY_MS);
    expect(report.network + report.server).toBeCloseTo(report.wait, 3);
  }
  expect(least(slow, 'network')).toBeLessThan(UP_MS + DOWN_MS + NOISE_MS);

  // The server's share is what the server measured, with the delay and without.
  for (const report of [...quick, ...slow]) {
    expect(report.server).toBeLessThanOrEqual(report.serverSpan + 1);
  }
  expect(Math.abs(least(slow, 'server') - least(quick, 'server'))).toBeLessThan(NOISE_MS);
  expect(least(slow, 'serverSpan') - least(slow, 'server')).toBeLessThan(NOISE_MS);
});

test('a body that trickles in is download, and the wait does not grow', async ({ page, line, traces }) => {
  const [pieces, gapMs] = [6, 40];
  const trickling = await reports(page, line, traces, { trickle: { pieces, gapMs } }, 4);
  // A busy machine sees the first pieces late, and together: then the rest takes less. It is still most of the time.
  for (const report of trickling) {
    expect(report.download).toBeGreaterThan(((pieces - 1) * gapMs) / 2);
  }
  expect(least(trickling, 'network')).toBeLessThan(NOISE_MS);
  expect(least(trickling, 'wait') - least(trickling, 'server')).toBeLessThan(NOISE_MS);
});

test('delay and trickle at once are told apart', async ({ page, line, traces }) => {
  const [pieces, gapMs] = [4, 50];
  const conditions = { upMs: UP_MS, downMs: DOWN_MS, trickle: { pieces, gapMs } };
  const all = await reports(page, line, traces, conditions, 4);
  for (const report of all) {
    expect(report.network).toBeGreaterThanOrEqual(UP_MS + DOWN_MS - EARLY_MS);
    expect(report.download).toBeGreaterThan(((pieces - 1) * gapMs) / 2);
  }
  expect(least(all, 'network')).toBeLessThan(UP_MS + DOWN_MS + NOISE_MS);
});
