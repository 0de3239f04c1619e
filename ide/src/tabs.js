const STORED_TABS = "graphiql:tabState";
const SEED = "enfilade:seed";
const WELCOME = "# Write a query and press Ctrl-Enter.\n# Headers say as whom it runs.\n\n";

/**
 * Returns the tabs to open with. A person's changes survive a reload, until the server's own tabs change. Headers
 * always come from the server, matched by the tab's title, because tokens from an earlier run are no longer valid.
 */
export function openingTabs({ tabs, headers }) {
  const seed = JSON.stringify(tabs.map(({ query, variables }) => [query, variables]));
  const stored = localStorage.getItem(SEED) === seed ? storedTabs() : [];
  localStorage.setItem(SEED, seed);
  if (!stored.length) return tabs.length ? tabs : [{ query: WELCOME, variables: "", headers }];
  const issued = new Map(tabs.map((tab) => [tab.title, tab.headers]));
  return stored.map((tab) => ({ ...tab, headers: issued.get(tab.title) ?? headers }));
}

function storedTabs() {
  try {
    return JSON.parse(localStorage.getItem(STORED_TABS)).tabs;
  } catch {
    return [];
  }
}

/** GraphiQL's storage. It hides the stored tabs from GraphiQL, which would restore them without headers. */
export const storage = {
  getItem: (key) => (key === STORED_TABS ? null : localStorage.getItem(key)),
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  get length() {
    return localStorage.length;
  },
};
