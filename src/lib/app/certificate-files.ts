/** A certificate as files to hand on: the credential itself, or baked into a picture. Made on the device, without a network. */
import { bakeIntoPng, faceOf, type Face } from '#lib/certification/bake.ts';

export type CertificateForm = 'json' | 'png' | 'svg';

async function pictureOf(face: Face, credential: string): Promise<BlobPart> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(faceOf(face))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1280, 800];
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (blob === null) throw new Error('The browser made no picture');
  return bakeIntoPng(new Uint8Array(await blob.arrayBuffer()), credential);
}

const types = { json: 'application/json', png: 'image/png', svg: 'image/svg+xml' } as const;

/** @param name of the file, without its ending */
export async function certificateFile(form: CertificateForm, name: string, credential: string, face: Face): Promise<File> {
  const content = form === 'json' ? credential : form === 'svg' ? faceOf(face, credential) : await pictureOf(face, credential);
  return new File([content], `${name}.${form}`, { type: types[form] });
}

/** Whether this device has a way to hand a file to another app. */
export function canShare(file: File): boolean {
  // Typed as always there; it is missing in browsers for the desk.
  const share = navigator.canShare as typeof navigator.canShare | undefined;
  return share?.call(navigator, { files: [file] }) === true;
}

export function keepFile(file: File): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = file.name;
  link.click();
  // Firefox reads the address after the click returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
