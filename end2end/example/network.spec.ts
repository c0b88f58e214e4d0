// Where the time of a fetch went, for every kind of connection and answer that a browser knows. Each phase is the browser's own
// measurement of this very request; the phases add up to the span (`phases` of spans.ts looks).

import { BACKEND, durationMs, expect, type Front, type Kind, number, phases, type Span, test, timings } from './fixture.js';

/** Timers of the proxy and of the server may fire so much early, compared with the browser's clock. */
const EARLY_MS = 2;
const DELAY_MS = 80;

const KINDS: (Kind & { version: string; tls: boolean })[] = [
  { host: '127.0.0.1', protocol: 'http/1.1', version: '1.1', tls: false },
  { host: 'stopwatch.test', protocol: 'https/1.1', version: '1.1', tls: true },
  { host: 'stopwatch.test', protocol: 'https/2', version: '2', tls: true },
];

/** What holds for every answer of the server that the browser may measure. */
function expectMeasured(fetch: Span, served: Span | undefined): void {
  const { wait } = phases(fetch);
  const server = number(fetch, 'timing.server_ms');
  expect(number(fetch, 'timing.network_ms')).toBeCloseTo(Math.max(0, wait - server), 3);
  expect(served?.service).toBe(BACKEND);
  expect(served?.traceId).toBe(fetch.traceId);
  // The head has been sent before the span ends, and both are the server's own clock.
  expect(server).toBeLessThanOrEqual(durationMs(served as Span) + EARLY_MS);
}

for (const { host, protocol, version, tls } of KINDS) {
  test.describe(protocol, () => {
    let site: Front;

    test.beforeEach(async ({ front, stopwatch }) => {
      site = await front({ host, protocol });
      await stopwatch.open(site.origin);
    });

    test('a new connection has its phases', async ({ stopwatch }) => {
      await stopwatch.settled();
      await site.dropConnections();
      const fetch = await stopwatch.fetch(stopwatch.unique('/try/slow/20'));
      const { connect, tls: handshake } = phases(fetch);
      expect(connect).toBeGreaterThan(0);
      if (tls) {
        expect(handshake).toBeGreaterThan(0);
      } else {
        expect(handshake).toBe(0);
      }
      expect(fetch.name).toBe('GET');
      expect(number(fetch, 'http.response.status_code')).toBe(200);
      expect(fetch.attributes['network.protocol.version']).toBe(version);
      expect(fetch.attributes['server.address']).toBe(host);
      expect(fetch.status).not.toBe(2);
      expectMeasured(fetch, (await stopwatch.served([fetch]))[0]);
    });

    test('a connection that is there costs nothing', async ({ stopwatch }) => {
      await stopwatch.fetch(stopwatch.unique('/try/slow/0'));
      const fetch = await stopwatch.fetch(stopwatch.unique('/try/slow/20'));
      const { dns, connect, tls: handshake } = phases(fetch);
      expect({ dns, connect, handshake }).toEqual({ dns: 0, connect: 0, handshake: 0 });
      expect(fetch.attributes['network.protocol.version']).toBe(version);
      expectMeasured(fetch, (await stopwatch.served([fetch]))[0]);
    });

    test('a delay between browser and server is network time, and the server time is the server\'s', async ({ stopwatch }) => {
      site.conditions.delayMs = DELAY_MS;
      const fetch = await stopwatch.fetch(stopwatch.unique('/try/slow/40'));
      expect(number(fetch, 'timing.network_ms')).toBeGreaterThanOrEqual(DELAY_MS - EARLY_MS);
      expect(number(fetch, 'timing.server_ms')).toBeGreaterThanOrEqual(40 - EARLY_MS);
      expectMeasured(fetch, (await stopwatch.served([fetch]))[0]);
    });

    test('a streamed answer is download until its last byte', async ({ stopwatch }) => {
      const [pieces, gapMs] = [6, 40];
      const fetch = await stopwatch.fetch(stopwatch.unique(`/try/stream/${pieces}`));
      // A busy machine sees the first pieces late, and together: then the rest takes less. It is still most of the time.
      expect(phases(fetch).download).toBeGreaterThan(((pieces - 1) * gapMs) / 2);
      expectMeasured(fetch, (await stopwatch.served([fetch]))[0]);
    });

    test('a redirect belongs to the fetch, from the call on', async ({ receiver, stopwatch }) => {
      site.conditions.delayMs = DELAY_MS;
      const fetch = await stopwatch.fetch(stopwatch.unique('/try/moved'));
      const { queue, wait } = phases(fetch);
      // Before the request that was answered in the end lies the one that was sent on.
      expect(queue).toBeGreaterThanOrEqual(DELAY_MS - EARLY_MS);
      expect(wait).toBeGreaterThanOrEqual(DELAY_MS - EARLY_MS);
      expect(number(fetch, 'http.response.status_code')).toBe(200);
      // Both requests carried the same parent; the times are those of the last.
      const hops = await receiver.until('answers', (span) => span.service === BACKEND && span.parentId === fetch.spanId, 2);
      expect(hops.map((hop) => hop.name).sort()).toEqual(['GET /try/moved', 'GET /try/slow/{ms}']);
      expectMeasured(fetch, hops.find((hop) => hop.name === 'GET /try/slow/{ms}'));
    });

    test('a fetch that is stopped before the answer is aborted', async ({ stopwatch }) => {
      const address = stopwatch.unique('/try/slow/30000');
      await stopwatch.press(address, 'Fetch');
      await expect.poll(() => site.seen.some((request) => request.path === address)).toBe(true);
      await stopwatch.button('Stop').click();
      await expect(stopwatch.results).toHaveCount(1);
      const [fetch] = await stopwatch.spansOf(address);
      expectAborted(fetch as Span);
      expect(fetch?.attributes['http.response.status_code']).toBeUndefined();
    });

    test('a fetch that is stopped while its body comes is aborted', async ({ page, stopwatch }) => {
      const address = stopwatch.unique('/try/stream/1000');
      const head = page.waitForResponse((response) => response.url().endsWith(address));
      await stopwatch.press(address, 'Fetch');
      await head;
      await stopwatch.button('Stop').click();
      await expect(stopwatch.results).toHaveCount(1);
      const [fetch] = await stopwatch.spansOf(address);
      expectAborted(fetch as Span);
      expect(number(fetch as Span, 'http.response.status_code')).toBe(200);
    });

    test('two equal addresses at once keep their times apart', async ({ page, stopwatch }) => {
      // Past the cache, or the browser would let the second wait for the first.
      await page.getByLabel('past the cache').check();
      const address = stopwatch.unique('/try/uneven');
      await stopwatch.press(address, 'Fetch twice');
      await expect(stopwatch.results).toHaveCount(2);
      const fetches = await stopwatch.spansOf(address, 2);
      const served = await stopwatch.served(fetches);
      fetches.forEach((fetch, index) => {
        expectMeasured(fetch, served[index]);
        // Its own server's time and not the other's: the server keeps one of them waiting for long.
        const distance = (span: Span | undefined) =>
          Math.abs(durationMs(span as Span) - number(fetch, 'timing.server_ms'));
        expect(distance(served[index])).toBeLessThan(distance(served[1 - index]));
      });
    });
  });
}

function expectAborted(fetch: Span): void {
  expect(fetch.attributes['span.aborted']).toBe(true);
  expect(timings(fetch)).toEqual([]);
  // Who stops a fetch knows what they do.
  expect(fetch.attributes['error.type']).toBeUndefined();
  expect(fetch.status).not.toBe(2);
}

test('an answer from the cache that the server confirmed (304) is measured as the question', async ({ front, stopwatch }) => {
  // Not over TLS: Chromium keeps nothing that came with a certificate like ours.
  const site = await front({ host: '127.0.0.1', protocol: 'http/1.1' });
  await stopwatch.open(site.origin);
  const address = stopwatch.unique('/try/unchanged');
  await stopwatch.press(address, 'Fetch');
  await expect(stopwatch.results).toHaveCount(1);
  site.conditions.delayMs = DELAY_MS;
  await stopwatch.press(address, 'Fetch');
  await expect(stopwatch.results).toHaveCount(2);

  const fetches = await stopwatch.spansOf(address, 2);
  const served = await stopwatch.served(fetches);
  expect(served.map((span) => number(span, 'http.response.status_code'))).toEqual([200, 304]);
  // The page is given what the cache has, as 200.
  fetches.forEach((fetch, index) => {
    expect(number(fetch, 'http.response.status_code')).toBe(200);
    expectMeasured(fetch, served[index]);
  });
  expect(number(fetches[1] as Span, 'timing.network_ms')).toBeGreaterThanOrEqual(DELAY_MS - EARLY_MS);
});

test.describe('another origin', () => {
  let site: Front;

  test.beforeEach(async ({ front, stopwatch }) => {
    site = await front({ host: 'stopwatch.test', protocol: 'https/2' });
    await stopwatch.open(site.origin);
  });

  test('that the app did not name gets no trace context, and tells no phases', async ({ front, stopwatch }) => {
    const other = await front({ host: 'other.test', protocol: 'https/2' });
    Object.assign(other.conditions, { allowOrigin: site.origin, delayMs: DELAY_MS });
    const address = stopwatch.unique(`${other.origin}/try/slow/20`);
    const fetch = await stopwatch.fetch(address);
    expect(timings(fetch)).toEqual([]);
    expect(durationMs(fetch)).toBeGreaterThanOrEqual(DELAY_MS + 20 - 2 * EARLY_MS);
    expect(number(fetch, 'http.response.status_code')).toBe(200);
    // A plain request: the browser need not ask for leave.
    expect(other.seen.map((request) => request.method)).toEqual(['GET']);
    expect(other.seen[0]?.headers['traceparent']).toBeUndefined();
    expect(other.seen[0]?.headers['baggage']).toBeUndefined();
  });

  test('that the app named joins the trace, and tells its phases where it allows that', async ({ trusted, stopwatch }) => {
    const before = trusted.seen.length;
    Object.assign(trusted.conditions, { allowOrigin: site.origin, allowTiming: true, delayMs: 0, preflightMs: DELAY_MS });
    const fetch = await stopwatch.fetch(stopwatch.unique(`${trusted.origin}/try/slow/20`));
    const requests = trusted.seen.slice(before);
    expect(requests.map((request) => request.method)).toEqual(['OPTIONS', 'GET']);
    expect(requests[1]?.headers['traceparent']).toContain(`${fetch.traceId}-${fetch.spanId}`);

    // The browser's question for leave comes before the request, and is not part of its wait.
    expect(phases(fetch).queue).toBeGreaterThanOrEqual(DELAY_MS - EARLY_MS);
    expect(number(fetch, 'timing.server_ms')).toBeGreaterThanOrEqual(20 - EARLY_MS);
    expect(fetch.attributes['network.protocol.version']).toBe('2');
    expectMeasured(fetch, (await stopwatch.served([fetch]))[0]);
  });

  test('that the app named joins the trace without phases where it hides its times', async ({ trusted, stopwatch }) => {
    Object.assign(trusted.conditions, { allowOrigin: site.origin, allowTiming: false, delayMs: DELAY_MS, preflightMs: 0 });
    const fetch = await stopwatch.fetch(stopwatch.unique(`${trusted.origin}/try/slow/20`));
    const [served] = await stopwatch.served([fetch]);
    expect(served?.traceId).toBe(fetch.traceId);
    expect(timings(fetch)).toEqual([]);
    expect(durationMs(fetch)).toBeGreaterThanOrEqual(DELAY_MS + 20 - 2 * EARLY_MS);
  });

  test('that refuses is an error without a status', async ({ trusted, stopwatch }) => {
    Object.assign(trusted.conditions, { allowOrigin: 'https://nobody.test', allowTiming: false, delayMs: 0, preflightMs: 0 });
    const fetch = await stopwatch.fetch(stopwatch.unique(`${trusted.origin}/try/slow/0`));
    expect(fetch.attributes['error.type']).toBe('TypeError');
    expect(fetch.status).toBe(2);
    expect(fetch.attributes['http.response.status_code']).toBeUndefined();
    expect(timings(fetch)).toEqual([]);
  });
});

test('an address where nobody listens is an error without a status', async ({ front, stopwatch }) => {
  const site = await front({ host: 'stopwatch.test', protocol: 'http/1.1' });
  await stopwatch.open(site.origin);
  const gone = await front({ host: 'other.test', protocol: 'http/1.1' });
  const address = stopwatch.unique(`${gone.origin}/try/slow/0`);
  await gone.close();
  const fetch = await stopwatch.fetch(address);
  expect(fetch.attributes['error.type']).toBe('TypeError');
  expect(fetch.status).toBe(2);
  expect(timings(fetch)).toEqual([]);
});
