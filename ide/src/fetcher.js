import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { buildSchema, getOperationAST, introspectionFromSchema, parse } from "graphql";

/** Returns GraphiQL's fetcher. Subscriptions go to `streams` with the headers of their tab, the rest goes over HTTP. */
export function createFetcher(url, { streams, reach, lately, whichGives }) {
  const overHttp = createGraphiQLFetcher({ url, fetch: reach.fetch, enableIncrementalDelivery: false });
  return (request, options) => {
    if (isIntrospection(request, options)) return introspect(reach, options.headers).catch(inWords);
    const operation = operationOf(request);
    const operationName = operation?.name?.value ?? request.operationName;
    const filled = { ...request, operationName, variables: lately.fill(request.variables) };
    const [missing] = lately.missing(filled.variables);
    if (missing) return Promise.resolve(inWords({ message: tooEarly(missing, whichGives(missing)) }));
    if (operation?.operation === "subscription") return streams.open(filled, options.headers);
    return overHttp(filled, options).then((answer) => (lately.note(answer.data), answer), inWords);
  };
}

/** Returns an error as an answer, without the stack that GraphiQL would show. */
function inWords({ message }) {
  return { errors: [{ message }] };
}

function tooEarly(kind, source) {
  const known = `“the last ${kind}” is not known yet, so nothing was sent.`;
  return source ? `${known} First run ${source}.` : `${known} First run a query that has its id in the answer.`;
}

/** Returns whether this is GraphiQL's own introspection query. A query that a person runs has a document. */
function isIntrospection({ operationName }, { documentAST }) {
  return operationName === "IntrospectionQuery" && !documentAST;
}

/**
 * Builds the introspection result from schema.graphql. In development mode anyone may read it, and GraphiQL asks before
 * it has a token. Elsewhere a site admin's token may be needed; the server's words say so.
 */
async function introspect(reach, headers) {
  const response = await reach.fetch("/schema.graphql", { headers });
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
