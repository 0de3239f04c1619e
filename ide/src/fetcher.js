import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { getOperationAST } from "graphql";

/** Subscriptions go to the streams with the headers of their tab, everything else over HTTP. */
export function createFetcher(url, streams) {
  const overHttp = createGraphiQLFetcher({ url, enableIncrementalDelivery: false });
  return (request, options) =>
    isSubscription(request, options) ? streams.open(request, options.headers) : overHttp(request, options);
}

function isSubscription({ operationName }, { documentAST }) {
  return documentAST && getOperationAST(documentAST, operationName)?.operation === "subscription";
}
