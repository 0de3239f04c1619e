const WANTED = /^the last (\w+)$/;
const STORED = "enfilade:lately";

/**
 * Ids that are known only after a tab has been run. Where Variables contain "the last RoomSession", the page sends the
 * id of the last RoomSession in any answer. The ids survive a reload, and are forgotten if `seed` changes.
 */
export class Lately {
  #seed;
  #ids;

  constructor(seed) {
    this.#seed = seed;
    this.#ids = new Map(stored(seed));
  }

  note(value) {
    this.#gather(value);
    sessionStorage.setItem(STORED, JSON.stringify({ seed: this.#seed, ids: [...this.#ids] }));
  }

  fill(value) {
    if (typeof value === "string") return this.#ids.get(WANTED.exec(value)?.[1]) ?? value;
    if (!value || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((inner) => this.fill(inner));
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.fill(inner)]));
  }

  /** Returns the kinds that are wanted and that no answer has had yet. `value` is filled. */
  missing(value) {
    if (typeof value === "string") return WANTED.exec(value)?.slice(1) ?? [];
    if (!value || typeof value !== "object") return [];
    return [...new Set(Object.values(value).flatMap((inner) => this.missing(inner)))];
  }

  #gather(value) {
    if (!value || typeof value !== "object") return;
    if (typeof value.id === "string") this.#ids.set(kindOf(value.id), value.id);
    Object.values(value).forEach((inner) => this.#gather(inner));
  }
}

function stored(seed) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORED));
    return kept?.seed === seed ? kept.ids : [];
  } catch {
    return [];
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
