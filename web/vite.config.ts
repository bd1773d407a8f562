import { defineConfig } from "vite";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", chunkSizeWarningLimit: 400 },
  server: { proxy: { "/v1": { target: "http://127.0.0.1:8420", ws: true } } },
});
