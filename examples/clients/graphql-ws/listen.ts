/** graphql-ws alone: reads a room's state, then hears everything that happens, once and in order. */

import { print } from "graphql";
import { createClient, type ExecutionResult } from "graphql-ws";
import { WebSocket } from "ws"; // browsers, and Node.js from 22, have their own

import { NEWS, STATE, event, state } from "../documents.ts";
import type { NewsSubscription, StateQuery } from "../generated/graphql.ts";
import { resuming } from "../resume.ts";
import { ROOM, SOCKET_URL, authorization, tell } from "../settings.ts";

const client = createClient({
  url: SOCKET_URL,
  webSocketImpl: WebSocket,
  connectionParams: authorization, // asked at each connection, so a retry has a fresh token
  retryAttempts: 0, // `resuming` retries
  on: { closed: (why) => tell({ closed: (why as CloseEvent).code, reason: (why as CloseEvent).reason }) },
});

async function read(): Promise<StateQuery> {
  const results = client.iterate<StateQuery>({ query: print(STATE), variables: { room: ROOM } });
  for await (const { data, errors } of results) {
    if (!data || errors) throw new Error(JSON.stringify(errors));
    return data;
  }
  throw new Error("The query has no result.");
}

const first = await read();
tell({ state: state(first) });
const variables = { room: ROOM, after: first.room?.cursor };
resuming<ExecutionResult<NewsSubscription>>(
  variables,
  (sink) => client.subscribe({ query: print(NEWS), variables }, sink),
  {
    next: ({ data, errors }) => tell(data ? { event: event(data) } : { error: errors }),
    error: (problem) => tell({ error: String(problem) }),
    complete: () => tell({ complete: true }),
  },
);
