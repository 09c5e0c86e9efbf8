import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: here('../../build/console'),
    emptyOutDir: true,
    target: 'es2022',
    // The console's policy is `default-src 'self'`: no data: addresses, no inline script.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: true,
    rolldownOptions: {
      input: { index: here('index.html'), 'vault-pipe': here('vault/pipe.ts') },
      output: {
        // A service worker has a say over the folder that it lies in, by a name that stays.
        entryFileNames: ({ name }) => (name === 'vault-pipe' ? 'vault-pipe.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  worker: { format: 'es' },
})
