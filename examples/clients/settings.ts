/** What a program gets from its surroundings, and how it prints what it sees. */

export const URL = `${process.env.ENFILADE_URL ?? "http://127.0.0.1:8000"}/graphql`;
export const SOCKET_URL = URL.replace(/^http/, "ws");
export const ROOM = process.env.ENFILADE_ROOM ?? "";

let held = { token: "", until: 0 };

/** Returns a token that is valid for a second at least. An app asks its own backend, or its identity provider. */
export async function token(): Promise<string> {
  if (Date.now() > held.until) {
    const answer = await fetch(process.env.ENFILADE_TOKEN_URL ?? "");
    const fresh = await answer.text();
    const claims = JSON.parse(atob(fresh.split(".")[1] ?? "")) as { exp: number };
    held = { token: fresh, until: claims.exp * 1000 - 1000 };
  }
  return held.token;
}

export async function authorization(): Promise<{ Authorization: string }> {
  return { Authorization: `Bearer ${await token()}` };
}

/** Prints a line of JSON. */
export function tell(line: object): void {
  console.log(JSON.stringify(line));
}
