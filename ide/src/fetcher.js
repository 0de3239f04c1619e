import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { buildSchema, getOperationAST, introspectionFromSchema, parse } from "graphql";
import { Lately } from "./lately.js";

/** Subscriptions go to the streams with the headers of their tab, everything else over HTTP. */
export function createFetcher(url, streams) {
  const overHttp = createGraphiQLFetcher({ url, enableIncrementalDelivery: false });
  const lately = new Lately();
  return (request, options) => {
    if (isIntrospection(request, options)) return introspect();
    const operation = operationOf(request);
    const operationName = operation?.name?.value ?? request.operationName;
    const filled = { ...request, operationName, variables: lately.fill(request.variables) };
    if (operation?.operation === "subscription") return streams.open(filled, options.headers);
    return overHttp(filled, options).then((answer) => (lately.note(answer.data), answer));
  };
}

/** GraphiQL's own, as it opens; a person's has a document. */
function isIntrospection({ operationName }, { documentAST }) {
  return operationName === "IntrospectionQuery" && !documentAST;
}

/** From the file that anyone may read: to ask for it takes a token, and GraphiQL asks before it knows of any. */
async function introspect() {
  const response = await fetch("/schema.graphql");
  if (!response.ok) throw new Error(`/schema.graphql answered ${response.status}.`);
  return { data: introspectionFromSchema(buildSchema(await response.text())) };
}

/** What is to be run. For a moment after a change of tabs GraphiQL still names the operation of the last one. */
function operationOf({ query, operationName }) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null; // which is the server's to say
  }
}
