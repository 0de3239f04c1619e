const WANTED = /^the last (\w+)$/;

/**
 * Ids that are known only after a tab has been run. Where Variables contain "the last RoomSession", the page sends the
 * id of the last RoomSession in any answer on this page. If no answer had one, the text is sent unchanged, and the
 * server refuses it.
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

/** Returns the kind in an id. schema/types/ids.py encodes ids as a kind, a colon and 16 bytes, in base64 for URLs. */
function kindOf(id) {
  try {
    return /^\w+(?=:)/.exec(atob(id.replaceAll("-", "+").replaceAll("_", "/")))?.[0];
  } catch {
    return undefined;
  }
}
