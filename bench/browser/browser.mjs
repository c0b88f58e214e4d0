// Chromium, with a driver that sees what its pages do, and without one; and what it says about a page.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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
 * A Chromium whose pages nobody watches. A driver hears of each request of its page, with its headers and where in the script it
 * was begun: with one a fetch took 3.5 ms in place of 2.1, and what telemetry adds to it grew as well.
 */
export class Unwatched {
  static async launch() {
    const profile = mkdtempSync(join(tmpdir(), 'bench-browser-'));
    const chromium = spawn(
      findChromium().path,
      [...ARGUMENTS, '--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    process.on('exit', () => chromium.kill());
    const listening = /DevTools listening on ws:\/\/([^/]+)\//;
    const address = await new Promise((resolve, reject) => {
      createInterface(chromium.stderr).on('line', (line) => listening.test(line) && resolve(listening.exec(line)[1]));
      chromium.on('exit', (code) => reject(new Error(`Chromium ended (${code}) before it listened`)));
    });
    return new Unwatched(chromium, profile, `http://${address}/json`);
  }

  /**
   * @param {import('node:child_process').ChildProcess} chromium
   * @param {string} profile
   * @param {string} tabs where it opens and closes tabs
   */
  constructor(chromium, profile, tabs) {
    this.chromium = chromium;
    this.profile = profile;
    this.tabs = tabs;
  }

  /**
   * Opens a page in a tab; what it gives closes the tab.
   *
   * @param {string} url
   * @returns {Promise<() => Promise<unknown>>}
   */
  async open(url) {
    const { id } = await (await fetch(`${this.tabs}/new?${encodeURIComponent(url)}`, { method: 'PUT' })).json();
    return () => fetch(`${this.tabs}/close/${id}`);
  }

  async close() {
    const ended = new Promise((resolve) => this.chromium.once('exit', resolve));
    this.chromium.kill();
    await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
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
 * The CPU time of all tasks that the page's main thread runs during `work`, in milliseconds, from a trace.
 *
 * Not from DevTools' metrics: `ScriptDuration` leaves out microtasks, where all that follows an `await` runs, and `TaskDuration`
 * comes to nearly twice what the tasks take. The trace holds one event for each task and little else, the same for every page.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {import('@playwright/test').Page} page
 * @param {string} mark a performance mark that the page sets meanwhile: it tells which thread is the page's
 * @param {() => Promise<void>} work
 */
export async function mainThread(browser, page, mark, work) {
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const marked = traceEvents.find(({ name }) => name === mark);
  if (marked === undefined) {
    throw new Error(`the trace does not show the mark ${mark}`);
  }
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => name === 'ThreadControllerImpl::RunTask' && pid === marked.pid && tid === marked.tid,
  );
  return tasks.reduce((sum, { tdur }) => sum + (tdur ?? 0), 0) / 1000;
}
