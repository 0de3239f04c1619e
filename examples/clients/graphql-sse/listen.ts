/** graphql-sse alone, in its distinct connections mode: reads a room's state, then hears everything that happens. */

import { print, type ExecutionResult } from "graphql";
import { createClient } from "graphql-sse";

import { NEWS, STATE, event, state } from "../documents.ts";
import type { NewsSubscription, StateQuery } from "../generated/graphql.ts";
import { resuming } from "../resume.ts";
import { ROOM, URL, authorization, tell } from "../settings.ts";

const client = createClient({
  url: URL,
  headers: authorization, // asked at each request, so a retry has a fresh token
  retryAttempts: 0, // `resuming` retries
  on: { connected: () => tell({ connected: true }) },
});

async function read(): Promise<StateQuery> {
  const headers = { ...(await authorization()), "Content-Type": "application/json" };
  const body = JSON.stringify({ query: print(STATE), variables: { room: ROOM } });
  const answer = await fetch(URL, { method: "POST", headers, body });
  const { data, errors } = (await answer.json()) as ExecutionResult<StateQuery>;
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return data;
}

const first = await read();
tell({ state: state(first) });
const variables = { room: ROOM, after: first.room?.cursor };
resuming<ExecutionResult<NewsSubscription>>(
  variables,
  (sink) => client.subscribe<NewsSubscription>({ query: print(NEWS), variables }, sink),
  {
    next: ({ data, errors }) => tell(data ? { event: event(data) } : { error: errors }),
    error: (problem) => tell({ error: String(problem) }),
    complete: () => tell({ complete: true }),
  },
);
