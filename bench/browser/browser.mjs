// The one Chromium that all pages are opened in, and what it says about a page.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { findChromium } from '../../end2end/chromium.mjs';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('@playwright/test');

/** The browser's own errands would be measured along. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns {Promise<import('@playwright/test').Browser>} */
export function launch() {
  return chromium.launch({ executablePath: findChromium().path, args: ARGUMENTS });
}

/**
 * A page in a context of its own, so with nothing cached and nothing stored, once its telemetry has been started.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {string} url
 */
export async function open(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`${url}: ${error.stack ?? error.message}`));
  await goto(page, url);
  return page;
}

/**
 * @param {import('@playwright/test').Page} page
 * @param {string} url
 */
export async function goto(page, url) {
  await page.goto(url);
  await page.evaluate(() => /** @type {any} */ (window).ready);
}

/**
 * The CPU time that the page's main thread has used, in milliseconds, as the system counts it (Linux; elsewhere NaN).
 *
 * Not from DevTools: `ScriptDuration` leaves out microtasks, where all that follows an `await` runs, and `TaskDuration` came to
 * nearly twice the CPU time that a trace of the same tasks shows.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {import('@playwright/test').Page} page
 */
export async function mainThread(browser, page) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  // Which of them is the page's, DevTools does not say: it is the one that works now.
  const before = renderers.map(cpu);
  await page.evaluate(() => {
    const end = performance.now() + 50;
    while (performance.now() < end);
  });
  const used = renderers.map((id, index) => cpu(id) - before[index]);
  const own = renderers[used.indexOf(Math.max(...used))];
  return () => cpu(own);
}

/** @param {number} id of a process; its first thread is a renderer's main thread */
function cpu(id) {
  try {
    return Number(readFileSync(`/proc/${id}/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return NaN;
  }
}
