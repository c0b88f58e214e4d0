// A page that was got ahead of time: rendered, it says nothing before somebody looks at it; only fetched, it has a trace of its own.
//
// Chromium does not render ahead of time where DevTools is attached, and Playwright drives it through just that. So the first test
// starts a browser that nobody drives, on a page that goes on by itself when the test lets it.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as toServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { findChromium } from '../chromium.mjs';
import { BACKEND, baseURL, CLOCK_MS, expect, expectNested, FRONTEND, hydrated, pageTrace, signUp, talker, test, text, type Row } from './fixture.js';

const PATH = `/@${talker.handle}`;

/** Asks for the profile ahead of time and goes there when /go answers: later than any batch of the profile would have left by then. */
const START = `<!DOCTYPE html><script type="speculationrules">
  { "prerender": [{ "urls": ["${PATH}"], "eagerness": "immediate" }] }
</script><script>fetch("/go").then(() => setTimeout(() => location.assign("${PATH}"), 1500))</script>`;

/** The app's server, and before it the page at /start. */
class Way {
  /** What has been asked for, the oldest first. */
  readonly seen: string[] = [];
  /** What the profile's page was handed: its trace id. */
  traceId = '';
  private go: (() => void) | undefined;
  readonly listener = createServer((request, response) => this.answer(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Lets the page at /start go on. */
  activate(): void {
    this.seen.push('go');
    this.go?.();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    if (path === '/start') {
      response.setHeader('content-type', 'text/html').end(START);
      return;
    }
    if (path === '/go') {
      this.go = () => response.end();
      return;
    }
    this.seen.push(`${request.method} ${path}`);
    // As it is, and unzipped, so that the page can be read on its way.
    const headers = { ...request.headers, 'accept-encoding': 'identity' };
    const onward = toServer(baseURL + path, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('data', (bytes: Buffer) => {
        if (path === PATH) {
          this.traceId ||= /name="page-trace" content="([0-9a-f]{32})-/.exec(bytes.toString())?.[1] ?? '';
        }
        response.write(bytes);
      });
      answer.on('end', () => response.end());
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}

const names = (rows: Row[]): unknown[] => rows.map((row) => row.data['name']);

test('a page that was rendered ahead of time is silent until it is shown', async ({ traces, launchOptions }) => {
  const way = new Way();
  await new Promise<void>((listening) => way.listener.listen(0, '127.0.0.1', listening));
  const profile = await mkdtemp(join(tmpdir(), 'cruddur-profile-'));
  const path = findChromium().path ?? chromium.executablePath();
  const args = ['--headless=new', `--user-data-dir=${profile}`, ...(launchOptions.args ?? []), `${way.url}/start`];
  const browser = spawn(path, args, { stdio: 'ignore' });
  try {
    // The last script before the program is the telemetry's.
    await expect.poll(() => way.seen, { timeout: 20_000 }).toContainEqual(expect.stringContaining('/snippets/browser-telemetry-'));
    way.activate();
    await expect.poll(() => way.seen, { timeout: 20_000 }).toContain('POST /v1/traces');
    // Fetched once, and shown as it was; what it says comes after that.
    expect(way.seen.filter((request) => request === `GET ${PATH}`)).toHaveLength(1);
    expect(way.seen.indexOf('go')).toBeLessThan(way.seen.indexOf('POST /v1/traces'));
    const trace = await traces.until(way.traceId, (trace) => trace.has('documentLoad', FRONTEND));
    const load = trace.one('documentLoad', FRONTEND);
    expect(trace.tree().map((tree) => tree.span)).toEqual([load]);
    expect(names(trace.events(load))).toContain('activationStart');
    const fetch = trace.one('documentFetch', FRONTEND);
    expectNested(load, fetch);
    expectNested(fetch, trace.one('GET /@{handle}', BACKEND), CLOCK_MS);
    expectNested(load, trace.one('hydrate', FRONTEND));
    expect(trace.spans.filter((span) => span.data['span.synthetic'] ?? span.data['span.incomplete'])).toEqual([]);
  } finally {
    const gone = new Promise((exit) => browser.once('exit', exit));
    browser.kill('SIGTERM');
    await gone;
    way.listener.closeAllConnections();
    await new Promise((closed) => way.listener.close(closed));
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

test('a page that another had fetched ahead of time starts a trace that links to that fetch', async ({ page, traces }) => {
  const person = await signUp(page);
  await hydrated(page);
  const path = `/@${person.handle}`;
  const fetched = page.context().waitForEvent('request', (request) => new URL(request.url()).pathname === path);
  await page.evaluate((path) => {
    const rules = Object.assign(document.createElement('script'), {
      type: 'speculationrules',
      textContent: JSON.stringify({ prefetch: [{ urls: [path], eagerness: 'immediate' }] }),
    });
    document.head.append(rules);
  }, path);
  await (await fetched).response();
  await page.evaluate((path) => location.assign(path), path);
  await expect(page).toHaveURL(path);
  await hydrated(page);
  const before = await pageTrace(page);
  const delivery = await page.evaluate(() => (performance.getEntriesByType('navigation')[0]?.toJSON() as { deliveryType: string }).deliveryType);
  expect(delivery).toBe('navigational-prefetch');

  // The home page's, and this one's.
  const [id] = await traces.listed({ user: person.handle }, 'documentLoad', 2);
  const trace = await traces.until(id ?? '', (trace) => trace.has('hydrate', FRONTEND));
  const load = trace.one('documentLoad', FRONTEND);
  expect(text(load, 'url.full')).toBe(baseURL + path);
  expect(trace.id).not.toBe(before.traceId);
  expect(trace.links(load)).toEqual([`${before.traceId}/${before.documentLoad}`]);
  expect(trace.has('documentFetch')).toBe(false);
  // The server's part is where it was when it was fetched.
  expect(names((await traces.rows(before.traceId)).filter((row) => row.data['span.kind'] === 'server'))).toEqual(['GET /@{handle}']);
});
