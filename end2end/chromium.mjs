// Which Chromium the tests drive. Playwright's own when it has been installed, else one that the system has: Playwright
// downloads its browsers from a server of its own, which not every machine can reach, and Debian's `chromium` does as well.
// `node chromium.mjs` prints the path (xtask asks this way), or prints nothing and exits with 1.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { argv, env, exit, platform, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const PLACES = {
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  win32: ['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe'],
};

/** @param {string} path */
function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Playwright's own Chromium, if it is there. */
function own() {
  try {
    return runnable(chromium.executablePath());
  } catch {
    return false; // Playwright has no build for this platform.
  }
}

/**
 * The browser to give to Playwright as `executablePath`.
 *
 * @returns {{ found: boolean, path: string | undefined }} `path` is undefined where Playwright finds its own by itself.
 */
export function findChromium() {
  const wanted = env.CRUDDUR_CHROMIUM;
  if (wanted) {
    return { found: runnable(wanted), path: wanted };
  }
  if (own()) {
    return { found: true, path: undefined };
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const path = [...onPath, ...(platform in PLACES ? PLACES[/** @type {keyof typeof PLACES} */ (platform)] : [])].find(runnable);
  return { found: path !== undefined, path };
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const { found, path } = findChromium();
  if (!found) {
    exit(1);
  }
  stdout.write(`${path ?? chromium.executablePath()}\n`);
}
