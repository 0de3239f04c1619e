import { defineConfig } from "vite";

export default defineConfig({
  base: "/ide/",
  build: {
    // Monaco is one chunk of 3 MB, which a browser loads once and caches.
    chunkSizeWarningLimit: 4000,
    // "use client" in the packages is for servers that render React, which this project does not do.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
