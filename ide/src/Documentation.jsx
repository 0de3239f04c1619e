import { ChevronLeftIcon, MagnifyingGlassIcon, MarkdownContent, pick, useGraphiQL } from "@graphiql/react";
import {
  Argument,
  DOC_EXPLORER_PLUGIN,
  DeprecationReason,
  DocExplorer,
  FieldDocumentation,
  FieldLink,
  SchemaDocumentation,
  TypeDocumentation,
  TypeLink,
  useDocExplorer,
  useDocExplorerActions,
} from "@graphiql/plugin-doc-explorer";
import { isType } from "graphql";
import { useMemo, useRef, useState } from "react";
import { chaptersOf, introductionOf } from "./chapters.js";
import { findInSchema } from "./search.js";
import "./documentation.css";

// GraphiQL gives its own plugin, and no other, the store of places that were visited. So this content is put into it.
DOC_EXPLORER_PLUGIN.content = Documentation;

/** The documentation: as the plugin has it, with a search in descriptions too, and the mutations by chapter. */
function Documentation() {
  const { schema, validationErrors } = useGraphiQL(pick("schema", "validationErrors"));
  const places = useDocExplorer();
  const [text, setText] = useState("");
  // The plugin's own content says why there is no schema yet.
  if (!schema || validationErrors.length) return <DocExplorer />;
  const current = places.at(-1);
  return (
    <section className="graphiql-doc-explorer" aria-label="Documentation Explorer">
      <div className="graphiql-doc-explorer-header">
        <div className="graphiql-doc-explorer-header-content">
          <Back to={places.at(-2)} />
          <div className="graphiql-doc-explorer-title">{current.name}</div>
        </div>
      </div>
      <Search text={text} onChange={setText} />
      <div className="graphiql-doc-explorer-content">
        {text.trim() ? (
          <Found schema={schema} text={text} within={current.def} onChoose={() => setText("")} />
        ) : (
          <Place schema={schema} def={current.def} />
        )}
      </div>
    </section>
  );
}

function Back({ to }) {
  const { pop } = useDocExplorerActions();
  if (!to) return null;
  return (
    <a href="#" className="graphiql-doc-explorer-back" aria-label={`Go back to ${to.name}`} onClick={instead(pop)}>
      <ChevronLeftIcon />
      {to.name}
    </a>
  );
}

/** The search field. A click on its frame focuses it, as GraphiQL's shortcut expects. */
function Search({ text, onChange }) {
  const field = useRef(null);
  return (
    <div className="graphiql-doc-explorer-search-input documentation-search" onClick={() => field.current.focus()}>
      <MagnifyingGlassIcon />
      <input
        ref={field}
        type="search"
        value={text}
        aria-label="Search names and descriptions"
        placeholder="Search names and descriptions"
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

function Found({ schema, text, within, onChoose }) {
  const { push } = useDocExplorerActions();
  const found = useMemo(() => findInSchema(schema, text, within), [schema, text, within]);
  if (!found.length) return <p>Nothing has “{text.trim()}” in its name or description.</p>;
  const open = ({ type, field }) => {
    push({ name: type.name, def: type });
    if (field) push({ name: field.name, def: field });
    onChoose();
  };
  return (
    <ul className="documentation-found" aria-label="Found">
      {found.map((place) => (
        <li key={place.path}>
          <a href="#" className="graphiql-doc-explorer-field-name" onClick={instead(() => open(place))}>
            {place.path}
          </a>
          {place.description && <MarkdownContent type="description">{place.description}</MarkdownContent>}
        </li>
      ))}
    </ul>
  );
}

function Place({ schema, def }) {
  if (!def) return <SchemaDocumentation schema={schema} />;
  if (!isType(def)) return <FieldDocumentation field={def} />;
  const chapters = def === schema.getMutationType() ? chaptersOf(def) : [];
  return chapters.length ? <Chapters type={def} chapters={chapters} /> : <TypeDocumentation type={def} />;
}

// Chapters stay open while a person reads what one of their mutations does, and comes back.
const opened = new Set();

function Chapters({ type, chapters }) {
  const toggled = (title) => (event) => (event.target.open ? opened.add(title) : opened.delete(title));
  return (
    <>
      <MarkdownContent type="description">{introductionOf(type)}</MarkdownContent>
      {chapters.map(({ title, fields }) => (
        <details key={title} className="documentation-chapter" open={opened.has(title)} onToggle={toggled(title)}>
          <summary>
            {title} <small>{fields.length}</small>
          </summary>
          {fields.map((field) => (
            <Mutation key={field.name} field={field} />
          ))}
        </details>
      ))}
    </>
  );
}

function Mutation({ field }) {
  return (
    <div className="graphiql-doc-explorer-item">
      <div>
        <FieldLink field={field} />(
        {field.args.map((argument) => (
          <Argument key={argument.name} arg={argument} inline />
        ))}
        ): <TypeLink type={field.type} />
      </div>
      <MarkdownContent type="description">{field.description}</MarkdownContent>
      <DeprecationReason>{field.deprecationReason}</DeprecationReason>
    </div>
  );
}

/** Returns a handler for a link that leads nowhere but does this. */
function instead(act) {
  return (event) => {
    event.preventDefault();
    act();
  };
}
