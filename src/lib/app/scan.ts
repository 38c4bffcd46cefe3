/** Codes before a camera or in a picture. The browser's own reader where it has one, else one in script, which is loaded then. */
import { err, ok, type Result } from '#lib/domain/result.ts';
import { findCode, longestSide, type Decode, type Picture, type Region, type Tones } from './looks.ts';

/** Shape Detection API: in no edition of TypeScript's DOM. */
interface BarcodeReader {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}
interface BarcodeReaderClass {
  new (options: { formats: readonly string[] }): BarcodeReader;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** The next frame may be the better one; a picture is the only one that there is. Milliseconds of a reader in script: a slow phone takes four times as long as a laptop. */
const limits = { frame: 800, look: 2500, picture: 15_000 } as const;

type Source = ImageBitmap | HTMLVideoElement;

/** Both have their sizes in the prototype: copied by hand. */
const sizeOf = (source: Source): { readonly width: number; readonly height: number } =>
  source instanceof HTMLVideoElement
    ? { width: source.videoWidth, height: source.videoHeight }
    : { width: source.width, height: source.height };

/** Part of a source through a canvas of its size. */
function tonesOf(source: Source, { x, y, width, height }: Region, longest: number): Tones | null {
  if (width === 0 || height === 0) return null;
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return null;
  // Every dot counts: by default one in several is taken.
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, x, y, width, height, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const tones = new Uint8ClampedArray(data.length / 4);
  for (let i = 0; i < tones.length; i++) tones[i] = ((data[4 * i] ?? 0) + 2 * (data[4 * i + 1] ?? 0) + (data[4 * i + 2] ?? 0)) / 4;
  return { width: canvas.width, height: canvas.height, data: tones };
}

/** The reader in script. */
async function openDecoder(timeLimit: number): Promise<Decode> {
  const { default: decodeQR } = await import('qr/decode.js');
  return (tones) => {
    try {
      return decodeQR(tones, { format: 'I420', timeLimit });
    } catch {
      // No code in these.
      return null;
    }
  };
}

/** The browser's own reader of codes; null where it has none. */
async function openNative(): Promise<BarcodeReader | null> {
  const native = Reflect.get(globalThis, 'BarcodeDetector') as BarcodeReaderClass | undefined;
  if (native === undefined || !(await native.getSupportedFormats()).includes('qr_code')) return null;
  return new native({ formats: ['qr_code'] });
}

async function readNatively(reader: BarcodeReader, source: Source, wanted: (text: string) => boolean): Promise<string | null> {
  try {
    const found = (await reader.detect(source)).map(({ rawValue }) => rawValue);
    return found.find(wanted) ?? null;
  } catch {
    // A reader that is there and does not work: where a part of the system that it stands on is missing.
    return null;
  }
}

/**
 * The text of a code in a picture file, one that is `wanted` before any other; null where there is none, or it is no picture. A photo may be of a whole page: it is looked at
 * several times, by the browser's own reader first and then in script, which sees more.
 */
export async function codeInPicture(file: Blob, wanted: (text: string) => boolean = () => true): Promise<string | null> {
  try {
    const [native, bitmap] = await Promise.all([openNative(), createImageBitmap(file)]);
    const until = performance.now() + limits.picture;
    const pause = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(performance.now() < until), 0));
    const picture: Picture = { ...sizeOf(bitmap), tones: (region, longest) => tonesOf(bitmap, region, longest) };
    const text =
      (native === null ? null : await readNatively(native, bitmap, wanted)) ??
      (await findCode(picture, await openDecoder(limits.look), wanted, pause));
    bitmap.close();
    return text;
  } catch {
    // What the browser cannot show.
    return null;
  }
}

/** A pause between two looks, so that a slow phone stays usable: milliseconds. */
const pause = 120;

/**
 * Looks through the camera until a code is found that `takes` wants, or until it is stopped; the camera is let go in both cases.
 *
 * @returns how to stop; `denied` where the person or the browser said no, `none` where there is no camera for this page
 */
export async function scanCamera(
  video: HTMLVideoElement,
  takes: (text: string) => boolean,
): Promise<Result<() => void, 'denied' | 'none'>> {
  // Typed as always there; it is missing outside secure contexts.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) return err('none');
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } });
  } catch (error) {
    return err(error instanceof DOMException && error.name === 'NotFoundError' ? 'none' : 'denied');
  }
  let going = true;
  const stop = (): void => {
    going = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  video.srcObject = stream;
  await video.play();
  const native = await openNative();
  const decode = native === null ? await openDecoder(limits.frame) : null;
  const frame = (): string | null => {
    const tones = tonesOf(video, { x: 0, y: 0, ...sizeOf(video) }, longestSide);
    return tones === null || decode === null ? null : decode(tones);
  };
  const look = async (): Promise<void> => {
    if (!going) return;
    const text = native === null ? frame() : await readNatively(native, video, () => true);
    if (text !== null && going && takes(text)) stop();
    else setTimeout(() => void look(), pause);
  };
  void look();
  return ok(stop);
}
