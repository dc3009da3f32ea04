import { defineConfig } from "vitest/config";

// The service serves what is built here: hashed names under /assets (cached for ever), index.html for every page.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/avatar_foundry/service/static",
    emptyOutDir: true,
    target: "es2022",
    // The pages' policy allows no data: scripts or fonts and no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/health": "http://127.0.0.1:8000" } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
