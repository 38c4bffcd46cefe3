import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileCourse } from '../../src/lib/course/compile.ts';
import { forms } from '../../src/lib/course/package.ts';
import { parseSignedManifest, parseStructure } from '../../src/lib/course/parse-package.ts';
import type { Sha256 } from '../../src/lib/domain/ids.ts';
import { baseFiles } from './read-fixture.ts';

const sha256 = (bytes: Uint8Array): Sha256 => createHash('sha256').update(bytes).digest('hex') as Sha256;
const compile = (form: string | null) => {
  const files = new Map<string, Uint8Array | string>(baseFiles());
  if (form !== null) files.set('course.yaml', `${String(files.get('course.yaml')).trimEnd()}\nform: ${form}\n`);
  return compileCourse({ folder: 'sample', files }, { sha256 });
};

describe('the form of a package', () => {
  it.each(forms)('%s stands in the manifest and in the structure, and is read from both', async (form) => {
    const { package: built, diagnostics } = await compile(form);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const signature = { key: 'k', value: 'v' };
    expect(parseSignedManifest({ manifest: built?.manifest, signature })).toMatchObject({ ok: true, value: { manifest: { form } } });
    const structure: unknown = JSON.parse(new TextDecoder().decode(built?.pieces.get(built.manifest.structure)));
    expect(parseStructure(structure)).toMatchObject({ ok: true, value: { form } });
  });

  it('is nowhere where it is a course: its bytes are what they were', async () => {
    const { package: built } = await compile(null);
    expect(built?.manifest).not.toHaveProperty('form');
  });

  it('is one of those that there are', async () => {
    const { package: built, diagnostics } = await compile('leaflet');
    expect(built).toBeNull();
    expect(diagnostics.map(({ code, file, message }) => [code, file, message])).toEqual([
      ['bad-field', 'course.yaml', expect.stringMatching(/«form» should be one of guide, presentation/)],
    ]);
  });
});
