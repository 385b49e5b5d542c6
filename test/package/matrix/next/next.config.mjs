import { fileURLToPath } from 'node:url';

export default {
  output: 'standalone',
  // Where node_modules is.
  outputFileTracingRoot: fileURLToPath(new URL('../', import.meta.url)),
};
