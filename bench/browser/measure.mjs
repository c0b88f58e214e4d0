// The three things that are done with each page: load it, let it fetch many times, close it right after a click.

import { FETCHES, TOOK } from './pages.mjs';
import { goto, mainThread, open } from './browser.mjs';

/** How long telemetry may take to come, in milliseconds; the slowest SDK here posts every five seconds. */
const PATIENCE_MS = 9_000;

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string} origin */
const reset = (origin) => fetch(`${origin}/reset`, { method: 'POST' });

/** @param {string} origin */
const counts = async (origin) => (await fetch(`${origin}/counts`)).json();

/**
 * Waits until nothing has come for a second after `isEnough`, or patience ends.
 *
 * @param {string} origin
 * @param {(counts: any) => boolean} isEnough
 */
async function settled(origin, isEnough) {
  const end = Date.now() + PATIENCE_MS;
  let last = await counts(origin);
  let quietSince = Date.now();
  while (Date.now() < end) {
    await sleep(100);
    const now = await counts(origin);
    if (now.posts !== last.posts) {
      quietSince = Date.now();
    }
    last = now;
    if (isEnough(now) && Date.now() - quietSince > 1_000) {
      break;
    }
  }
  return last;
}

/**
 * From the start of the script's request until the page's buttons work, in milliseconds. Nothing is cached.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {string} origin
 */
export async function load(browser, origin) {
  const page = await open(browser, origin);
  const took = await page.evaluate(() => {
    const files = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource'));
    const starts = files.filter(({ name }) => /\/(main\.js|page_bg\.wasm)$/.test(name)).map(({ startTime }) => startTime);
    return performance.getEntriesByName('ready')[0].startTime - Math.min(...starts);
  });
  await page.context().close();
  return took;
}

/**
 * Waits for the telemetry of a page that has fetched many times.
 *
 * @param {string} origin
 * @param {boolean} isTraced
 */
async function fetchedMany(origin, isTraced) {
  const seen = await settled(origin, ({ itemSpans }) => !isTraced || itemSpans >= FETCHES);
  if (seen.items !== FETCHES) {
    throw new Error(`${origin}: the page fetched ${seen.items} times in place of ${FETCHES}`);
  }
  return seen;
}

/**
 * One page that nobody watches fetches many times; then its telemetry is waited for. Milliseconds and bytes of one fetch.
 *
 * @param {import('./browser.mjs').Unwatched} browser
 * @param {string} name of the page: the name of its host as well, so that no page has another's cookies
 * @param {string} origin
 * @param {boolean} isTraced
 */
export async function loop(browser, name, origin, isTraced) {
  await reset(origin);
  const answer = fetch(`${origin}${TOOK}`);
  const close = await browser.open(`${origin.replace('127.0.0.1', `${name}.localhost`)}/#many`);
  const took = Number(await (await answer).text());
  const seen = await fetchedMany(origin, isTraced);
  await close();
  return {
    time: took / FETCHES,
    bytes: (seen.bodyBytes + seen.headerBytes) / FETCHES,
    headerBytes: seen.headerBytes / FETCHES,
    serverTimingBytes: seen.serverTimingBytes / FETCHES,
    spans: seen.itemSpans,
  };
}

/**
 * A page that is watched does the same, for the milliseconds of CPU time that its main thread spends on one fetch and its span.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {string} origin
 * @param {boolean} isTraced
 */
export async function work(browser, origin, isTraced) {
  await reset(origin);
  const page = await open(browser, origin);
  const cpu = await mainThread(browser, page, 'many-start', async () => {
    await page.click('#many');
    await page.evaluate(() => /** @type {any} */ (window).done);
    await fetchedMany(origin, isTraced);
  });
  await page.context().close();
  return cpu / FETCHES;
}

/**
 * What a page posts that does nothing, in bytes: the part of `loop` that is not about its fetches.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {string} origin
 */
export async function idle(browser, origin) {
  await reset(origin);
  const page = await open(browser, origin);
  const seen = await settled(origin, () => false);
  await page.context().close();
  return seen.bodyBytes;
}

/**
 * Opens a page, clicks, and closes it at once, as often as `times` says. Each page comes from the cache, but is new.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {string} origin
 * @param {number} times
 */
export async function closes(browser, origin, times) {
  // How many spans a click makes where the page stays.
  await reset(origin);
  const staying = await open(browser, origin);
  await staying.click('#one');
  const whole = await settled(origin, () => false);
  await staying.context().close();
  const spansOfOne = whole.oneSpans + whole.clickSpans;

  await reset(origin);
  const context = await browser.newContext();
  for (let time = 0; time < times; time++) {
    const page = await context.newPage();
    await goto(page, origin);
    await page.click('#one');
    await page.close({ runBeforeUnload: false });
  }
  const seen = await settled(origin, () => false);
  await context.close();
  return { fetches: seen.ones, fetchSpans: seen.oneSpans, clickSpans: seen.clickSpans, spansOfOne };
}
