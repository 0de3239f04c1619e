export const AWAY = "Server not reachable. Press ▶ again when it is up.";
const GATEWAY = new Set([502, 503, 504]);

/** Whether the server answers. A failed request says so in one sentence, here and in the answer. */
export class Reach {
  #away = false;
  #listeners = new Set();

  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  isAway = () => this.#away;

  note = (away) => {
    if (away === this.#away) return;
    this.#away = away;
    this.#listeners.forEach((listener) => listener());
  };

  /** As `fetch`, but raises AWAY if the server cannot be reached, or a proxy answers in its place. */
  fetch = async (...request) => {
    const response = await fetch(...request).catch((error) => {
      this.note(true);
      throw new Error(AWAY, { cause: error });
    });
    const isJson = response.headers.get("content-type")?.includes("json");
    this.note(GATEWAY.has(response.status) && !isJson);
    if (this.#away) throw new Error(AWAY);
    return response;
  };
}
