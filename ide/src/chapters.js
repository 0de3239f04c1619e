const CHAPTER = /^- (.+?): (.+)\.$/gm;
const NAME = /`(\w+)`/g;

/**
 * Returns the fields of a root type by chapter, as its description lists them (schema/mutations/root.py). Fields that
 * the description does not name come last. A type whose description has no chapters gives none.
 */
export function chaptersOf(type) {
  const fields = new Map(Object.entries(type?.getFields() ?? {}));
  const chapters = [];
  for (const [, title, names] of (type?.description ?? "").matchAll(CHAPTER)) {
    const own = [...names.matchAll(NAME)].map(([, name]) => fields.get(name)).filter(Boolean);
    own.forEach((field) => fields.delete(field.name));
    if (own.length) chapters.push({ title, fields: own });
  }
  if (chapters.length && fields.size) chapters.push({ title: "More", fields: [...fields.values()] });
  return chapters;
}

/** Returns what the description says before its chapters. */
export function introductionOf(type) {
  return type.description.split(/^- /m, 1)[0].trim();
}
