import { defineConfig } from 'vite';

// In development the API is a gateway on its usual port.
const gateway = 'http://127.0.0.1:6688';

export default defineConfig({
  esbuild: { jsx: 'automatic' },
  build: { target: 'es2022', sourcemap: false },
  server: { proxy: { '/api': gateway, '/v1': gateway } },
});
