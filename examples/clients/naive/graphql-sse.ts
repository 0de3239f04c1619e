/** Not to copy: retries with the variables of the first time, so events are lost. */

import { print } from "graphql";
import { createClient } from "graphql-sse";

import { NEWS, event } from "../documents.ts";
import type { NewsSubscription } from "../generated/graphql.ts";
import { ROOM, URL, authorization, tell } from "../settings.ts";

const client = createClient({
  url: URL,
  headers: authorization,
  retryAttempts: Infinity,
  retry: () => new Promise((resolve) => setTimeout(resolve, 200)),
});

function listen(): void {
  client.subscribe<NewsSubscription>(
    { query: print(NEWS), variables: { room: ROOM } },
    { next: ({ data }) => data && tell({ event: event(data) }), error: console.error, complete: listen },
  );
}

listen();
