/** Apollo Client with a link that resumes subscriptions, over WebSocket or multipart, and with persisted queries. */

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from "@apollo/client";
import { PROTOCOL_ERRORS_SYMBOL, graphQLResultHasProtocolErrors } from "@apollo/client/errors";
import { SetContextLink } from "@apollo/client/link/context";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { isSubscriptionOperation, relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";
import { createHash } from "node:crypto"; // in a browser, crypto.subtle.digest
import { map } from "rxjs";
import { WebSocket } from "ws"; // browsers, and Node.js from 22, have their own

import possibleTypes from "../generated/possible-types.json" with { type: "json" };
import { resuming } from "../resume.ts";
import { SOCKET_URL, URL, authorization, tell } from "../settings.ts";

// Apollo's link needs the global where a connection is refused.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

/** Returns a result whose errors are at one place. Multipart tells the end of a connection apart from those of GraphQL. */
function plain(result: ApolloLink.Result): ApolloLink.Result {
  return graphQLResultHasProtocolErrors(result) ? { errors: result.extensions[PROTOCOL_ERRORS_SYMBOL].errors } : result;
}

/** Opens a subscription again after the last event, when it ended for a passing reason. */
const resumeLink = new ApolloLink((operation, forward) => {
  if (!isSubscriptionOperation(operation.query)) return forward(operation);
  operation.variables = { ...operation.variables };
  return new Observable((sink) =>
    resuming<ApolloLink.Result>(
      operation.variables,
      (inner) => {
        const stream = forward(operation).pipe(map(plain)).subscribe(inner);
        return () => stream.unsubscribe();
      },
      sink,
    ),
  );
});

const tokenLink = new SetContextLink(async ({ headers }) => ({ headers: { ...headers, ...(await authorization()) } }));
const persistedLink = new PersistedQueryLink({ sha256: (text) => createHash("sha256").update(text).digest("hex") });
const httpLink = new HttpLink({
  uri: URL,
  fetch: (url, init) => {
    const { operationName, query } = JSON.parse(String(init?.body)) as { operationName: string; query?: string };
    tell({ request: operationName, text: query !== undefined });
    return fetch(url, init);
  },
});
const socketLink = new GraphQLWsLink(
  createClient({
    url: SOCKET_URL,
    connectionParams: authorization,
    retryAttempts: 0, // the link above retries
    on: { closed: (why) => tell({ closed: (why as CloseEvent).code, reason: (why as CloseEvent).reason }) },
  }),
);

/** Messages of a room are one list, however its pages were read. The list differs by channel. */
const typePolicies = { Room: { fields: { messages: relayStylePagination(["channel", "pinned"]) } } };

export function makeClient(transport: string): ApolloClient {
  const queries = ApolloLink.from([persistedLink, tokenLink, httpLink]);
  const streams = transport === "multipart" ? ApolloLink.from([tokenLink, httpLink]) : socketLink;
  const byKind = ApolloLink.split(({ query }) => isSubscriptionOperation(query), streams, queries);
  return new ApolloClient({
    link: ApolloLink.from([resumeLink, byKind]),
    // Without `possibleTypes`, `... on MessageEvent` selects nothing.
    cache: new InMemoryCache({ possibleTypes, typePolicies }),
  });
}
