// What a test of Cruddur starts from: `test` with `traces`, which gives a test the trace of what it has just done, and people
// to do it with.

import { test as base, expect, type APIRequestContext, type Page, type Request } from '@playwright/test';
import { baseURL } from '../server.js';
import { Trace, type Row } from './trace.js';

export { expect };
export * from './trace.js';

/** Spans reach the store half a second after they end; a busy machine with two cores may need much longer. */
const PATIENCE_MS = 20_000;

/** A fetch of the page that carried a trace context. */
export interface TracedRequest {
  method: string;
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
  if (url.origin !== new URL(baseURL).origin || !parts?.[1] || !parts[2]) {
    return undefined;
  }
  return { method: request.method(), path: url.pathname + url.search, traceId: parts[1], spanId: parts[2] };
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
   * The trace, once it holds what `ready` looks for.
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
            return ready(trace);
          },
          { timeout: PATIENCE_MS, intervals: [50, 100, 250, 500] },
        )
        .toBe(true);
    } catch (cause) {
      throw new Error(`Trace ${traceId} did not become what the test waits for (${ready}). It is:\n${trace.print() || '(empty)'}`, {
        cause,
      });
    }
    return trace;
  }

  /**
   * Does something in the page and answers which traced fetch of the app's own origin it made.
   *
   * @param wanted Says which fetch is meant, for instance `(request) => request.path === '/api/activities'`.
   */
  async during(action: () => Promise<unknown>, wanted: (request: TracedRequest) => boolean = () => true): Promise<TracedRequest> {
    const [request] = await Promise.all([
      this.page.waitForRequest((candidate) => {
        const found = traced(candidate);
        return found !== undefined && wanted(found);
      }),
      action(),
    ]);
    return traced(request) as TracedRequest;
  }

  /** Collects every traced fetch of the app's own origin from now on. The list goes on growing. */
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

/** `test` of Playwright with `traces` (`trace` is the name of one of Playwright's own options). */
export const test = base.extend<{ traces: TraceReader }>({
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

/** Signs up a new person through the form; works with and without JavaScript. */
export async function signUp(page: Page, person: Person = newPerson()): Promise<Person> {
  await page.goto('/signup');
  await page.getByLabel('Name', { exact: true }).fill(person.name);
  await page.getByLabel('Email', { exact: true }).fill(person.email);
  await page.getByLabel('Username', { exact: true }).fill(person.handle);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign Up', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Sign Out' }).first()).toBeVisible();
  return person;
}

/** Signs in somebody who has an account. */
export async function signIn(page: Page, person: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.goto('/signin');
  await page.getByLabel('Email', { exact: true }).fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Sign Out' }).first()).toBeVisible();
}
