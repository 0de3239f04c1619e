import { initialize } from "monaco-editor/esm/vs/editor/editor.worker.js";
import { GraphQLWorker } from "monaco-graphql/esm/GraphQLWorker.js";

/** GraphQL's worker, for which an input's field with a default has to be given no more than the server says. */
class Worker extends GraphQLWorker {
  async doGetVariablesJSONSchema(uri) {
    const schema = await super.doGetVariablesJSONSchema(uri);
    for (const input of Object.values(schema?.definitions ?? {}))
      input.required = input.required.filter((name) => !("default" in input.properties[name]));
    return schema;
  }
}

globalThis.onmessage = () => initialize((context, data) => new Worker(context, data));
