"""Relay connections over keyset pages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry

from models.cursors import Position
from models.database.transaction import Snapshot
from models.storage.counting import Total, counted
from models.storage.paging import Page, PageArguments
from resolvers.galleries import log_heads
from schema.context import Info
from schema.execution.ahead import Loaded, Loader, link, relation
from schema.types.scalars import EventCursor

T = TypeVar("T")
N = TypeVar("N")

First = Annotated[int | None, strawberry.argument(description="How many from the start, at most 100; 25 if not given.")]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end, at most 100. Not with `first`.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]
Search = Annotated[str | None, strawberry.argument(description="Only what contains this; letter case does not count.")]


@dataclass(frozen=True, slots=True)
class Log:
    """The log that reports the changes of a list: its gallery, and its head if that has been read already."""

    gallery_id: UUID
    head: Position | None = None


async def _load_heads(logs: Sequence[Log | None], snapshot: Snapshot) -> Sequence[Log | None]:
    """Returns the logs with their heads. Runs one statement if a head is missing. A deleted gallery has none."""
    missing = {log.gallery_id for log in logs if log and log.head is None}
    heads = await log_heads(snapshot, missing) if missing else {}
    return [Log(log.gallery_id, log.head or heads.get(log.gallery_id)) if log else None for log in logs]


def _cursor_of(log: Log | None, info: Info) -> EventCursor | None:
    if log is None or log.head is None:
        return None
    return EventCursor(info.context.services.cursors.of_rest(log.gallery_id, log.head))


async def _count(totals: Sequence[Total], snapshot: Snapshot) -> Sequence[int]:
    return await counted(snapshot, totals)


FROM_THE_START = PageArguments()
"""The arguments of a page that a client gave none of."""
_ARGUMENTS = [
    Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=kind)
    for name, kind in (("first", First), ("after", After), ("last", Last), ("before", Before))
]


def paged(description: str) -> Callable[[Callable[..., Awaitable[Sequence[Any]]]], Any]:
    """Returns a decorator like `relation`, for a loader that takes `arguments: PageArguments` last.

    The field takes `first`, `after`, `last` and `before` in its place.
    """

    def make(load: Callable[..., Awaitable[Sequence[Any]]]) -> Any:
        async def load_page(
            parents: Sequence[Any],
            snapshot: Snapshot,
            *,
            first: int | None = None,
            after: str | None = None,
            last: int | None = None,
            before: str | None = None,
            **others: Any,
        ) -> Sequence[Any]:
            return await load(parents, snapshot, arguments=PageArguments(first, after, last, before), **others)

        own = signature(load)
        others = [each for name, each in own.parameters.items() if name != "arguments"]
        load_page.__signature__ = own.replace(parameters=[*others, *_ARGUMENTS])  # type: ignore[attr-defined]  # `inspect` looks for it
        load_page.__module__, load_page.__name__ = load.__module__, load.__name__
        return relation(description)(load_page)

    return make


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before this page.")
    start_cursor: str | None = strawberry.field(description="The first item's cursor; null for an empty page.")
    end_cursor: str | None = strawberry.field(description="The last item's cursor; null for an empty page.")


@strawberry.type(description="An item in a list, and its place there.")
class Edge(Generic[N]):
    node: N = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="The item's place, for `after` and `before`.")


@strawberry.type(description="A page of a list.")
class Connection(Loaded, Generic[N]):
    total: strawberry.Private[Total]
    log: strawberry.Private[Log | None]
    edges: list[Edge[N]] = strawberry.field(description="The items with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")

    total_count: int = link(
        "How many items the whole list has, as far as the viewer may see them and with the same filters. It is counted only "
        "where it is selected.",
        Loader(_count),
        lambda page: page.total,
    )
    event_cursor: EventCursor | None = link(
        "Where the gallery's log stood when this page was read. Subscribe after the one of the first page that you read, and "
        "keep that one while you read further pages. Null for lists that do not belong to one gallery.",
        Loader(_load_heads),
        lambda page: page.log,
        read=_cursor_of,
    )


def connect(page: Page[T], node: Callable[[T], N], log: Log | None) -> Connection[N]:
    """Returns the page as a connection. `node` makes a node from each row. `log` is None for a list of no one gallery."""
    edges = [Edge(node=node(row), cursor=cursor) for row, cursor in zip(page.rows, page.cursors, strict=True)]
    ends = (page.cursors[0], page.cursors[-1]) if page.cursors else (None, None)
    info = PageInfo(
        has_next_page=page.has_next, has_previous_page=page.has_previous, start_cursor=ends[0], end_cursor=ends[1]
    )
    return Connection(edges=edges, page_info=info, total=page.total, log=log)
