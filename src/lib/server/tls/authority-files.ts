/** Where the node's own authority lies in the data folder. */
export const authorityFolder = 'authority';
export const files = { authority: 'authority.pem', authorityKey: 'authority-key.pem', leaf: 'leaf.pem', leafKey: 'leaf-key.pem' } as const;

/** Those that cannot be made again: a backup takes them along, so that no phone need trust anew after a restore on another machine. */
export const authorityFiles = [files.authority, files.authorityKey].map((name) => `${authorityFolder}/${name}`);
