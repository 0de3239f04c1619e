import { Accounts } from "./accounts.js";

/** Loads the configuration of this page from the server: the endpoint, the accounts, and the tabs of the tour. */
export async function loadConfig() {
  const response = await fetch("/ide/config.json").catch(() => {
    throw new Error("Server not reachable.");
  });
  if (!response.ok) throw new Error(`/ide/config.json answered ${response.status}.`);
  return response.json();
}

/** Returns headers with a new token, for a tab whose token was refused. What a person wrote is returned unchanged. */
export async function renewHeaders(headers, accounts) {
  const username = accounts.of(JSON.stringify(headers));
  if (!username) return headers;
  return JSON.parse(new Accounts(await loadConfig()).headers(username, JSON.stringify(headers)));
}
