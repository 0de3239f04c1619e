import { useGraphiQL } from "@graphiql/react";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { useLayoutEffect, useMemo, useRef } from "react";
import { chaptersOf } from "./chapters.js";
import "./documentation.css";

/** Returns the explorer, with the mutations by chapter. */
export function explorerByChapter() {
  return { ...explorerPlugin(), content: ByChapter };
}

function ByChapter() {
  const schema = useGraphiQL((state) => state.schema);
  const chapters = useMemo(() => chaptersOf(schema?.getMutationType()), [schema]);
  const ordered = useMemo(() => schema && inOrder(schema, chapters), [schema, chapters]);
  const place = useRef(null);
  const tab = useGraphiQL((state) => state.activeTabIndex);
  useLayoutEffect(() => stayAtTop(place.current), [ordered, tab]);
  return (
    <div className="by-chapter" ref={place}>
      <style>{headings(chapters)}</style>
      {explorerPlugin({ schema: ordered }).content()}
    </div>
  );
}

/**
 * Keeps the explorer at its top until a person presses something. It focuses the last of its inputs when it shows an
 * operation, and the browser scrolls there. Returns a function that ends this.
 */
function stayAtTop(explorer) {
  const panel = explorer.closest(".graphiql-plugin");
  const pressed = new AbortController();
  const { signal } = pressed;
  const leave = ({ target, relatedTarget }) => {
    target.blur();
    relatedTarget?.focus({ preventScroll: true });
    panel.scrollTo(0, 0);
  };
  explorer.addEventListener("focusin", leave, { signal });
  for (const press of ["pointerdown", "keydown"])
    document.addEventListener(press, () => pressed.abort(), { capture: true, signal });
  if (explorer.contains(document.activeElement)) document.activeElement.blur();
  panel.scrollTo(0, 0);
  return () => pressed.abort();
}

/**
 * Returns the schema with other keys of its mutations. The explorer sorts mutations by their keys, and shows their
 * names, so keys that begin with the chapter's number keep the chapters together.
 */
function inOrder(schema, chapters) {
  const type = schema.getMutationType();
  if (!type || !chapters.length) return schema;
  const fields = chapters.flatMap((chapter) => chapter.fields);
  const keyed = Object.fromEntries(fields.map((field, place) => [String(place).padStart(4, "0"), field]));
  const mutation = Object.create(type, { getFields: { value: () => keyed } });
  return Object.create(schema, { getMutationType: { value: () => mutation } });
}

/** Returns the style that writes a chapter's title above its first mutation. The explorer has no place for headings. */
function headings(chapters) {
  return chapters
    .map(({ title, fields: [first] }) => {
      const place = `.by-chapter [id^="mutation-"] > .graphiql-explorer-${first.name}::before`;
      return `${place} { content: ${JSON.stringify(title)}; }`;
    })
    .join("\n");
}
