import adapterNode from '@sveltejs/adapter-node';
import { writeAppFiles } from './scripts/app-files.mjs';
import { appVersion } from './scripts/version.mjs';

/**
 * adapter-node, with the offline shell beside it. The shell has to exist before the inner adapter copies the client
 * folder: a file written afterwards is answered with 404, and a worker that precaches it would never install.
 */
function nodeWithShell() {
  const inner = adapterNode({ precompress: true });
  return {
    ...inner,
    name: 'perigee-node',
    /** @param {import('@sveltejs/kit').Builder} builder */
    async adapt(builder) {
      await builder.generateFallback(`${builder.getClientDirectory()}/shell.html`);
      writeAppFiles(builder.getClientDirectory());
      await inner.adapt(builder);
    },
    // Under `npm run dev` there is no adapter; the node that hosts Vite hands itself over here.
    emulate: () => ({ platform: () => ({ node: Reflect.get(globalThis, Symbol.for('perigee.node')) }) }),
  };
}

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    adapter: nodeWithShell(),
    files: { serviceWorker: 'service-worker' },
    serviceWorker: { register: false },
    // A shell that is cached from one address answers every other one, so its paths must be absolute.
    paths: { relative: false },
    // A name of our own, not the build's time: the same source gives the same files. No polling: bytes are money.
    version: { name: appVersion(), pollInterval: 0 },
    // One request brings a readable lesson: its styles are in the page.
    inlineStyleThreshold: 32_000,
    csp: {
      mode: 'hash',
      directives: {
        'default-src': ['none'],
        'script-src': ['self'],
        'style-src': ['self'],
        // SvelteKit's route announcer and Svelte's style directives set style attributes; style elements stay hashed.
        'style-src-attr': ['unsafe-inline'],
        'img-src': ['self', 'data:', 'blob:'],
        'media-src': ['self', 'blob:'],
        'font-src': ['none'],
        'connect-src': ['self'],
        'manifest-src': ['self'],
        'worker-src': ['self'],
        'object-src': ['none'],
        'frame-src': ['none'],
        'base-uri': ['none'],
        'form-action': ['self'],
      },
    },
    typescript: {
      config: (config) => ({
        ...config,
        compilerOptions: { ...config.compilerOptions, allowImportingTsExtensions: true },
      }),
    },
  },
};
