/** Pictures in and out of a browser: what a page looked like as tones, and tones as the JPEG that a camera would have written. */
import type { BrowserContext } from '@playwright/test';
import type { Tones } from '../certification/photograph.ts';

/** Brightness of each dot of a PNG, as `page.screenshot` gives it. */
export async function tonesOfPng(context: BrowserContext, png: Buffer): Promise<Tones> {
  const page = await context.newPage();
  const { width, height, text } = await page.evaluate(async (source) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const drawing = canvas.getContext('2d');
    if (drawing === null) throw new Error('No canvas');
    drawing.drawImage(bitmap, 0, 0);
    const { data } = drawing.getImageData(0, 0, bitmap.width, bitmap.height);
    const tone = new Uint8Array(data.length / 4);
    for (let i = 0; i < tone.length; i++) tone[i] = ((data[4 * i] ?? 0) + 2 * (data[4 * i + 1] ?? 0) + (data[4 * i + 2] ?? 0)) / 4;
    const parts: string[] = [];
    for (let i = 0; i < tone.length; i += 0x8000) parts.push(String.fromCharCode(...tone.subarray(i, i + 0x8000)));
    return { width: bitmap.width, height: bitmap.height, text: btoa(parts.join('')) };
  }, png.toString('base64'));
  await page.close();
  return { width, height, tone: new Uint8Array(Buffer.from(text, 'base64')) };
}

/** @param quality as cameras count it, 1 to 100 */
export async function jpegOf(context: BrowserContext, { width, height, tone }: Tones, quality: number): Promise<Buffer> {
  const page = await context.newPage();
  const text = await page.evaluate(
    async (given) => {
      const tones = atob(given.tones);
      const canvas = new OffscreenCanvas(given.width, given.height);
      const picture = new ImageData(given.width, given.height);
      for (let i = 0; i < tones.length; i++) picture.data.set([tones.charCodeAt(i), tones.charCodeAt(i), tones.charCodeAt(i), 255], 4 * i);
      canvas.getContext('2d')?.putImageData(picture, 0, 0);
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: given.quality / 100 });
      return new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
        reader.readAsDataURL(blob);
      });
    },
    { width, height, quality, tones: Buffer.from(tone).toString('base64') },
  );
  await page.close();
  return Buffer.from(text, 'base64');
}
