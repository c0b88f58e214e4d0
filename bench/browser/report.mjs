// The table. Figures are what an SDK adds to the page without it, in the same round where there are rounds.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWER_MS, FETCHES, PAGES } from './pages.mjs';

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median of the differences to the baseline, round by round, and the range that half of them lie in.
 *
 * @param {number[]} values
 * @param {number[]} baseline
 */
function added(values, baseline) {
  const differences = values.map((value, round) => value - baseline[round]);
  const sorted = differences.toSorted((one, other) => one - other);
  const quartile = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { median: median(differences), low: quartile(0.25), high: quartile(0.75) };
}

/**
 * @param {string} site
 * @param {string} name
 */
function brotliBytes(site, name) {
  const folder = join(site, name);
  const files = readdirSync(folder).filter((file) => file.endsWith('.br'));
  return files.reduce((bytes, file) => bytes + statSync(join(folder, file)).size, 0);
}

/** What is to be reached by ours. */
const TARGETS = { brotli: '< 20', load: '< 10', cpu: '< 60', time: '< 0.2', bytes: '< 250', closed: '≥ 99.5' };

/**
 * @param {string} site
 * @param {Record<string, any>} seen
 * @param {{ rounds: number, loads: number, closes: number }} options
 * @param {string} version
 */
export function print(site, seen, options, version) {
  const rows = PAGES.filter(({ baseline }) => baseline !== undefined).map(({ name, title, baseline }) => {
    const [own, base] = [seen[name], seen[/** @type {string} */ (baseline)]];
    const loops = (/** @type {string} */ key) =>
      added(
        own.loops.map((/** @type {any} */ loop) => loop[key]),
        base.loops.map((/** @type {any} */ loop) => loop[key]),
      );
    const { closed } = own;
    const expected = options.closes * closed.spansOfOne;
    return {
      name,
      title,
      brotli: { median: (brotliBytes(site, name) - brotliBytes(site, /** @type {string} */ (baseline))) / 1000 },
      load: added(own.loads, base.loads),
      cpu: scaled(added(own.works, base.works), 1000),
      time: loops('time'),
      bytes: { median: median(own.loops.map((/** @type {any} */ loop) => loop.bytes)) - own.idleBytes / FETCHES },
      closed: { median: (100 * (closed.fetchSpans + closed.clickSpans)) / expected },
      spans: median(own.loops.map((/** @type {any} */ loop) => loop.spans)),
      headerBytes: median(own.loops.map((/** @type {any} */ loop) => loop.headerBytes)),
      serverTimingBytes: median(own.loops.map((/** @type {any} */ loop) => loop.serverTimingBytes)),
    };
  });

  const columns = [
    { key: 'brotli', head: 'brotli KB', digits: 1 },
    { key: 'load', head: 'load+start ms', digits: 1 },
    { key: 'cpu', head: 'script µs/fetch', digits: 0 },
    { key: 'time', head: 'time ms/fetch', digits: 3 },
    { key: 'bytes', head: 'bytes/fetch', digits: 0 },
    { key: 'closed', head: 'closed %', digits: 1 },
  ];
  const ours = rows.find(({ name }) => name === 'ours');
  const cell = (/** @type {any} */ figure, /** @type {number} */ digits) =>
    figure.low === undefined
      ? figure.median.toFixed(digits)
      : `${figure.median.toFixed(digits)} (${figure.low.toFixed(digits)}…${figure.high.toFixed(digits)})`;

  console.log(`\nwhat each adds to the same page without it (Chromium ${version}; in brackets the middle half of the rounds)`);
  line('', columns.map(({ head }) => head));
  for (const row of rows) {
    line(row.title, columns.map(({ key, digits }) => cell(row[/** @type {keyof typeof row} */ (key)], digits)));
  }
  line('ours is to reach', columns.map(({ key }) => TARGETS[/** @type {keyof typeof TARGETS} */ (key)]));
  console.log('\nas a multiple of ours');
  for (const row of rows.filter(({ name }) => name !== 'ours')) {
    const times = columns.slice(0, 5).map(({ key }) => {
      const of = (/** @type {any} */ one) => one[key].median;
      return of(ours) > 0 ? `${(of(row) / of(ours)).toFixed(1)} ×` : 'ours adds none';
    });
    line(row.title, times);
  }
  console.log('\nspans of the loop that arrived, and what is in the bytes');
  for (const { title, name, spans, headerBytes, serverTimingBytes } of rows) {
    const { closed } = seen[name];
    console.log(
      `  ${title.padEnd(20)}${spans} of ${FETCHES} fetches; request headers ${headerBytes.toFixed(0)} bytes/fetch; ` +
        `closed: ${closed.fetchSpans} fetch and ${closed.clickSpans} click spans of ${options.closes} clicks (${closed.fetches} fetches reached the server; a click of a page that stays makes ${closed.spansOfOne} spans)`,
    );
    if (name === 'ours') {
      console.log(
        `  ${''.padEnd(20)}not in the bytes: the answer's Server-Timing, ${serverTimingBytes.toFixed(0)} bytes, which only ours reads (all pages get it)`,
      );
    }
  }
  console.log(`
  brotli KB        script and WASM, bundled and minified by esbuild, brotli 11, in 1000 bytes
  load+start ms    from the start of the script's request until telemetry has started and the page listens; nothing cached;
                   median of ${options.loads} loads in turns
  script µs/fetch  CPU time of all tasks of the page's main thread over ${FETCHES} fetches one after the other and the export of
                   their spans (Chromium's own count of script leaves out what runs after an await); median of ${options.rounds} rounds in turns
  time ms/fetch    how much longer one of these fetches takes, in a page that no driver watches and that has a cookie, as a page has
                   whose people sign in; another ${options.rounds} rounds
  bytes/fetch      bodies of telemetry as sent, and trace headers of the requests, less what the page posts without a fetch
  closed %         spans of a click and its fetch that arrive when the page is closed at once, of those that a page sends that
                   stays; ${options.closes} times; the fetch's answer takes ${ANSWER_MS} ms, so it is always under way`);
}

/**
 * @param {{ median: number, low: number, high: number }} figure
 * @param {number} factor
 */
function scaled({ median, low, high }, factor) {
  return { median: median * factor, low: low * factor, high: high * factor };
}

/**
 * @param {string} title
 * @param {string[]} cells
 */
function line(title, cells) {
  console.log(`  ${title.padEnd(20)}${cells.map((cell) => cell.padStart(24)).join('')}`);
}
