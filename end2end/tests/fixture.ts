// What a test of Cruddur starts from: `test` with `traces`, which gives a test the trace of what it has just done, and people
// to do it with.

import { gunzipSync } from 'node:zlib';
import { test as base, expect, type APIRequestContext, type Locator, type Page, type Request } from '@playwright/test';
import { baseURL } from '../server.js';
import { talker } from '../talker.js';
import { Line } from './line.js';
import { Trace, type Row } from './trace.js';

export { baseURL, expect, talker, type Line };
export * from './trace.js';

/** `service.name` of what a page sends. */
export const FRONTEND = 'cruddur-frontend';
/** `service.name` of the server's own spans. */
export const BACKEND = 'cruddur-backend';
/** Browser and server share this machine's clock; the page's is anchored to it to about a millisecond. */
export const CLOCK_MS = 5;

/** Spans reach the store half a second after they end; a busy machine with two cores may need much longer. */
const PATIENCE_MS = 20_000;

/** A fetch of the page that carried a trace context. */
export interface TracedRequest {
  method: string;
  /** Of the URL, such as `http://127.0.0.1:3000`. */
  origin: string;
  /** Path and query, without the origin. */
  path: string;
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits: the browser's span of this fetch. */
  spanId: string;
}

function traced(request: Request): TracedRequest | undefined {
  const url = new URL(request.url());
  const parts = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(request.headers()['traceparent'] ?? '');
  if (!parts?.[1] || !parts[2]) {
    return undefined;
  }
  return { method: request.method(), origin: url.origin, path: url.pathname + url.search, traceId: parts[1], spanId: parts[2] };
}

/** The way from a test to its own traces. */
export class TraceReader {
  constructor(
    private readonly api: APIRequestContext,
    private readonly page: Page,
  ) {}

  /** The rows of a trace as the server has them now; none when it does not know the trace. */
  async rows(traceId: string): Promise<Row[]> {
    const response = await this.api.get(`${baseURL}/api/traces/${traceId}`);
    if (response.status() === 404) {
      return [];
    }
    expect(response.status(), `GET /api/traces/${traceId}`).toBe(200);
    return (await response.json()) as Row[];
  }

  /**
   * The trace, once it is whole and holds what `ready` looks for.
   *
   * @param ready Is asked again until it says yes. Ask for the spans that end last; what came by then is in the trace as well.
   */
  async until(traceId: string, ready: (trace: Trace) => boolean): Promise<Trace> {
    let trace = new Trace(traceId, []);
    try {
      await expect
        .poll(
          async () => {
            trace = new Trace(traceId, await this.rows(traceId));
            return ready(trace) && trace.isWhole();
          },
          { timeout: PATIENCE_MS, intervals: [50, 100, 250, 500] },
        )
        .toBe(true);
    } catch (cause) {
      throw new Error(`Trace ${traceId} did not become whole and what the test waits for (${ready}). It is:\n${trace.print() || '(empty)'}`, {
        cause,
      });
    }
    return trace;
  }

  /**
   * Does something in the page and answers which traced fetch it made.
   *
   * @param wanted Says which fetch is meant, for instance `(request) => request.path === '/api/activities'`.
   */
  async during(
    action: () => Promise<unknown>,
    wanted: (request: TracedRequest) => boolean = () => true,
    page: Page = this.page,
  ): Promise<TracedRequest> {
    const seen: string[] = [];
    const look = (request: Request): number => seen.push(`${request.method()} ${request.url()} ${request.headers()['traceparent'] ?? 'untraced'}`);
    page.on('request', look);
    const meant = page.waitForRequest(
      (candidate) => {
        const found = traced(candidate);
        return found !== undefined && wanted(found);
      },
      { timeout: PATIENCE_MS },
    );
    const [request] = await Promise.all([
      meant.catch((cause: unknown) => {
        throw new Error(`No request is the one that the test waits for (${wanted}). There were:\n${seen.join('\n') || '(none)'}`, { cause });
      }),
      action(),
    ]);
    page.off('request', look);
    return traced(request) as TracedRequest;
  }

  /**
   * The ids of the traces of these filters (`user`, `service`, `route`, …), newest first, once there are so many.
   *
   * @param named The name of a trace is that of its root.
   */
  async listed(filters: Record<string, string>, named: string, count: number): Promise<string[]> {
    let ids: string[] = [];
    await expect
      .poll(
        async () => {
          const response = await this.api.get(`${baseURL}/api/traces`, { params: { limit: '100', ...filters } });
          expect(response.status(), 'GET /api/traces').toBe(200);
          const { traces } = (await response.json()) as { traces: Record<string, string>[] };
          ids = traces.filter((trace) => trace['name'] === named).map((trace) => trace['trace.trace_id'] ?? '');
          return ids.length;
        },
        { timeout: PATIENCE_MS, message: `${count} traces "${named}" of ${JSON.stringify(filters)}` },
      )
      .toBe(count);
    return ids;
  }

  /** Collects every traced fetch from now on. The list goes on growing. */
  collect(page: Page = this.page): TracedRequest[] {
    const found: TracedRequest[] = [];
    page.on('request', (request) => {
      const one = traced(request);
      if (one) {
        found.push(one);
      }
    });
    return found;
  }
}

/** `test` of Playwright with `traces` (`trace` is the name of one of Playwright's own options) and a `line` that is as bad as one likes. */
export const test = base.extend<{ traces: TraceReader; line: Line }>({
  // Playwright asks for the braces.
  line: async ({}, use) => {
    const line = await Line.open();
    await use(line);
    await line.close();
  },
  traces: async ({ page, playwright }, use) => {
    // A context of its own: without the page's cookies, and alive after the page has been closed.
    const api = await playwright.request.newContext();
    await use(new TraceReader(api, page));
    await api.dispose();
  },
});

/** Somebody who can sign in. */
export interface Person {
  name: string;
  email: string;
  handle: string;
  password: string;
}

let people = 0;

/** Somebody nobody has been before: tests share one database and run side by side. */
export function newPerson(): Person {
  people += 1;
  // Letters and digits only and short, so that it is a handle under any sensible rule.
  const handle = `t${process.pid.toString(36)}${Date.now().toString(36)}${people}`;
  return { name: `Test ${handle}`, email: `${handle}@example.com`, handle, password: `long enough ${handle}` };
}

/** Signs up a new person through the form, at the server of the tests or another one; works with and without JavaScript. */
export async function signUp(page: Page, person: Person = newPerson(), origin = ''): Promise<Person> {
  await page.goto(`${origin}/signup`);
  await page.getByLabel('Name', { exact: true }).fill(person.name);
  await page.getByLabel('Email', { exact: true }).fill(person.email);
  await page.getByLabel('Username', { exact: true }).fill(person.handle);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign Up', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Sign Out' }).first()).toBeVisible();
  return person;
}

/** Opens a page and waits until the program in it has taken over. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await hydrated(page);
}

/** Waits until the program in the page has taken over. */
export async function hydrated(page: Page): Promise<void> {
  await page.locator('html[data-hydrated]').waitFor();
}

/** The ids that the server handed over to a page. */
export interface PageTrace {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits, as the next. */
  documentLoad: string;
  documentFetch: string;
}

/** What the page's `<meta name="page-trace">` says. */
export async function pageTrace(page: Page): Promise<PageTrace> {
  const content = (await page.locator('meta[name=page-trace]').getAttribute('content')) ?? '';
  const parts = /^([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{16})-01$/.exec(content);
  if (!parts?.[1] || !parts[2] || !parts[3]) {
    throw new Error(`"${content}" hands over no trace that is recorded`);
  }
  return { traceId: parts[1], documentLoad: parts[2], documentFetch: parts[3] };
}

/** The trace of the load of this page, once it is there. */
export async function pageLoad(page: Page, traces: TraceReader): Promise<Trace> {
  const { traceId } = await pageTrace(page);
  return traces.until(traceId, (trace) => trace.has('documentLoad', FRONTEND) && trace.has(/^GET /, BACKEND));
}

/** Whether a request of the page hands in spans. */
export const isExport = (request: Request): boolean => new URL(request.url()).pathname === '/v1/traces';

/** What a batch says, unzipped. */
export async function bodyOf(request: Request): Promise<Buffer> {
  const body = request.postDataBuffer() ?? Buffer.alloc(0);
  return (await request.allHeaders())['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

/** The text box of a new crud. */
export function draft(page: Page): Locator {
  return page.getByRole('textbox', { name: 'What would you like to say?' });
}

/** The button that posts it. */
export function crud(page: Page): Locator {
  return page.getByRole('button', { name: 'Crud', exact: true });
}

/** Which fetch posts it. */
export const isPost = (request: TracedRequest): boolean => request.method === 'POST' && request.path === '/api/activities';

/** Signs in somebody who has an account, at the server under test or at another. */
export async function signIn(page: Page, person: Pick<Person, 'email' | 'password'>, origin = ''): Promise<void> {
  await page.goto(`${origin}/signin`);
  await page.getByLabel('Email', { exact: true }).fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Sign Out' }).first()).toBeVisible();
}
