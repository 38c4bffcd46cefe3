/** Codes before a camera or in a picture. The browser's own reader where it has one, else one in script, which is loaded then. */
import { err, ok, type Result } from '#lib/domain/result.ts';

/** Shape Detection API: in no edition of TypeScript's DOM. */
interface BarcodeReader {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}
interface BarcodeReaderClass {
  new (options: { formats: readonly string[] }): BarcodeReader;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** @param limit milliseconds after which a reader in script gives up: a slow phone takes four times as long as a laptop */
type Read = (source: ImageBitmap | HTMLVideoElement, limit: number) => Promise<string | null>;

/** The next frame may be the better one; a picture is the only one that there is. */
const limits = { frame: 800, picture: 10_000 } as const;

/** Codes of 85 modules need four pixels for each, and some margin; more only costs time. */
const longestSide = 1280;

function pixelsOf(source: ImageBitmap | HTMLVideoElement): ImageData | null {
  const [width, height] = source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  if (width === 0 || height === 0) return null;
  const scale = Math.min(1, longestSide / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context?.getImageData(0, 0, canvas.width, canvas.height) ?? null;
}

async function openReader(): Promise<Read> {
  const native = Reflect.get(globalThis, 'BarcodeDetector') as BarcodeReaderClass | undefined;
  if (native !== undefined && (await native.getSupportedFormats()).includes('qr_code')) {
    const reader = new native({ formats: ['qr_code'] });
    return async (source) => (await reader.detect(source))[0]?.rawValue ?? null;
  }
  const { default: decodeQR } = await import('qr/decode.js');
  return (source, timeLimit) => {
    const pixels = pixelsOf(source);
    if (pixels === null) return Promise.resolve(null);
    try {
      return Promise.resolve(decodeQR(pixels, { timeLimit }));
    } catch {
      // No code in this frame.
      return Promise.resolve(null);
    }
  };
}

/** The text of a code in a picture file; null where there is none, or it is no picture. */
export async function codeInPicture(file: Blob): Promise<string | null> {
  try {
    const [read, bitmap] = await Promise.all([openReader(), createImageBitmap(file)]);
    const text = await read(bitmap, limits.picture);
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
  const read = await openReader();
  const look = async (): Promise<void> => {
    if (!going) return;
    const text = await read(video, limits.frame).catch(() => null);
    if (text !== null && going && takes(text)) stop();
    else setTimeout(() => void look(), pause);
  };
  void look();
  return ok(stop);
}
