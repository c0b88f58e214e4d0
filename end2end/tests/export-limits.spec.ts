// What spans may cost a page when the way out is narrow or closed: few requests, bounded memory, and patience. The endpoint is the
// test's, and so are the timers by which batches leave and are tried again.

import type { Page, Route } from '@playwright/test';
import { bodyOf, expect, open, test } from './fixture.js';

/** `MAX_QUEUE` of browser-telemetry. */
const MAX_QUEUE = 2048;

/** Timers of half a second and more run when the test says so; the spans of the page's own load are answered already. */
class Exports {
  /** What the page has sent, oldest first: which of {@link fail}'s errors, and how many spans it says were dropped. */
  readonly posts: { numbers: string[]; dropped: number }[] = [];
  /** Decides about each post. */
  answer: (route: Route, numbers: string[]) => Promise<unknown> = (route) => route.fulfill({ status: 200 });

  private constructor(readonly page: Page) {}

  static async open(page: Page): Promise<Exports> {
    const exports = new Exports(page);
    await page.addInitScript(() => {
      const real = window.setTimeout.bind(window);
      const timers: { at: number; run: () => void }[] = [];
      let now = 0;
      window.setTimeout = ((task: (...rest: unknown[]) => void, ms = 0, ...rest: unknown[]) =>
        ms < 500 ? real(task, ms, ...rest) : -timers.push({ at: now + ms, run: () => task(...rest) })) as typeof setTimeout;
      Object.assign(window, {
        pending: () => timers.map(({ at }) => at - now),
        advance: (ms: number) => {
          now += ms;
          for (const due of timers.filter(({ at }) => at <= now)) {
            timers.splice(timers.indexOf(due), 1);
            due.run();
          }
        },
      });
    });
    await page.route('**/v1/traces', async (route) => {
      const body = (await bodyOf(route.request())).toString('latin1');
      const numbers = [...new Set(body.match(/number \d+\./g))];
      exports.posts.push({ numbers, dropped: droppedIn(body) });
      await exports.answer(route, numbers);
    });
    await open(page, '/signin');
    await exports.waits(500);
    const answered = page.waitForResponse('**/v1/traces');
    await exports.advance(500);
    await answered;
    exports.posts.length = 0;
    return exports;
  }

  /** So many errors that nobody caught, each a span that has ended; and then, in the same breath, what the browser tells the page. */
  async fail(from: number, count: number, then?: 'hidden' | 'gone'): Promise<void> {
    await this.page.evaluate(
      ([from, count, then]) => {
        for (let number = from; number < from + count; number++) {
          window.dispatchEvent(new ErrorEvent('error', { message: `number ${number}.` }));
        }
        if (then === 'gone') {
          window.dispatchEvent(new PageTransitionEvent('pagehide'));
        } else if (then) {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
          document.dispatchEvent(new Event('visibilitychange'));
        }
      },
      [from, count, then] as const,
    );
  }

  /** Lets the time pass. */
  async advance(ms: number): Promise<void> {
    await this.page.evaluate((ms) => (window as unknown as { advance: (ms: number) => void }).advance(ms), ms);
  }

  /** Waits until there are so many timers that have so long to run. */
  async waits(ms: number, count = 1): Promise<void> {
    const pending = (): Promise<number[]> => this.page.evaluate(() => (window as unknown as { pending: () => number[] }).pending());
    await expect.poll(async () => (await pending()).filter((left) => left === ms).length, { message: `timers of ${ms} ms` }).toBe(count);
  }

  /** The errors of all posts, each as often as it was sent. */
  get numbers(): string[] {
    return this.posts.flatMap((post) => post.numbers);
  }

  /** What the posts together say was dropped. */
  get dropped(): number {
    return this.posts.reduce((sum, post) => sum + post.dropped, 0);
  }

  /** Whatever the page has sent by now has come: a request of its own comes after it. */
  async settle(): Promise<void> {
    await this.page.evaluate(() => fetch('/health').then((response) => response.text()));
  }
}

/** `span.dropped` of a batch: a key, and a value that is a varint (`KeyValue` of OTLP). */
function droppedIn(body: string): number {
  const key = 'span.dropped';
  const at = body.indexOf(key);
  let value = 0;
  // Tag and length of the value, and the tag of its number, are a byte each.
  for (let byte = at + key.length + 3, shift = 0; at >= 0; byte++, shift += 7) {
    value += (body.charCodeAt(byte) & 0x7f) << shift;
    if (body.charCodeAt(byte) < 0x80) {
      break;
    }
  }
  return value;
}

test('a page that goes sends all that waits, in a few requests', async ({ page }) => {
  const exports = await Exports.open(page);
  await exports.fail(0, 2000, 'gone');
  await expect.poll(() => new Set(exports.numbers).size).toBe(2000);
  expect(exports.numbers).toHaveLength(2000);
  expect(exports.posts.length).toBeLessThan(30);
});

test('an endpoint that never answers holds two requests of the page, and each is given up', async ({ page }) => {
  await page.addInitScript(() => {
    const given: (() => void)[] = [];
    AbortSignal.timeout = (ms) => {
      const controller = new AbortController();
      given.push(() => controller.abort(new DOMException(`after ${ms} ms`, 'TimeoutError')));
      return controller.signal;
    };
    Object.assign(window, { giveUp: () => given.splice(0).forEach((abort) => abort()) });
  });
  const exports = await Exports.open(page);
  const answers = exports.answer;
  exports.answer = () => Promise.resolve();
  for (let round = 0; round < 5; round++) {
    await exports.fail(round, 1);
    await exports.advance(500);
    await exports.settle();
  }
  expect(exports.numbers).toEqual(['number 0.', 'number 1.']);

  await page.evaluate(() => (window as unknown as { giveUp: () => void }).giveUp());
  await exports.waits(1000, 2);
  exports.answer = answers;
  exports.posts.length = 0;
  await exports.advance(1000);
  await expect.poll(() => exports.numbers.sort()).toEqual([0, 1, 2, 3, 4].map((number) => `number ${number}.`));
});

test('what finds no room is counted, and told once; what could not be delivered waits in its place', async ({ page }) => {
  const exports = await Exports.open(page);
  const answers = exports.answer;
  const held: Route[] = [];
  exports.answer = (route) => Promise.resolve(held.push(route));
  await exports.fail(0, MAX_QUEUE + 52, 'hidden');
  await expect.poll(() => new Set(exports.numbers).size).toBe(MAX_QUEUE);
  expect(exports.dropped).toBe(52);

  // Nobody has been told while the batch has not been taken.
  exports.posts.length = 0;
  exports.answer = answers;
  await Promise.all(held.map((route) => route.fulfill({ status: 503 })));
  await exports.waits(1000, held.length);
  await exports.advance(1000);
  await expect.poll(() => exports.numbers.length).toBe(MAX_QUEUE);
  expect(exports.dropped).toBe(52);
  await exports.fail(9000, 1);
  await exports.waits(500);
  await exports.advance(500);
  await expect.poll(() => exports.numbers).toContain('number 9000.');
  expect(exports.dropped).toBe(52);
});

test('a server that names a time is left alone until then, whatever happens meanwhile', async ({ page }) => {
  const exports = await Exports.open(page);
  const answers = exports.answer;
  exports.answer = async (route) => {
    // A span that ends while the batch is under way.
    await exports.fail(1, 1);
    await route.fulfill({ status: 503, headers: { 'retry-after': '5' } });
  };
  await exports.fail(0, 1);
  await exports.advance(500);
  await exports.waits(5000);
  exports.answer = answers;
  await exports.advance(4999);
  await exports.fail(2, 1);
  await exports.settle();
  expect(exports.numbers).toEqual(['number 0.']);
  await exports.advance(1);
  await expect.poll(() => exports.numbers).toEqual([0, 0, 1, 2].map((number) => `number ${number}.`));
});

test('each try that fails doubles the time until the next, up to a minute', async ({ page }) => {
  const exports = await Exports.open(page);
  exports.answer = (route) => route.fulfill({ status: 503 });
  await exports.fail(0, 1);
  await exports.advance(500);
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    await exports.waits(seconds * 1000);
    await exports.advance(seconds * 1000);
  }
  await expect.poll(() => exports.posts.length).toBe(9);
});

test('a batch that is too large comes in halves', async ({ page }) => {
  const exports = await Exports.open(page);
  exports.answer = (route, numbers) => route.fulfill({ status: numbers.length > 2 ? 413 : 200 });
  await exports.fail(0, 8);
  await exports.advance(500);
  const taken = (): string[] => exports.posts.filter(({ numbers }) => numbers.length <= 2).flatMap(({ numbers }) => numbers);
  await expect.poll(() => taken().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((number) => `number ${number}.`));
  expect(exports.posts.map(({ numbers }) => numbers.length).sort()).toEqual([2, 2, 2, 2, 4, 4, 8]);
  expect(exports.dropped).toBe(0);
});
