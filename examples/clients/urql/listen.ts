/** urql over HTTP and server-sent events: reads a room's state, then hears everything that happens. */

import { Client, cacheExchange, fetchExchange } from "@urql/core";

import { NEWS, STATE, event, state } from "../documents.ts";
import { ROOM, URL, authorization, tell } from "../settings.ts";
import { resumeExchange } from "./resume.ts";

const client = new Client({
  url: URL,
  exchanges: [cacheExchange, resumeExchange, fetchExchange],
  fetchSubscriptions: true, // server-sent events
  preferGetMethod: false,
  fetch: async (url, init) => fetch(url, { ...init, headers: { ...init?.headers, ...(await authorization()) } }),
});

const { data, error } = await client.query(STATE, { room: ROOM });
if (!data) throw error ?? new Error("The query has no result.");
tell({ state: state(data) });
client.subscription(NEWS, { room: ROOM, after: data.room?.cursor }).subscribe((result) => {
  if (result.error) tell({ error: result.error.message });
  else if (result.data) tell({ event: event(result.data) });
});
