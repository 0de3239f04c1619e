const STORED_TABS = "graphiql:tabState";
const SEED = "enfilade:seed";
const WELCOME = "# Write a query and press Ctrl-Enter.\n# Headers say as whom it runs.\n\n";

/**
 * The tabs to open with. What a person changed survives a reload, until the server's own tabs change. Headers always
 * come anew from the server, matched by operation, because a token from an earlier run is dead.
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

/** GraphiQL's storage, without its own way of restoring tabs, which would bring them back with nobody's headers. */
export const storage = {
  getItem: (key) => (key === STORED_TABS ? null : localStorage.getItem(key)),
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  get length() {
    return localStorage.length;
  },
};
