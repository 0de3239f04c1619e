/** Relay's environment: queries by POST, and subscriptions that lose nothing over graphql-ws. */

import { type Client, createClient } from "graphql-ws";
import {
  Environment,
  type FetchFunction,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  Store,
  type SubscribeFunction,
} from "relay-runtime";
import { WebSocket } from "ws"; // a browser has its own

import { type Result, resuming } from "../resume.ts";
import { SOCKET_URL, URL, authorization, tell } from "../settings.ts";

const socket: Client = createClient({
  url: SOCKET_URL,
  webSocketImpl: WebSocket,
  connectionParams: authorization, // asked at each connection, so a retry has a fresh token
  retryAttempts: 0, // `resuming` retries
  on: { closed: (why) => tell({ closed: (why as CloseEvent).code }) },
});

const ask: FetchFunction = async ({ text, name }, variables) => {
  tell({ asked: name });
  const answer = await fetch(URL, {
    method: "POST",
    headers: { ...(await authorization()), "Content-Type": "application/json" },
    body: JSON.stringify({ query: text, operationName: name, variables }),
  });
  return (await answer.json()) as GraphQLResponse;
};

/** Each subscription that Relay opens has `cursor` in its selection and `$after` in its variables. */
const subscribe: SubscribeFunction = ({ text, name }, given) =>
  Observable.create((sink) => {
    const variables: { after?: string } = { ...given };
    return resuming<Result>(
      variables,
      (results) => socket.subscribe({ query: text ?? "", operationName: name, variables }, results),
      { next: (result) => sink.next(result as GraphQLResponse), error: (problem) => sink.error(problem as Error), complete: () => sink.complete() },
    );
  });

export const environment = new Environment({
  network: Network.create(ask, subscribe),
  store: new Store(new RecordSource()),
});
