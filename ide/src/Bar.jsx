import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useSystemTheme, useWholeLines } from "./editors.js";

/** The row above the tabs: the chapter of the tour, the account of the open tab, and whether the server answers. */
export function Bar({ tabs, accounts, reach }) {
  useWholeLines();
  useSystemTheme();
  const away = useSyncExternalStore(reach.subscribe, reach.isAway);
  return (
    <div className="bar">
      <b>Enfilade</b>
      <Chapter tabs={tabs} />
      {accounts.all.length > 0 && <Account accounts={accounts} />}
      {away && <strong role="status">Server not reachable</strong>}
    </div>
  );
}

function Chapter({ tabs }) {
  const { moveTab, changeTab, closeTab } = useGraphiQLActions();
  const { shown, active } = useGraphiQL((state) => ({ shown: state.tabs, active: state.activeTabIndex }));
  const [chapter, setChapter] = useState(tabs.chapter);
  // GraphiQL has no action that replaces all tabs: the new ones come behind the open one, which then closes.
  const open = (next) => {
    const opened = tabs.open(next);
    setChapter(next);
    moveTab([shown[active], ...opened.tabs]);
    changeTab(1 + opened.active);
    closeTab(0);
  };
  useEffect(() => open(chapter), []);
  useEffect(() => {
    document.querySelector(".graphiql-tab-active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown, active]);
  if (!tabs.chapters.length) return null;
  return (
    <label>
      Tour{" "}
      <select value={chapter} onChange={({ target }) => open(target.value)} title="The chapter of the tour">
        {tabs.chapters.map((name) => (
          <option key={name} value={name}>
            {tabs.numbers(name)} · {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Account({ accounts }) {
  const { updateActiveTabValues } = useGraphiQLActions();
  const { headers, headerEditor } = useGraphiQL(({ tabs, activeTabIndex, headerEditor }) => ({
    headers: tabs[activeTabIndex].headers,
    headerEditor,
  }));
  const username = accounts.of(headers) ?? "";
  const choose = (chosen) => {
    const changed = accounts.headers(chosen, headers);
    headerEditor?.setValue(changed);
    updateActiveTabValues({ headers: changed });
  };
  return (
    <label>
      as{" "}
      <select value={username} onChange={({ target }) => choose(target.value)} title="The account of this tab">
        {!username && <option value="">own headers</option>}
        {accounts.all.map(({ username, name }) => (
          <option key={username} value={username}>
            {username} · {name}
          </option>
        ))}
      </select>
    </label>
  );
}
