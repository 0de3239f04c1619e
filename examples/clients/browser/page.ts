/**
 * A page of another origin than the server's, which must list it in ENFILADE_ALLOWED_ORIGINS.
 *
 * It reads the state with the headers that Apollo Client and tracing libraries add, and listens over a WebSocket, or with
 * `#eventsource` over the browser's own EventSource.
 */

import { print } from "graphql";
import { type ExecutionResult, createClient } from "graphql-ws";

import { NEWS, STATE, event, state } from "../documents.ts";
import type { NewsSubscription, StateQuery } from "../generated/graphql.ts";
import { isPassing, pause, resuming } from "../resume.ts";
import { ROOM, SOCKET_URL, URL as ENDPOINT, authorization, tell } from "../settings.ts";

interface Place {
  room: string;
  after?: string;
}

async function read(): Promise<StateQuery> {
  const answer = await fetch(ENDPOINT, {
    method: "POST",
    headers: {
      ...(await authorization()),
      "Content-Type": "application/json",
      "Apollographql-Client-Name": "page",
      "Apollographql-Client-Version": "1.0",
      Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    },
    body: JSON.stringify({ query: print(STATE), variables: { room: ROOM } }),
  });
  return ((await answer.json()) as { data: StateQuery }).data;
}

function listenBySocket(variables: Place): void {
  const client = createClient({
    url: SOCKET_URL,
    connectionParams: authorization,
    retryAttempts: 0, // `resuming` retries
    on: { closed: (why) => tell({ closed: (why as CloseEvent).code }) },
  });
  resuming<ExecutionResult<NewsSubscription>>(
    variables,
    (sink) => client.subscribe({ query: print(NEWS), variables: { ...variables } }, sink),
    {
      next: ({ data, errors }) => tell(data ? { event: event(data) } : { error: errors }),
      error: (problem) => tell({ error: String(problem) }),
      complete: () => tell({ complete: true }),
    },
  );
}

function listenByEventSource(variables: Place, failures = 0): void {
  const url = new URL(ENDPOINT);
  url.searchParams.set("query", print(NEWS));
  url.searchParams.set("variables", JSON.stringify(variables));
  const source = new EventSource(url);
  source.addEventListener("next", ({ data }) => {
    const result = JSON.parse(data as string) as { data?: NewsSubscription; errors?: object[] };
    if (result.data) {
      failures = 0;
      variables.after = result.data.roomEvents.cursor;
      tell({ event: event(result.data) });
    } else if (!isPassing(result)) {
      source.close();
      tell({ error: result.errors });
    }
  });
  source.addEventListener("error", () => {
    tell({ closed: source.readyState });
    // Chromium shows a service worker no Last-Event-ID, so its own retry would begin at the first `after` again.
    source.close();
    setTimeout(listenByEventSource, pause(failures), variables, failures + 1);
  });
}

/** Waits until the service worker adds the token to what this page sends. */
async function ready(): Promise<void> {
  await navigator.serviceWorker.register("worker.js", { type: "module" });
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
}

try {
  const first = await read();
  tell({ state: state(first) });
  const variables = { room: ROOM, after: first.room?.cursor };
  if (location.hash === "#eventsource") {
    await ready();
    listenByEventSource(variables);
  } else {
    listenBySocket(variables);
  }
} catch (problem) {
  tell({ refused: String(problem) }); // the browser shows why in its console, and tells the page nothing
  if (location.hash === "#insist") listenBySocket({ room: ROOM });
}
