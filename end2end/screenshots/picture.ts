// A screenshot as WebP, which Playwright does not write itself: the browser that is there anyway does.

import { mkdir, writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

const FOLDER = new URL('../../docs/images/', import.meta.url);
const QUALITY = 0.85;

/** Writes what the page shows to `docs/images/{name}.webp`. */
export async function picture(page: Page, name: string): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide' });
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
