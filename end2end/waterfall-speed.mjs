// How quickly the waterfall shows big traces, and how smoothly it scrolls. Prints figures; no test.
//
//   cargo run -p explorer --example explore 3100 10000 100000     (prints the traces' addresses)
//   node waterfall-speed.mjs http://127.0.0.1:3100/traces/c8c8… http://127.0.0.1:3100/traces/c9c9…

import { chromium } from '@playwright/test';
import { findChromium } from './chromium.mjs';

const LOADS = 5;
const FRAMES = 180;

const browser = await chromium.launch({ executablePath: findChromium().path, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
for (const address of process.argv.slice(2)) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  /** @type {Record<string, number>[]} */
  const loads = [];
  for (let load = 0; load < LOADS; load++) {
    await page.goto(address);
    await page.locator('html[data-trace=ready]').waitFor();
    loads.push(
      await page.evaluate(() => {
        const navigation = /** @type {PerformanceNavigationTiming} */ (performance.getEntriesByType('navigation')[0]);
        const skeleton = performance.getEntriesByType('resource').find((entry) => entry.name.endsWith('/skeleton'));
        return {
          'first byte, ms': navigation.responseStart,
          'first paint, ms': performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
          'skeleton, ms': (skeleton?.startTime ?? NaN) + (skeleton?.duration ?? NaN),
          'all rows, ms': performance.now(),
          'page, kB': navigation.decodedBodySize / 1000,
          'skeleton, kB': (/** @type {PerformanceResourceTiming} */ (skeleton)?.decodedBodySize ?? NaN) / 1000,
        };
      }),
    );
  }
  const names = Object.keys(loads[0] ?? {});
  const median = (/** @type {string} */ name) => loads.map((load) => load[name] ?? NaN).sort((a, b) => a - b)[LOADS >> 1] ?? NaN;
  console.log(`${address}, median of ${LOADS}`);
  console.log(' ', names.map((name) => `${name} ${median(name).toFixed(0)}`).join(' · '));

  // Steps of eleven rows, and now and then a jump to anywhere.
  const frames = await page.evaluate(async (count) => {
    const scroll = /** @type {HTMLElement} */ (document.querySelector('.scroll'));
    const gaps = [];
    let before = await new Promise(requestAnimationFrame);
    for (let frame = 0; frame < count; frame++) {
      scroll.scrollTop = frame % 60 === 59 ? (scroll.scrollHeight * ((frame * 7) % 10)) / 10 : scroll.scrollTop + 400;
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - before);
      before = now;
    }
    return gaps.sort((a, b) => a - b);
  }, FRAMES);
  const share = (/** @type {number} */ part) => (frames[Math.floor((frames.length - 1) * part)] ?? NaN).toFixed(1);
  console.log(`  frames while scrolling, ms: median ${share(0.5)} · 95 % ${share(0.95)} · longest ${share(1)}`);

  for (const act of ['collapse', 'expand', 'whole', 'error-next']) {
    const [script, frame] = await page.evaluate(async (act) => {
      const start = performance.now();
      /** @type {HTMLElement | null} */ (document.querySelector(`[data-act=${act}]`))?.click();
      const script = performance.now() - start;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return [script, performance.now() - start];
    }, act);
    console.log(`  ${act}: ${script?.toFixed(1)} ms of script, ${frame?.toFixed(1)} until it is painted`);
  }
  const start = Date.now();
  await page.locator('#find').fill('value 7');
  await page.locator('#found').filter({ hasText: /./ }).waitFor();
  console.log(`  search: ${await page.locator('#found').textContent()} after ${Date.now() - start} ms`);
  await page.close();
}
await browser.close();
