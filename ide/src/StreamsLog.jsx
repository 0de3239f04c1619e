import { useSyncExternalStore } from "react";

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
            {stream.name} ×
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

function Entry({ at, name, kind, result }) {
  return (
    <li>
      <details>
        <summary>
          <time dateTime={at.toISOString()}>{at.toLocaleTimeString()}</time> <b>{kind}</b> {name}{" "}
          <code>{gist(result)}</code>
        </summary>
        {result && <pre>{JSON.stringify(result, null, 2)}</pre>}
      </details>
    </li>
  );
}

function gist({ data, errors } = {}) {
  if (errors) return errors[0].message;
  const { __typename, cursor, occurredAt, ...facts } = Object.values(data ?? {})[0] ?? {};
  return leaves(facts).join(" · ");
}

function leaves(value, name) {
  if (typeof value === "boolean") return [value ? name : `not ${name}`];
  if (!value || typeof value !== "object") return [value ?? "–"];
  return Object.entries(value).flatMap(([inner, each]) => leaves(each, Array.isArray(value) ? name : inner));
}
