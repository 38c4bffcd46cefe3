/** What every JavaScript runtime has, though it stands in no edition of ECMAScript: UTF-8, from the WHATWG's Encoding Standard. */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(encoding: 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
