import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [sveltekit()],
  // The worker lives outside src/, which Vite serves in dev only when told.
  server: { fs: { allow: ['service-worker'] } },
});
