"""What the documentation's site has beside docs/: the README as its first page, other pages of the repository, the schema's types and the settings.

MkDocs calls the functions `on_…`. Links from one file of the repository to another lead to the page on the site, or to a copy of the file.
"""

import posixpath
import re
from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_specified_scalar_type,
)
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "bench/README.md": "bench/README.md",
}
"""Pages of the repository, and where the site has them."""
LINK = re.compile(r"(\]\()(?!\w+:|#)([^)#\s]+)((?:#[^)]*)?\))")
COPIED = "source/"
ROOTS = {"Query": "queries", "Mutation": "mutations", "Subscription": "subscriptions"}
HEADS = {
    "queries": "Queries",
    "mutations": "Mutations",
    "subscriptions": "Subscriptions",
    "objects": "Objects",
    "interfaces": "Interfaces",
    "unions": "Unions",
    "inputs": "Inputs",
    "enums": "Enums",
    "scalars": "Scalars",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what stands outside docs/."""
    origin.clear()
    for page in files.documentation_pages():
        origin[page.src_uri] = f"docs/{page.src_uri}"
    for source, uri in PAGES.items():
        origin[uri] = source
        files.append(File.generated(config, uri, content=(ROOT / source).read_text()))
    for name, text in reference().items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    for source in list(origin.values()):
        for target in linked(source):
            if site_uri(target).startswith(COPIED) and files.get_file_from_path(site_uri(target)) is None:
                files.append(File.generated(config, site_uri(target), abs_src_path=str(ROOT / target)))
    return files


origin: dict[str, str] = {}
"""The file of the repository that each page is made of, by the page's place on the site."""


def linked(source: str) -> list[str]:
    """Returns the files outside docs/ that a page links to."""
    found = [resolved(source, target) for _, target, _ in LINK.findall((ROOT / source).read_text())]
    return [each for each in found if (ROOT / each).is_file() and not each.startswith("docs/")]


def resolved(source: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def site_uri(source: str) -> str:
    """Returns where the site has a file of the repository."""
    if source in PAGES:
        return PAGES[source]
    # Hidden folders and sources in Markdown would not be copied as they are.
    return source.removeprefix("docs/") if source.startswith("docs/") else COPIED + source.lstrip(".") + ".txt"


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Makes links between files of the repository links between pages."""
    source = origin.get(page.file.src_uri)
    if source is None:
        return markdown

    def there(match: re.Match[str]) -> str:
        target = resolved(source, match[2])
        if (ROOT / target).is_dir():
            target = f"{target}/README.md"
        uri = posixpath.relpath(site_uri(target), posixpath.dirname(page.file.src_uri) or ".")
        return f"{match[1]}{uri}{match[3]}"

    return LINK.sub(there, markdown)


# ------------------------------------------------------------------------------------------------ the reference


def reference() -> dict[str, str]:
    """Returns the generated pages by name."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text())
    parts: dict[str, list[str]] = {name: [f"# {head}\n"] for name, head in HEADS.items()}
    for name, kind in sorted(schema.type_map.items()):
        if name in ROOTS:
            assert isinstance(kind, GraphQLObjectType)
            # The schema has the mutations by chapter, and the description of their type lists the chapters.
            fields = list(kind.fields.items()) if name == "Mutation" else sorted(kind.fields.items())
            parts[ROOTS[name]] += [f"{kind.description}\n", *(field_text(*field) for field in fields)]
        elif not name.startswith("__") and not is_specified_scalar_type(kind):
            parts[place(kind)].append(type_text(kind))
    return {name: "\n".join(texts) for name, texts in parts.items()} | {"settings": settings()}


PLACES: dict[type[GraphQLNamedType], str] = {
    GraphQLObjectType: "objects",
    GraphQLInterfaceType: "interfaces",
    GraphQLUnionType: "unions",
    GraphQLInputObjectType: "inputs",
    GraphQLEnumType: "enums",
    GraphQLScalarType: "scalars",
}


def place(kind: GraphQLNamedType) -> str:
    return PLACES[type(kind)]


def type_link(kind: GraphQLType) -> str:
    """Returns a type as a link, with its list and non-null marks."""
    named = get_named_type(kind)
    mark = f"`{kind}`"
    return mark if is_specified_scalar_type(named) else f"[{mark}]({place(named)}.md#{named.name.lower()})"


def field_text(name: str, field: GraphQLField) -> str:
    rows = "".join(row(each, argument.type, argument.description) for each, argument in field.args.items())
    table = f"\n| argument | type | |\n| --- | --- | --- |\n{rows}" if rows else ""
    return f"## {name}\n\n{field.description or ''}\n\nReturns {type_link(field.type)}.\n{table}"


def type_text(kind: GraphQLNamedType) -> str:
    text = f"## {kind.name}\n\n{kind.description or ''}\n"
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        named = ", ".join(type_link(each) for each in kind.interfaces)
        text += f"\nImplements {named}.\n" if named else ""
        rows = [row(signature(name, field.args), field.type, field.description) for name, field in kind.fields.items()]
    elif isinstance(kind, GraphQLInputObjectType):
        rows = [row(name, field.type, field.description) for name, field in kind.fields.items()]
    elif isinstance(kind, GraphQLEnumType):
        return (
            text
            + "\n| value | |\n| --- | --- |\n"
            + "".join(f"| `{name}` | {cell(value.description)} |\n" for name, value in kind.values.items())
        )
    elif isinstance(kind, GraphQLUnionType):
        return text + "\nOne of " + ", ".join(type_link(each) for each in kind.types) + ".\n"
    else:
        return text
    return text + "\n| field | type | |\n| --- | --- | --- |\n" + "".join(rows)


def signature(name: str, arguments: dict[str, GraphQLArgument]) -> str:
    return (
        f"{name}({', '.join(f'{each}: {argument.type}' for each, argument in arguments.items())})"
        if arguments
        else name
    )


def row(name: str, kind: GraphQLType, description: str | None) -> str:
    return f"| `{name}` | {type_link(kind)} | {cell(description)} |\n"


def cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def settings() -> str:
    """Returns the settings as a page, from what .env.example is made of."""
    text = (ROOT / ".env.example").read_text()
    rows = re.findall(r"^# (.+)\n([A-Z_]+)=(.*)$", text, re.MULTILINE)
    table = "".join(f"| `{name}` | {f'`{value}`' if value else ''} | {cell(says)} |\n" for says, name, value in rows)
    return f"# Settings\n\nEnvironment variables, or lines of a file `.env`.\n\n| variable | default | |\n| --- | --- | --- |\n{table}"
