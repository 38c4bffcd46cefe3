import { expect, it } from 'vitest';
import { appFiles } from './app-files.mjs';

const manifest = {
  'client-optimized/app.js': { file: 'entry/app.js', name: 'entry/app', isEntry: true },
  'client-optimized/nodes/5.js': { file: 'nodes/5.js', name: 'nodes/5', imports: ['_frame.js'], css: ['assets/5.css'] },
  '_frame.js': { file: 'chunks/frame.js', name: 'frame', css: ['assets/frame.css'] },
  '_replica.js': { file: 'chunks/replica.js', name: 'replica' },
  '_verify.js': { file: 'chunks/verify.js', name: 'verify', css: ['assets/verify.css'] },
  '_verify.css': { file: 'assets/verify.css' },
  '_staff.js': { file: 'chunks/staff.js', name: 'staff', css: ['assets/staff.css'] },
  'client-optimized/nodes/9.js': { file: 'nodes/9.js', name: 'nodes/9', imports: ['_frame.js', '_staff.js'] },
  '_camera.js': { file: 'chunks/camera.js', name: 'camera' },
  '_fallback.js': { file: 'chunks/fallback.js', name: 'fallback' },
  'src/lib/i18n/messages/ar/learner.json': { file: 'chunks/ar1.js', name: 'learner' },
  'src/lib/i18n/messages/ar/self.json': { file: 'chunks/ar2.js', name: 'self' },
};
const read = (key: string): string =>
  key.endsWith('/5.js') ? 'export { default } from "../../../src/routes/courses/[course]/[unit]/+page.svelte"' : '';

it('installs the code and styles of every route, and neither PouchDB nor the words of six languages; verifying and what staff see come afterwards', () => {
  expect(appFiles(manifest, read)).toEqual({
    install: ['/assets/5.css', '/assets/frame.css', '/chunks/frame.js', '/entry/app.js', '/nodes/5.js'],
    after: ['/assets/staff.css', '/assets/verify.css', '/chunks/camera.js', '/chunks/staff.js', '/chunks/verify.js', '/nodes/9.js'],
    fallback: ['/chunks/fallback.js'],
    words: { ar: ['/chunks/ar1.js', '/chunks/ar2.js'] },
    lesson: ['/assets/frame.css', '/assets/5.css'],
  });
});

it('does not build a worker without a lesson page', () => {
  expect(() => appFiles({}, read)).toThrow('lesson');
});
