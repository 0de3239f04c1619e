import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { buildSchema, getOperationAST, introspectionFromSchema, parse } from "graphql";
import { Lately } from "./lately.js";

/** Returns GraphiQL's fetcher. Subscriptions go to `streams` with the headers of their tab, the rest goes over HTTP. */
export function createFetcher(url, streams) {
  const overHttp = createGraphiQLFetcher({ url, enableIncrementalDelivery: false });
  const lately = new Lately();
  return (request, options) => {
    if (isIntrospection(request, options)) return introspect(options.headers);
    const operation = operationOf(request);
    const operationName = operation?.name?.value ?? request.operationName;
    const filled = { ...request, operationName, variables: lately.fill(request.variables) };
    if (operation?.operation === "subscription") return streams.open(filled, options.headers);
    return overHttp(filled, options).then((answer) => (lately.note(answer.data), answer));
  };
}

/** Returns whether this is GraphiQL's own introspection query. A query that a person runs has a document. */
function isIntrospection({ operationName }, { documentAST }) {
  return operationName === "IntrospectionQuery" && !documentAST;
}

/**
 * Builds the introspection result from schema.graphql. In development mode anyone may read it, and GraphiQL asks before
 * it has a token. Elsewhere a site admin's token may be needed; the server's words say so.
 */
async function introspect(headers) {
  const response = await fetch("/schema.graphql", { headers });
  if (response.status === 403) throw new Error(await response.text());
  if (!response.ok) throw new Error(`/schema.graphql answered ${response.status}.`);
  return { data: introspectionFromSchema(buildSchema(await response.text())) };
}

/**
 * Returns the operation to run. Shortly after a change of tabs, GraphiQL still passes the operation name of the tab
 * before, so an unknown name is ignored.
 */
function operationOf({ query, operationName }) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null; // the server reports the syntax error
  }
}
