import { initialize } from "monaco-editor/esm/vs/editor/editor.worker.js";
import { GraphQLWorker } from "monaco-graphql/esm/GraphQLWorker.js";
import { optionalWithDefault } from "./defaults.js";

/** Monaco's worker, changed so that it does not report input fields with defaults as missing in Variables. */
class Worker extends GraphQLWorker {
  async doGetVariablesJSONSchema(uri) {
    return optionalWithDefault(await super.doGetVariablesJSONSchema(uri));
  }
}

globalThis.onmessage = () => initialize((context, data) => new Worker(context, data));
