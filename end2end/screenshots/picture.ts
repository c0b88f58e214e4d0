// A screenshot as WebP, which Playwright does not write itself: the browser that is there anyway does.

import { mkdir, writeFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';

const FOLDER = new URL('../../docs/images/', import.meta.url);
const QUALITY = 0.85;

/** Room above and below what a picture is cut to, in CSS pixels: the heading's own card, and nothing of the next. */
const ABOVE = 32;
const BELOW = 12;

/**
 * Writes what the page shows to `docs/images/{name}.webp`.
 *
 * @param cut In place of what the window shows: the whole width, from the top of one thing to the bottom of another.
 */
export async function picture(page: Page, name: string, cut?: { from: Locator; to: Locator }): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide', ...(cut && { fullPage: true, clip: await clip(page, cut.from, cut.to) }) });
  const blank = await page.context().newPage();
  const webp = await blank.evaluate(
    async ([base64, quality]) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({ type: 'image/webp', quality });
      const letters = Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte));
      return btoa(letters.join(''));
    },
    [png.toString('base64'), QUALITY] as const,
  );
  await blank.close();
  await mkdir(FOLDER, { recursive: true });
  await writeFile(new URL(`${name}.webp`, FOLDER), Buffer.from(webp, 'base64'));
}

async function clip(page: Page, from: Locator, to: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const [top, bottom] = [await from.boundingBox(), await to.boundingBox()];
  const width = page.viewportSize()?.width;
  if (!top || !bottom || !width) {
    throw new Error('what the picture is cut to is not to be seen');
  }
  const y = Math.max(0, top.y - ABOVE);
  return { x: 0, y, width, height: bottom.y + bottom.height + BELOW - y };
}
