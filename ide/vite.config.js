import { defineConfig } from "vite";

export default defineConfig({
  base: "/ide/",
  build: {
    // Monaco is one piece of 3 MB, which a browser reads once and keeps.
    chunkSizeWarningLimit: 4000,
    // "use client" in the packages is for servers that render React; here is none.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
