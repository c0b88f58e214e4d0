// The waterfall as a person uses it: by mouse, by keyboard alone, without JavaScript, and as assistive technology finds it.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { baseURL, expect, test, type TraceReader } from './fixture.js';

const SPANS = 300;
/** These two failed, and only they say so. */
const FAILED = [40, 250];
/** These say `needle` in a value. */
const NEEDLES = [77, 203];

const spanId = (index: number): string => (index + 1).toString(16).padStart(16, '0');

/** The root, ten steps under it, and under each of them its share of the rest. */
const parentOf = (index: number): number | undefined => (index === 0 ? undefined : index % 30 === 1 ? 0 : index - ((index - 1) % 30));

/** Hands a page's trace in, as OTLP/JSON, and waits until the explorer has it. */
async function handIn(page: Page, traces: TraceReader): Promise<string> {
  const traceId = randomBytes(16).toString('hex');
  const begin = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: SPANS }, (_, index) => {
    const parent = parentOf(index);
    const text = NEEDLES.includes(index) ? 'a Needle here' : 'hay';
    const event = { timeUnixNano: `${begin + BigInt(index) * 100_000n + 20_000n}`, name: 'looked' };
    return {
      traceId,
      spanId: spanId(index),
      ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
      name: parent === undefined ? 'tidy up' : parent === 0 ? 'step' : `item ${index}`,
      kind: 1,
      startTimeUnixNano: `${begin + BigInt(index) * 100_000n}`,
      endTimeUnixNano: `${begin + BigInt(parent === undefined ? SPANS : index + (parent === 0 ? 29 : 1)) * 100_000n}`,
      attributes: [{ key: 'app.note', value: { stringValue: text } }],
      ...(NEEDLES.includes(index) ? { events: [event] } : {}),
      ...(FAILED.includes(index) ? { status: { code: 2, message: `item ${index} is gone` } } : {}),
    };
  });
  const answer = await page.request.post(`${baseURL}/v1/traces`, {
    headers: { origin: baseURL },
    data: { resourceSpans: [{ scopeSpans: [{ spans }] }] },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  await traces.until(traceId, (trace) => trace.spans.length === SPANS);
  return traceId;
}

const tree = (page: Page) => page.getByRole('treegrid');
const chosen = (page: Page) => tree(page).locator('tr[aria-selected=true]');
const fields = (page: Page) => page.getByRole('complementary', { name: 'Chosen span' });
const rowOf = (page: Page, name: string) => tree(page).locator('tr.span').filter({ has: page.getByText(name, { exact: true }) });

async function openTrace(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('html[data-trace=ready]').waitFor();
}

test('by mouse: through the tree, to the errors, by search, and by a link to a span', async ({ page, traces, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const id = await handIn(page, traces);
  await openTrace(page, `/traces/${id}`);

  // All spans are there, and only those in view are made.
  await expect(tree(page)).toHaveAttribute('aria-rowcount', String(SPANS + 1));
  expect(await tree(page).locator('tr.span').count()).toBeLessThan(100);
  await page.locator('.scroll').evaluate((scroll) => scroll.scrollTo(0, scroll.scrollHeight));
  await expect(rowOf(page, `item ${SPANS - 1}`)).toBeVisible();

  // The errors, one after the other and round.
  await expect(page.getByText('2 errors').first()).toBeVisible();
  for (const index of [...FAILED, FAILED[0]]) {
    await page.getByRole('button', { name: 'Next error' }).click();
    await expect(chosen(page)).toContainText(`item ${index}`);
    await expect(chosen(page)).toContainText('error');
    await expect(fields(page)).toContainText(`item ${index} is gone`);
    await expect(page).toHaveURL(`/traces/${id}?span=${spanId(index ?? 0)}`);
  }

  await page.getByRole('button', { name: 'Previous error' }).click();
  await expect(chosen(page)).toContainText(`item ${FAILED[1]}`);

  // One row with what is below it.
  const step = rowOf(page, 'step').first();
  await page.locator('.scroll').evaluate((scroll) => scroll.scrollTo(0, 0));
  await step.locator('.twisty').click();
  await expect(step).toHaveAttribute('aria-expanded', 'false');
  await expect(tree(page)).toHaveAttribute('aria-rowcount', String(SPANS + 1 - 29));
  await step.locator('.twisty').click();
  await expect(tree(page)).toHaveAttribute('aria-rowcount', String(SPANS + 1));

  // What hides a row that is gone to is expanded.
  await page.getByRole('button', { name: 'Collapse all' }).click();
  await expect(tree(page)).toHaveAttribute('aria-rowcount', '12');
  await page.getByRole('link', { name: `item ${FAILED[1]}` }).click();
  await expect(chosen(page)).toContainText(`item ${FAILED[1]}`);
  await page.getByRole('button', { name: 'Expand all' }).click();
  await expect(tree(page)).toHaveAttribute('aria-rowcount', String(SPANS + 1));

  // The search asks the server, which looks into every field.
  await page.getByRole('searchbox', { name: 'Search in this trace' }).fill('needle');
  await expect(page.locator('#found')).toHaveText('2 matches');
  for (const index of [...NEEDLES, NEEDLES[0]]) {
    await page.getByRole('button', { name: 'Next match' }).click();
    await expect(chosen(page)).toHaveClass(/found/);
    await expect(fields(page)).toContainText('a Needle here');
    await expect(fields(page).getByRole('heading', { level: 2 })).toHaveText(`item ${index}`);
  }

  await page.getByRole('button', { name: 'Previous match' }).click();
  await expect(fields(page).getByRole('heading', { level: 2 })).toHaveText(`item ${NEEDLES[1]}`);
  await page.getByRole('button', { name: 'Next match' }).click();
  await expect(fields(page).getByRole('heading', { level: 2 })).toHaveText(`item ${NEEDLES[0]}`);

  // A copied link leads others to the same span; and every field can be copied.
  await fields(page).getByRole('button', { name: 'Copy link' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(new RegExp(`/traces/${id}\\?span=${spanId(NEEDLES[0] ?? 0)}`));
  await fields(page).getByRole('button', { name: 'Copy app.note' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('a Needle here');
  await fields(page).getByRole('button', { name: 'Copy as JSON' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('"app.note":"a Needle here"');
  const other = await context.newPage();
  await openTrace(other, link);
  await expect(chosen(other)).toBeInViewport();
  await expect(fields(other)).toContainText('a Needle here');
  await other.close();

  // The whole trace, to the clipboard and to a file.
  const heading = page.locator('.heading');
  await heading.getByRole('button', { name: 'Copy as JSON' }).click();
  const rows = async (): Promise<unknown[]> => JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  await expect.poll(async () => (await rows()).length).toBe(SPANS + NEEDLES.length);
  const [download] = await Promise.all([page.waitForEvent('download'), heading.getByRole('link', { name: 'Download' }).click()]);
  expect(download.suggestedFilename()).toBe(`trace-${id}.json`);
  expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toEqual(await rows());

  // The map: a drag zooms into that time, a click goes to the rows there.
  const map = page.locator('#minimap');
  const box = (await map.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const last = page.locator('.ticks span').last();
  await expect(last).toHaveText('30.0 ms');
  await page.mouse.move(box.x + box.width / 2, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 10, { steps: 3 });
  await page.mouse.up();
  await expect(page.locator('.ticks span').first()).toHaveText(/^1[45]\.\d ms$/);
  await expect(last).toHaveText(/^22\.\d ms$/);
  await page.getByRole('button', { name: 'Show the whole time' }).click();
  await expect(last).toHaveText('30.0 ms');
  await map.click({ position: { x: 5, y: 1 } });
  await expect(rowOf(page, 'tidy up')).toBeInViewport();

  await fields(page).getByRole('link', { name: 'Close the fields' }).click();
  await expect(fields(page)).toBeHidden();
  await expect(page).toHaveURL(`/traces/${id}?q=needle`);
});

test('by keyboard alone', async ({ page, traces, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const id = await handIn(page, traces);
  await openTrace(page, `/traces/${id}`);
  const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const isAt = async (name: string) => {
    await expect(chosen(page)).toContainText(name);
    await expect(tree(page)).toHaveAttribute('aria-activedescendant', (await chosen(page).getAttribute('id')) ?? '');
  };

  await press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  await press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  // The tree is one stop on the way of the Tab key, after what is above it.
  let stops = 0;
  while (!(await tree(page).evaluate((tree) => tree === document.activeElement))) {
    expect(++stops, 'stops before the tree').toBeLessThan(40);
    await press('Tab');
  }
  await press('Shift+Tab');
  await expect(page.getByRole('button', { name: 'Keys and help' })).toBeFocused();
  await press('Tab');
  await expect(tree(page)).toBeFocused();
  await press('ArrowDown');
  await isAt('tidy up');
  await press('ArrowRight');
  await isAt('step');
  await expect(chosen(page)).toHaveAttribute('aria-level', '2');
  await press('ArrowLeft');
  await expect(chosen(page)).toHaveAttribute('aria-expanded', 'false');
  await press('ArrowDown');
  await isAt('step');
  await press('k', 'ArrowRight', 'ArrowRight');
  await isAt('item 2');
  await press('ArrowLeft');
  await isAt('step');
  await press('End');
  await isAt(`item ${SPANS - 1}`);
  await press('Home');
  await isAt('tidy up');

  await press('e');
  await isAt(`item ${FAILED[0]}`);
  await press('e');
  await isAt(`item ${FAILED[1]}`);
  await press('E');
  await isAt(`item ${FAILED[0]}`);

  await press('/');
  await page.keyboard.type('needle');
  await press('Enter');
  await isAt(`item ${NEEDLES[0]}`);
  await press('n');
  await isAt(`item ${NEEDLES[1]}`);
  await press('N');
  await isAt(`item ${NEEDLES[0]}`);
  await expect(page).toHaveURL(`/traces/${id}?span=${spanId(NEEDLES[0] ?? 0)}&q=needle`);
  await expect(fields(page)).toContainText('a Needle here');

  await press('z');
  await expect(page.locator('.ticks span').last()).not.toHaveText('30.0 ms');
  await press('0');
  await expect(page.locator('.ticks span').last()).toHaveText('30.0 ms');

  await press('y');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(`span=${spanId(NEEDLES[0] ?? 0)}`);
  await press('Enter');
  await expect(fields(page)).toBeFocused();
  await press('Escape');
  await expect(tree(page)).toBeFocused();
  await press('Escape');
  await expect(fields(page)).toBeHidden();
});

test('without JavaScript: a span, a search and an error are links', async ({ browser, page, traces }) => {
  const id = await handIn(page, traces);
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
  const plain = await context.newPage();
  await plain.goto(`/traces/${id}`);
  await expect(plain.getByRole('button', { name: 'Collapse all' })).toBeHidden();
  await plain.getByRole('rowheader', { name: 'item 33' }).getByRole('link').click();
  await expect(plain.locator('tr.chosen')).toContainText('item 33');
  await expect(fields(plain)).toContainText('app.note');
  await fields(plain).getByRole('link', { name: 'step' }).click();
  await expect(plain.locator('tr.chosen')).toContainText('step');

  await plain.getByRole('searchbox').fill('NEEDLE');
  await plain.getByRole('button', { name: 'Search' }).click();
  await expect(plain.locator('#found')).toHaveText('2 matches');
  await expect(plain.locator('tr.found')).toContainText(`item ${NEEDLES[0]}`);
  // The other one is on the next page, and its link leads there.
  await plain.getByRole('link', { name: `item ${NEEDLES[1]}` }).click();
  await expect(plain.locator('tr.chosen')).toContainText(`item ${NEEDLES[1]}`);
  await expect(fields(plain)).toContainText('a Needle here');
  await plain.getByRole('link', { name: `item ${FAILED[1]}` }).first().click();
  await expect(fields(plain)).toContainText(`item ${FAILED[1]} is gone`);
  await expect(plain.locator('tr.chosen')).toBeInViewport();
  await context.close();
});

test('a trace that the script cannot read stays as the server has written it, and says why', async ({ page, traces }) => {
  const id = await handIn(page, traces);
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  const status = page.locator('#status');
  await page.route('**/skeleton', (route) => route.abort());
  await page.goto(`/traces/${id}`);
  await expect(status).toHaveText(/^The whole trace could not be read: .+\. These are its first spans\.$/);
  await page.unroute('**/skeleton');
  await page.route('**/skeleton', (route) => route.fulfill({ status: 503 }));
  await page.reload();
  await expect(status).toHaveText('The whole trace could not be read: the server answered 503. These are its first spans.');
  await expect(status).toBeInViewport();
  await expect(page.getByRole('rowheader', { name: 'item 33' })).toBeVisible();
  expect(faults).toEqual([]);
});

for (const colorScheme of ['dark', 'light'] as const) {
  for (const width of [360, 1280]) {
    test(`axe finds nothing: ${colorScheme}, ${width} px`, async ({ page, traces }) => {
      const id = await handIn(page, traces);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      const finds = async (what: string) => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${what}: ${id} ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${what} scrolls sideways`).toBeLessThanOrEqual(0);
      };
      await openTrace(page, `/traces/${id}`);
      await finds('the trace');
      await page.goto(`/traces/${id}?span=${spanId(FAILED[0] ?? 0)}&q=needle`);
      await page.locator('html[data-trace=ready]').waitFor();
      await expect(page.locator('#found')).toHaveText('2 matches');
      await finds('a chosen span');
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
      await finds('help');
    });
  }
}
