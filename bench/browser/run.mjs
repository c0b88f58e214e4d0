// `node run.mjs <site> [--rounds N] [--loads N] [--closes N]`: opens the pages that `build.mjs` made in Chromium, in turns, and
// prints what each SDK adds to the same page without it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { launch, Unwatched } from './browser.mjs';
import { closes, idle, load, loop, work } from './measure.mjs';
import { PAGES } from './pages.mjs';
import { print } from './report.mjs';

const [, , site, ...flags] = argv;
const options = { rounds: 11, loads: 31, closes: 200 };
for (let at = 0; at < flags.length; at += 2) {
  const name = flags[at].replace(/^--/, '');
  const number = Number(flags[at + 1]);
  if (!(name in options) || !Number.isInteger(number) || number < 1) {
    console.error(`${flags.slice(at, at + 2).join(' ')}: it takes --rounds, --loads or --closes and a whole number from 1 on`);
    exit(2);
  }
  options[/** @type {keyof typeof options} */ (name)] = number;
}

const server = spawn(execPath, [fileURLToPath(new URL('server.mjs', import.meta.url)), site], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
server.on('exit', (code, signal) => {
  console.error(`the pages' server ended (${code ?? signal})`);
  exit(1);
});
const [line] = await new Promise((resolve) => createInterface(server.stdout).once('line', (...lines) => resolve(lines)));
/** @type {Record<string, string>} */
const origins = JSON.parse(line);
const browser = await launch();
const unwatched = await Unwatched.launch();

/** @type {Record<string, { loads: number[], loops: any[], works: number[], idleBytes: number, closed?: any }>} */
const seen = Object.fromEntries(PAGES.map(({ name }) => [name, { loads: [], loops: [], works: [], idleBytes: 0 }]));
const traced = PAGES.filter(({ baseline }) => baseline !== undefined);

/**
 * In turns, so that a machine that gets slower or faster does so for all; the order goes back and forth.
 *
 * @param {number} rounds
 * @param {(page: import('./pages.mjs').Page) => Promise<void>} measure
 */
async function inTurns(rounds, measure) {
  for (let round = 0; round < rounds; round++) {
    for (const page of round % 2 === 0 ? PAGES : PAGES.toReversed()) {
      await measure(page);
    }
  }
}

// The first of each is for warming up: the browser's processes, the server's code.
await inTurns(options.loads + 1, async ({ name }) => void seen[name].loads.push(await load(browser, origins[name])));
await inTurns(options.rounds + 1, async ({ name, baseline }) => {
  seen[name].loops.push(await loop(unwatched, name, origins[name], baseline !== undefined));
});
await inTurns(options.rounds + 1, async ({ name, baseline }) => {
  seen[name].works.push(await work(browser, origins[name], baseline !== undefined));
});
for (const { loads, loops, works } of Object.values(seen)) {
  loads.shift();
  loops.shift();
  works.shift();
}
for (const { name } of traced) {
  seen[name].idleBytes = await idle(browser, origins[name]);
  seen[name].closed = await closes(browser, origins[name], options.closes);
}
const version = browser.version();
await browser.close();
await unwatched.close();
server.removeAllListeners('exit');
server.stdin.end();
print(site, seen, options, version);
