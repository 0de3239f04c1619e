const STORED = "enfilade:tabs";
const GRAPHIQL_STORED = "graphiql:tabState";
const NAME = /^[^#\n]*\b(?:query|mutation|subscription)\s+(\w+)/m;
const WELCOME = "# Write a query and press Ctrl-Enter.\n# Headers say as whom it runs.\n\n";

/**
 * The tabs: those of the tour, one chapter at a time, and a person's own. What a person changes survives a change of
 * chapters and a reload, until the server's own tabs change. Tokens are never stored, only whose they are.
 */
export class Tabs {
  #accounts;
  #tour;
  #kept = {};
  #chapter;

  constructor({ tabs: tour }, accounts) {
    this.#accounts = accounts;
    this.#tour = tour;
    this.seed = JSON.stringify(tour.map(({ query, variables }) => [query, variables]));
    this.chapters = [...new Set(tour.map(({ chapter }) => chapter))];
    const { seed, chapter, kept } = stored();
    if (seed === this.seed) this.#kept = kept;
    this.#chapter = seed === this.seed ? chapter : (this.chapters[0] ?? "");
  }

  get chapter() {
    return this.#chapter;
  }

  /** Returns the numbers of a chapter's tabs, as "10–15". */
  numbers(chapter) {
    const numbers = this.#tour.filter((tab) => tab.chapter === chapter).map(({ number }) => number);
    return numbers.length > 1 ? `${numbers[0]}–${numbers.at(-1)}` : `${numbers[0]}`;
  }

  /** Returns the chapter's tabs and which of them is active. Tabs of the tour that a person has closed come back. */
  open(chapter) {
    this.#chapter = chapter;
    const { tabs, active } = this.#kept[chapter] ?? { tabs: [], active: 0 };
    const titles = new Set(tabs.map(nameOf));
    const fresh = this.#tour.filter((tab) => tab.chapter === chapter && !titles.has(tab.title));
    const all = [...tabs, ...fresh].map((tab) => this.#tab(tab));
    if (!all.length) all.push(this.#tab({ query: WELCOME }));
    if (fresh.length)
      all.sort((one, other) => (this.#of(one)?.number ?? Infinity) - (this.#of(other)?.number ?? Infinity));
    return { tabs: all, active: Math.min(active, all.length - 1) };
  }

  /** GraphiQL calls this with its new state before it keeps it, which is how a tab gets its title. */
  changed = ({ tabs, activeTabIndex }) => {
    for (const tab of tabs) tab.title = this.titleOf(tab);
    this.#kept[this.#chapter] = { tabs, active: activeTabIndex };
    const kept = Object.entries(this.#kept).map(([chapter, { tabs, active }]) => [
      chapter,
      {
        active,
        tabs: tabs.map(({ query, variables, headers }) => ({ query, variables, account: this.#accounts.of(headers) })),
      },
    ]);
    localStorage.setItem(
      STORED,
      JSON.stringify({ seed: this.seed, chapter: this.#chapter, kept: Object.fromEntries(kept) }),
    );
  };

  /** Returns "11 · moderator · WatchRoom". A person's own tab has no number. */
  titleOf(tab) {
    return [this.#of(tab)?.number, this.#accounts.of(tab.headers), nameOf(tab) ?? "new"].filter(Boolean).join(" · ");
  }

  /** Returns which tab to run, where an id of this kind is needed and not known. */
  whichGives(title) {
    const tab = this.#tour.find((tab) => tab.title === title);
    return tab && `${tab.number} · ${tab.account} · ${tab.title}, in the chapter “${tab.chapter}”`;
  }

  #of(tab) {
    return this.#tour.find(({ title }) => title === nameOf(tab));
  }

  #tab(tab) {
    const { query, variables = "", response = null } = tab;
    const username = tab.account ?? this.#of(tab)?.account ?? this.#accounts.all[0]?.username;
    const headers = tab.headers ?? this.#accounts.headers(username);
    const number = this.#of(tab)?.number;
    const id = tab.id ?? (number ? `tour-${number}` : `own-${Math.random()}`);
    const made = { id, hash: id, query, variables, headers, operationName: nameOf(tab) ?? null, response };
    return { ...made, title: this.titleOf(made) };
  }
}

function nameOf({ query }) {
  return NAME.exec(query ?? "")?.[1];
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch {
    return {};
  }
}

/** GraphiQL's storage, without its tabs: it would restore them without headers. `Tabs` stores them. */
export const storage = {
  getItem: (key) => (key === GRAPHIQL_STORED ? null : localStorage.getItem(key)),
  setItem: (key, value) => key !== GRAPHIQL_STORED && localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  get length() {
    return localStorage.length;
  },
};
