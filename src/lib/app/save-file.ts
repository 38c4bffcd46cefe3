/** Hands a text to the person as a file. Works offline and asks no server; in the browser only. */
export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Firefox reads the address after the click returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
