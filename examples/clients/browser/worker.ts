/** A service worker that adds the token to requests of an EventSource, which takes no headers itself. */

import { URL as ENDPOINT, authorization } from "../settings.ts";

interface Asking extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

const worker = self as unknown as EventTarget & { clients: { claim(): Promise<void> }; skipWaiting(): Promise<void> };

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", () => void worker.clients.claim());
worker.addEventListener("fetch", (event) => {
  const { request } = event as Asking;
  const isStream = request.headers.get("Accept") === "text/event-stream" && request.url.startsWith(ENDPOINT);
  if (isStream) (event as Asking).respondWith(withToken(request));
});

async function withToken({ url, headers, signal }: Request): Promise<Response> {
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(await authorization())) all.set(name, value);
  return fetch(url, { headers: all, signal });
}
