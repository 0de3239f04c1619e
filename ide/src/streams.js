import { createClient } from "graphql-ws";

const KEPT = 200;
const FORBIDDEN = 4403;

/**
 * The running subscriptions and their results. GraphiQL shows only the last result of a subscription, and drops it when
 * another tab is opened. Here a stream runs until it is stopped, it is run again, or its tab is closed. Each stream has
 * a socket of its own, because each tab may use another account.
 */
export class Streams {
  #url;
  #renew;
  #activeTab;
  #listeners = new Set();
  #state = { live: [], entries: [], count: 0 };

  constructor(url, renew) {
    this.#url = url;
    this.#renew = renew;
  }

  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = () => this.#state;

  clear = () => this.#set({ entries: [] });

  stop = (stream) => {
    stream.dispose();
    this.#end(stream);
  };

  /** Returns an observable for GraphiQL, which unsubscribes from it both on Stop and on a change of tabs. */
  open(request, headers) {
    return {
      subscribe: (sink) => {
        const stream = { tab: this.#activeTab, name: request.operationName ?? "subscription", sink };
        this.#start(stream, { ...request }, headers);
        return { unsubscribe: () => this.#unwatch(stream) };
      },
    };
  }

  tabsChanged = ({ tabs, activeTabIndex }) => {
    this.#activeTab = tabs[activeTabIndex].id;
    for (const stream of this.#state.live) {
      if (!tabs.some(({ id }) => id === stream.tab)) this.stop(stream);
      else if (stream.tab !== this.#activeTab) detach(stream);
    }
  };

  #start(stream, request, headers) {
    this.#state.live.filter(({ tab }) => tab === stream.tab).forEach(this.stop);
    this.#set({ live: [...this.#state.live, stream] });
    const client = createClient({ url: this.#url, ...this.#connection(stream, headers) });
    stream.dispose = client.subscribe(request, {
      next: (result) => {
        resumeAfter(request, result);
        this.#note(stream, nameOf(result), result);
        stream.sink?.next(result);
      },
      error: (problem) => this.#fail(stream, problem),
      complete: () => this.#end(stream),
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
        closed: ({ code, reason }) => this.#note(stream, `socket closed ${code} ${reason}`),
      },
    };
  }

  #unwatch(stream) {
    stream.sink = undefined;
    // On a change of tabs, GraphiQL calls `tabsChanged` right after this, in the same turn. Otherwise the person
    // pressed Stop.
    queueMicrotask(() => stream.tab === this.#activeTab && this.stop(stream));
  }

  #fail(stream, problem) {
    const errors = Array.isArray(problem) ? problem : [{ message: describe(problem) }];
    this.#note(stream, "error", { errors });
    stream.sink?.next({ errors });
    this.#end(stream);
  }

  #end(stream) {
    if (!this.#state.live.includes(stream)) return;
    this.#note(stream, "ended");
    this.#set({ live: this.#state.live.filter((other) => other !== stream) });
    detach(stream);
  }

  #note(stream, kind, result) {
    if (!this.#state.live.includes(stream)) return;
    const entry = { id: this.#state.count, at: new Date(), name: stream.name, kind, result };
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

function nameOf({ data, errors }) {
  const [field, value] = Object.entries(data ?? {})[0] ?? [];
  return errors ? "error" : (value?.__typename ?? field);
}

function describe({ code, reason, message }) {
  return code ? `The socket was closed with ${code} ${reason}`.trim() : (message ?? "The server cannot be reached.");
}
