/** The drawing of codes for another phone's camera; null where it is not on this device yet and no network is there: the code's text stands beside it. */
export const codeDrawing = (): Promise<typeof import('#lib/ui/QrCode.svelte').default | null> =>
  import('#lib/ui/QrCode.svelte').then(
    (module) => module.default,
    () => null,
  );
