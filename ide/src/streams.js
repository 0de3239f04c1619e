import { createClient } from "graphql-ws";
import { describe, isAbnormal, nameOf } from "./words.js";

const KEPT = 200;
const FORBIDDEN = 4403;

/**
 * The running subscriptions and their results. GraphiQL shows only the last result of a subscription, and drops it when
 * another tab is opened. Here a stream runs until it is stopped, it is run again, or its tab is closed; it goes on while
 * another chapter is open. Each stream has a socket of its own, because each tab may use another account.
 */
export class Streams {
  #url;
  #renew;
  #reach;
  #tabs = [];
  #activeTab;
  #listeners = new Set();
  #state = { live: [], entries: [], count: 0 };

  constructor(url, renew, reach) {
    this.#url = url;
    this.#renew = renew;
    this.#reach = reach;
  }

  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = () => this.#state;

  clear = () => this.#set({ entries: [] });

  stop = (stream) => {
    stream.dispose();
    this.#end(stream, "It was stopped.");
  };

  /** Returns an observable for GraphiQL, which unsubscribes from it both on Stop and on a change of tabs. */
  open(request, headers) {
    return {
      subscribe: (sink) => {
        const { id, title } = this.#tabs[this.#activeTab];
        const name = request.operationName ?? "subscription";
        const stream = { tab: id, title, name, sink, events: 0, state: "connecting" };
        this.#start(stream, { ...request }, headers);
        return { unsubscribe: () => this.#unwatch(stream) };
      },
    };
  }

  tabsChanged = ({ tabs, activeTabIndex }) => {
    this.#tabs = tabs;
    this.#activeTab = activeTabIndex;
    this.#state.live.filter((stream) => !this.#isOpen(stream)).forEach(detach);
  };

  /** GraphiQL asks this when a person closes a tab. Returns true: it may be closed. */
  closing = (index) => {
    this.#state.live.filter(({ tab }) => tab === this.#tabs[index]?.id).forEach(this.stop);
    return true;
  };

  #isOpen(stream) {
    return stream.tab === this.#tabs[this.#activeTab]?.id;
  }

  #start(stream, request, headers) {
    this.#state.live.filter(({ tab }) => tab === stream.tab).forEach(this.stop);
    this.#set({ live: [...this.#state.live, stream] });
    const client = createClient({ url: this.#url, ...this.#connection(stream, headers) });
    stream.dispose = client.subscribe(request, {
      next: (result) => {
        resumeAfter(request, result);
        stream.events += 1;
        this.#note(stream, nameOf(result), result);
        stream.sink?.next(result);
      },
      error: (problem) => this.#fail(stream, problem),
      complete: () => this.#end(stream, "The server ended it."),
    });
  }

  #connection(stream, headers) {
    let refused = false;
    return {
      connectionParams: () => (refused ? this.#renew(headers) : headers),
      // If the server cannot be reached, a browser reports an error without a close code. That is retried as well.
      shouldRetry: ({ code }) => code !== FORBIDDEN || (refused = !refused),
      on: {
        message: ({ type }) => (refused &&= type !== "next"),
        connected: () => {
          this.#reach.note(false);
          this.#become(stream, "listening", "It waits for events.");
        },
        closed: (event) => {
          this.#reach.note(isAbnormal(event));
          this.#become(stream, "interrupted", describe(event));
        },
      },
    };
  }

  /** Says a new state of the connection, also in the open tab as long as that has no event to show. */
  #become(stream, state, words) {
    if (!this.#state.live.includes(stream)) return;
    stream.state = state;
    this.#note(stream, state, undefined, words);
    if (!stream.events) stream.sink?.next({ [state]: words });
  }

  #unwatch(stream) {
    stream.sink = undefined;
    // On a change of tabs, GraphiQL calls `tabsChanged` right after this, in the same turn. Otherwise the person
    // pressed Stop.
    queueMicrotask(() => this.#isOpen(stream) && this.stop(stream));
  }

  #fail(stream, problem) {
    const errors = Array.isArray(problem) ? problem : [{ message: describe(problem) }];
    this.#note(stream, "error", { errors });
    stream.sink?.next({ errors });
    this.#end(stream, "It is not retried.");
  }

  #end(stream, words) {
    if (!this.#state.live.includes(stream)) return;
    this.#note(stream, "ended", undefined, words);
    this.#set({ live: this.#state.live.filter((other) => other !== stream) });
    detach(stream);
  }

  #note(stream, kind, result, words) {
    if (!this.#state.live.includes(stream)) return;
    const entry = { id: this.#state.count, at: new Date(), name: stream.name, kind, result, words };
    this.#set({ entries: [entry, ...this.#state.entries].slice(0, KEPT), count: entry.id + 1 });
  }

  #set(change) {
    this.#state = { ...this.#state, ...change };
    this.#listeners.forEach((listener) => listener());
  }
}

function detach(stream) {
  const { sink } = stream;
  stream.sink = undefined;
  sink?.complete();
}

/** Sets `$after` to the latest cursor, so that a subscription continues where it was cut when graphql-ws reopens it. */
function resumeAfter(request, { data }) {
  const cursor = Object.values(data ?? {})[0]?.cursor;
  if (cursor) request.variables = { ...request.variables, after: cursor };
}
