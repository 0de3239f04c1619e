/**
 * EventSource: the events' ids are cursors, so that its own retries go on where the stream was.
 *
 * A browser's EventSource sends no Authorization header. The package `eventsource` does, in browsers too; with the
 * browser's own, a service worker adds the header (../browser/worker.ts).
 */

import { print } from "graphql";
import { EventSource } from "eventsource";

import { NEWS, STATE, event, state } from "../documents.ts";
import type { NewsSubscription, StateQuery } from "../generated/graphql.ts";
import { isPassing, pause } from "../resume.ts";
import { ROOM, URL as ENDPOINT, authorization, tell } from "../settings.ts";

let last: string | undefined; // the cursor of the last event

function listen(failures = 0): void {
  const url = new URL(ENDPOINT);
  url.searchParams.set("query", print(NEWS));
  url.searchParams.set("variables", JSON.stringify({ room: ROOM, after: last })); // Last-Event-ID comes before it
  const source = new EventSource(url, {
    fetch: async (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...(await authorization()) } }),
  });
  source.addEventListener("next", ({ data }) => {
    const result = JSON.parse(data as string) as { data?: NewsSubscription; errors?: object[] };
    if (result.data) {
      failures = 0;
      last = result.data.roomEvents.cursor;
      tell({ event: event(result.data) });
    } else if (!isPassing(result)) {
      source.close(); // otherwise it would ask again and again
      tell({ error: result.errors });
    }
  });
  source.addEventListener("error", ({ code, message }) => {
    tell({ closed: code ?? message });
    // It retries by itself after a lost connection, and not after a status such as 401 or 503.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, pause(failures), failures + 1);
  });
}

const answer = await fetch(ENDPOINT, {
  method: "POST",
  headers: { ...(await authorization()), "Content-Type": "application/json" },
  body: JSON.stringify({ query: print(STATE), variables: { room: ROOM } }),
});
const { data } = (await answer.json()) as { data: StateQuery };
tell({ state: state(data) });
last = data.room?.cursor;
listen();
