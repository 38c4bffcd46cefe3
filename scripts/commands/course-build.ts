import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { readPublisher } from '../publisher-key.ts';
import { replaceFolder } from '../replace-folder.ts';
import { UsageError, type Command } from './command.ts';
import { compileFolder, sayDiagnostics, sha256 } from './course-check.ts';

export const courseBuild: Command = {
  name: 'course build',
  summary: 'compile a course to a package of pieces with a manifest',
  usage: `
Usage: perigee course build DIR --out DIR [--key FILE] [--json]

Compiles the course in the folder DIR and writes its package: manifest.json (canonical JSON), pieces/<sha256>, and with --key
manifest.sig. The same source gives the same bytes. Where the course has errors nothing is written.

  --out DIR    the folder to write; an older package there is replaced as a whole
  --key FILE   the publisher's Ed25519 key: a PKCS #8 PEM (openssl genpkey -algorithm ed25519), or 32 bytes in base64url.
               manifest.sig is { "key", "value" }: the public key and the signature over the bytes of manifest.json, base64url
  --json       print { "ok", "course", "manifest": <sha256>, "pieces", "bytes", "diagnostics" }

Exit code: 0 written, 1 the course has errors or the folder cannot be written, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } },
    });
    const [directory, ...more] = positionals;
    const { out, key } = values;
    if (directory === undefined || more.length > 0) throw new UsageError('Name one folder that holds a course.');
    if (out === undefined) throw new UsageError('Name the folder to write with --out.');
    const publisher = key === undefined ? null : await readPublisher(key);
    if (publisher !== null && !publisher.ok) {
      io.say(publisher.error);
      return 1;
    }
    const { package: built, diagnostics } = await compileFolder(directory);
    if (!values.json) sayDiagnostics(directory, diagnostics, io);
    if (built === null) {
      if (values.json) io.out(JSON.stringify({ ok: false, course: null, diagnostics }, null, 2));
      else io.say('Nothing was written.');
      return 1;
    }
    const { manifest, pieces } = built;
    // The bytes that are signed.
    const bytes = Buffer.from(canonicalJson(manifest));
    const signed = publisher === null ? null : publisher.value.sign(manifest);
    const written = await replaceFolder(
      out,
      (entries) => entries.includes('manifest.json') && entries.includes('pieces'),
      async (folder) => {
        await mkdir(join(folder, 'pieces'), { recursive: true });
        for (const [name, piece] of pieces) await writeFile(join(folder, 'pieces', name), piece);
        if (signed !== null) await writeFile(join(folder, 'manifest.sig'), `${JSON.stringify(signed.signature)}\n`);
        await writeFile(join(folder, 'manifest.json'), bytes);
      },
    );
    if (!written.ok) {
      io.say(written.error);
      return 1;
    }
    const total = manifest.pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    if (values.json)
      io.out(JSON.stringify({ ok: true, course: manifest.course, manifest: sha256(bytes), pieces: pieces.size, bytes: total, diagnostics }, null, 2)); // prettier-ignore
    else io.out(`${out}: ${String(pieces.size)} pieces, ${String(Math.round(total / 1000))} kB, manifest ${sha256(bytes)}`);
    return 0;
  },
};
