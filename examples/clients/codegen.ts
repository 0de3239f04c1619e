import type { CodegenConfig } from "@graphql-codegen/cli";

// Clients know a cursor as a string, and send it back as it came.
const scalars = { DateTime: "string", EventCursor: "string" };

const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: ["{apollo,graphql-sse,graphql-ws,naive,urql}/**/*.ts", "*.ts"],
  generates: {
    "./generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: { scalars, defaultScalarType: "unknown", enumsAsTypes: true, useTypeImports: true },
    },
    "./generated/possible-types.json": { plugins: ["./possible-types.cjs"] },
  },
};

export default config;
