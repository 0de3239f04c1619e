import { useSyncExternalStore } from "react";
import { gist } from "./words.js";

/** Shows the results of all subscriptions, the newest first. Renders nothing until a subscription is run. */
export function StreamsLog({ streams }) {
  const { live, entries } = useSyncExternalStore(streams.subscribe, streams.snapshot);
  if (!live.length && !entries.length) return null;
  return (
    <section className="streams" aria-label="Streams">
      <header>
        <h2>Streams</h2>
        {live.map((stream) => (
          <button key={stream.tab} title="Stop this stream" onClick={() => streams.stop(stream)}>
            {stream.title} · {stream.events || stream.state} ×
          </button>
        ))}
        <button onClick={streams.clear}>Clear</button>
      </header>
      <ol>
        {entries.map((entry) => (
          <Entry key={entry.id} {...entry} />
        ))}
      </ol>
    </section>
  );
}

function Entry({ at, name, kind, result, words }) {
  return (
    <li>
      <details>
        <summary>
          <time dateTime={at.toISOString()}>{at.toLocaleTimeString()}</time> <b>{kind}</b> {name}{" "}
          <code>{words ?? gist(result)}</code>
        </summary>
        {result && <pre>{JSON.stringify(result, null, 2)}</pre>}
      </details>
    </li>
  );
}
