const WANTED = /^the last (\w+)$/;

/**
 * Ids that nobody can know before a tab has been run: where Variables say "the last RoomSession", the id of the last one
 * that any answer on this page held is sent. What no answer held is sent as it stands, and refused by the server.
 */
export class Lately {
  #ids = new Map();

  note(value) {
    if (!value || typeof value !== "object") return;
    if (typeof value.id === "string") this.#ids.set(kindOf(value.id), value.id);
    Object.values(value).forEach((inner) => this.note(inner));
  }

  fill(value) {
    if (typeof value === "string") return this.#ids.get(WANTED.exec(value)?.[1]) ?? value;
    if (!value || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((inner) => this.fill(inner));
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.fill(inner)]));
  }
}

/** As schema/types/ids.py writes ids: a kind, a colon and 16 bytes, in base64 for URLs. */
function kindOf(id) {
  try {
    return /^\w+(?=:)/.exec(atob(id.replaceAll("-", "+").replaceAll("_", "/")))?.[0];
  } catch {
    return undefined;
  }
}
