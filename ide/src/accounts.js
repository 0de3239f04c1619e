/**
 * The accounts that the server gives tokens for, which it does in development only. A tab's account is in its headers,
 * so that a person sees what is sent.
 */
export class Accounts {
  #names;
  #tokens;

  constructor({ accounts = {} }) {
    this.#names = Object.entries(accounts).map(([username, { name }]) => ({ username, name }));
    this.#tokens = new Map(Object.entries(accounts).map(([username, { token }]) => [username, `Bearer ${token}`]));
  }

  /** All accounts in the server's order, each with `username` and `name`. */
  get all() {
    return this.#names;
  }

  /** Returns the headers with this account's token, as text. Other headers are kept. */
  headers(username, others) {
    const Authorization = this.#tokens.get(username);
    return Authorization ? JSON.stringify({ ...parsed(others), Authorization }, null, 2) : (others ?? "");
  }

  /** Returns the username whose token is in these headers, or undefined if a person wrote them. */
  of(headers) {
    const { Authorization } = parsed(headers);
    return Authorization && [...this.#tokens].find(([, bearer]) => bearer === Authorization)?.[0];
  }
}

function parsed(headers) {
  try {
    return JSON.parse(headers || "{}");
  } catch {
    return {};
  }
}
