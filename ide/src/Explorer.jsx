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
  return (
    <div className="by-chapter">
      <style>{headings(chapters)}</style>
      {explorerPlugin({ schema: ordered }).content()}
    </div>
  );
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
