import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";
import "./Documentation.jsx";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { Accounts } from "./accounts.js";
import { Bar } from "./Bar.jsx";
import { loadConfig, renewHeaders } from "./config.js";
import { explorerByChapter } from "./Explorer.jsx";
import { createFetcher } from "./fetcher.js";
import { Lately } from "./lately.js";
import { Reach } from "./reach.js";
import { Streams } from "./streams.js";
import { StreamsLog } from "./StreamsLog.jsx";
import { storage, Tabs } from "./tabs.js";

const root = createRoot(document.getElementById("root"));
loadConfig()
  .then((config) => root.render(<Ide {...ideFor(config)} />))
  .catch((error) => root.render(<p className="opening">GraphiQL cannot open: {error.message}</p>));

function ideFor(config) {
  const url = new URL(config.endpoint, location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol.replace("http", "ws");
  const accounts = new Accounts(config);
  const tabs = new Tabs(config, accounts);
  const reach = new Reach();
  const streams = new Streams(socket.href, (headers) => renewHeaders(headers, accounts), reach);
  const lately = new Lately(tabs.seed);
  const whichGives = (kind) => tabs.whichGives(config.sources[kind]);
  // GraphiQL's history plugin is left out because it writes headers, including tokens, to the browser's storage.
  const plugins = [explorerByChapter()];
  const fetcher = createFetcher(url.href, { streams, reach, lately, whichGives });
  return { accounts, tabs, reach, streams, plugins, fetcher };
}

function Ide({ accounts, tabs, reach, streams, plugins, fetcher }) {
  const opened = tabs.open(tabs.chapter);
  const first = opened.tabs[opened.active];
  const onTabChange = (state) => {
    tabs.changed(state);
    streams.tabsChanged(state);
  };
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={plugins}
      onTabChange={onTabChange}
      confirmCloseTab={streams.closing}
      isHeadersEditorEnabled
      shouldPersistHeaders={false}
      schemaDescription
      // GraphiQL fills the editors from the `initial…` props. `Bar` opens the chapter's other tabs. New tabs get
      // `defaultHeaders`.
      defaultTabs={[first]}
      initialQuery={first.query}
      initialVariables={first.variables}
      initialHeaders={first.headers}
      defaultHeaders={accounts.headers(accounts.all[0]?.username)}
    >
      <GraphiQL.Logo>
        <Bar tabs={tabs} accounts={accounts} reach={reach} />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <StreamsLog streams={streams} />
      </GraphiQL.Footer>
    </GraphiQL>
  );
}
