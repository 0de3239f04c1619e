/** Not to copy: retries with the variables of the first time. So events are lost, or with `fixed` told again. */

import { print } from "graphql";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

import { NEWS, STATE, event, state } from "../documents.ts";
import type { NewsSubscription, StateQuery } from "../generated/graphql.ts";
import { ROOM, SOCKET_URL, authorization, tell } from "../settings.ts";

const client = createClient({
  url: SOCKET_URL,
  webSocketImpl: WebSocket,
  connectionParams: authorization,
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 200)),
});

async function variables(): Promise<{ room: string; after?: string }> {
  if (process.argv[2] !== "fixed") return { room: ROOM };
  const results = client.iterate<StateQuery>({ query: print(STATE), variables: { room: ROOM } });
  const first = (await results.next()).value;
  if (!first?.data?.room) throw new Error("The query has no result.");
  tell({ state: state(first.data) });
  return { room: ROOM, after: first.data.room.cursor };
}

client.subscribe<NewsSubscription>(
  { query: print(NEWS), variables: await variables() },
  { next: ({ data }) => data && tell({ event: event(data) }), error: console.error, complete: () => {} },
);
