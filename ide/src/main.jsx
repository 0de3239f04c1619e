import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";
import "./Documentation.jsx";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { loadConfig, renewHeaders } from "./config.js";
import { explorerByChapter } from "./Explorer.jsx";
import { createFetcher } from "./fetcher.js";
import { Streams } from "./streams.js";
import { StreamsLog } from "./StreamsLog.jsx";
import { openingTabs, storage } from "./tabs.js";

const root = createRoot(document.getElementById("root"));
loadConfig()
  .then((config) => root.render(<Ide {...ideFor(config)} />))
  .catch((error) => root.render(<p className="opening">GraphiQL cannot open: {error.message}</p>));

function ideFor(config) {
  const url = new URL(config.endpoint, location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol.replace("http", "ws");
  const streams = new Streams(socket.href, (headers) => renewHeaders(headers, config));
  // GraphiQL's history plugin is left out because it writes headers, including tokens, to the browser's storage.
  const plugins = [explorerByChapter()];
  return { config, streams, plugins, tabs: openingTabs(config), fetcher: createFetcher(url.href, streams) };
}

function Ide({ config, streams, plugins, tabs, fetcher }) {
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={plugins}
      onTabChange={streams.tabsChanged}
      isHeadersEditorEnabled
      shouldPersistHeaders={false}
      schemaDescription
      defaultTabs={tabs}
      // GraphiQL fills the editors from the `initial…` props, not from the first tab. New tabs get `defaultHeaders`.
      initialQuery={tabs[0].query}
      initialVariables={tabs[0].variables}
      initialHeaders={tabs[0].headers}
      defaultHeaders={config.headers}
    >
      <GraphiQL.Logo>Enfilade</GraphiQL.Logo>
      <GraphiQL.Footer>
        <StreamsLog streams={streams} />
      </GraphiQL.Footer>
    </GraphiQL>
  );
}
