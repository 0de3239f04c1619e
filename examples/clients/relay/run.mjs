// Runs a program of this folder: node relay/run.mjs listen. An app's bundler has a plugin that does the same as
// `artifacts`: babel-plugin-relay, vite-plugin-relay or Next.js' `compiler.relay`.
import { readFile } from "node:fs/promises";

import { build } from "esbuild";

const TAG = /graphql`\s*(?:query|mutation|subscription|fragment)\s+(\w+)[^`]*`/g;

/** Puts the compiler's artifact in the place of each graphql`…`. */
const artifacts = {
  name: "artifacts",
  setup: ({ onLoad }) =>
    onLoad({ filter: /relay\/[^/]+\.ts$/ }, async ({ path }) => {
      const imports = [];
      const replaced = (await readFile(path, "utf8")).replace(TAG, (_, name) => {
        imports.push(`import ${name} from "./generated/${name}.graphql.ts";`);
        return name;
      });
      return { contents: [...imports, replaced].join("\n"), loader: "ts" };
    }),
};

const program = process.argv[2];
const built = new URL(`generated/${program}.mjs`, import.meta.url);
await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: [`${program}.ts`],
  outfile: built.pathname,
  bundle: true,
  platform: "node",
  format: "esm",
  logLevel: "error",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  plugins: [artifacts],
});
await import(built.href);
