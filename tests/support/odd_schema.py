"""A schema whose resolvers return what they should not, to compare how two executors report it."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Generator
from dataclasses import fields
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from random import Random
from typing import Annotated, Any, NewType

import strawberry
from graphql import DocumentNode, ExecutionResult, Undefined, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Stock

from schema.execution.compiled import CompiledExecutor


@strawberry.enum
class Colour(Enum):
    RED = "red"
    GREEN = strawberry.enum_value("green", name="LEAFY")


@strawberry.enum
class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


Mark = NewType("Mark", str)


@strawberry.interface
class Thing:
    name: str
    beside: "Thing | None"


@strawberry.type
class Stone(Thing):
    weight: int
    heavy: bool
    share: float
    tint: Colour
    mark: Mark
    sizes: list[Size | None]
    next: "Stone | None"
    best: "Owner"

    @strawberry.field
    def loud(self) -> str:
        return self.name.upper()

    @strawberry.field
    def word(self, info: strawberry.Info[dict[str, str]]) -> str:
        return info.context["word"]


@strawberry.type
class Tree(Thing):
    id: strawberry.ID
    planted: datetime | None
    felled: date | None
    colour: Colour | None
    names: list[str]
    rings: list[list[int | None]] | None
    around: list[Thing]
    roots: "list[Tree | None] | None"
    owner: "Owner | None"

    @strawberry.field
    def age(self) -> int | None:
        return None if self.planted is None else self.planted.year


@strawberry.type
class Owner:
    title: str | None
    trees: list[Tree]
    anything: "Anything | None"


@strawberry.type
class Slow:
    """No selection of these fields can be completed by a compiled function."""

    name: str

    @strawberry.field
    def where(self, info: strawberry.Info) -> str:
        return str(info.path)

    @strawberry.field
    async def later(self) -> str:
        await asyncio.sleep(0)
        return self.name

    @strawberry.field
    def times(self, first: int | None = 2) -> str:
        return self.name * (first or 1)


Anything = Annotated[Stone | Tree | Owner | Slow, strawberry.union("Anything")]


class Words(str):
    __slots__ = ()


class OddError(Exception):
    pass


class Later:
    """An awaitable that can be awaited any number of times."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __await__(self) -> Generator[None, None, object]:
        yield from ()
        return self.value

    def __repr__(self) -> str:
        return "Later"


class World:
    """Makes objects with random values, of which the share `odd` is not what the schema declares."""

    def __init__(self, seed: int, odd: float) -> None:
        self._random = Random(seed)
        self._odd = odd

    def make(self, kind: type, depth: int = 0) -> Any:
        """Returns an object of this type."""
        values = {
            each.name: self._value(each.name, depth + 1)
            for each in fields(kind)
            if each.name in VALUES or each.name in OBJECTS
        }
        return kind(**values)

    def any_of(self, kinds: list[type], depth: int = 0) -> Any:
        if self._random.random() < self._odd:
            return self._random.choice(ODD)()
        return self.make(self._random.choice(kinds), depth)

    def _value(self, name: str, depth: int) -> Any:
        if self._random.random() < self._odd:
            return self._random.choice(ODD)()
        if name in VALUES:
            return self._random.choice(VALUES[name])()
        kinds, is_list = OBJECTS[name]
        if not is_list:
            return None if depth > 3 and name != "best" else self.any_of(kinds, depth)
        return [self.any_of(kinds, depth) for _ in range(self._random.randint(0, 2) if depth < 3 else 0)]


class Holding(World):
    """Has only one object, with one given value."""

    def __init__(self, kind: type, name: str, value: Any) -> None:
        super().__init__(0, 0)
        self._held = self.make(kind)
        setattr(self._held, name, value)

    def any_of(self, _kinds: list[type], depth: int = 0) -> Any:
        return self.make(_kinds[0], depth) if depth else self._held


VALUES: dict[str, list[Callable[[], Any]]] = {
    "name": [lambda: "stone", lambda: "", lambda: Words("words"), lambda: "\U0001f332"],
    "weight": [lambda: 3, lambda: 0, lambda: -(2**31), lambda: 2**31 - 1, lambda: True],
    "heavy": [lambda: True, lambda: False, lambda: 1],
    "share": [lambda: 0.5, lambda: 1, lambda: 1e300],
    "title": [lambda: "owner", lambda: None],
    "mark": [lambda: Mark("a mark")],
    "tint": [lambda: Colour.RED, lambda: Colour.GREEN],
    "colour": [lambda: Colour.RED, lambda: Colour.GREEN, lambda: None],
    "sizes": [lambda: [Size.SMALL, Size.LARGE, None], list, lambda: (Size.LARGE,), lambda: ["large"]],
    "id": [lambda: "an-id", lambda: 7],
    "planted": [lambda: datetime(2030, 1, 31, tzinfo=UTC), lambda: datetime(987, 6, 5, 4, 3, 2, 1), lambda: None],  # noqa: DTZ001  a DateTime may be without a zone
    "felled": [lambda: date(2031, 2, 3), lambda: None],
    "names": [lambda: ["oak", "elm"], lambda: ("ash",), list],
    "rings": [lambda: [[1, None], []], lambda: None, lambda: [(2,)]],
}
OBJECTS: dict[str, tuple[list[type], bool]] = {
    "beside": ([Stone, Tree], False),
    "next": ([Stone], False),
    "best": ([Owner], False),
    "around": ([Stone, Tree], True),
    "roots": ([Tree], True),
    "owner": ([Owner], False),
    "trees": ([Tree], True),
    "anything": ([Stone, Tree, Owner, Slow], False),
}
ODD: list[Callable[[], Any]] = [
    lambda: None,
    lambda: Undefined,
    lambda: RuntimeError("an odd value"),
    lambda: OddError("another odd value"),
    lambda: Later("later"),
    lambda: Later(None),
    lambda: Later(RuntimeError("later")),
    lambda: float("nan"),
    lambda: 2**31,
    lambda: 1.5,
    lambda: "text",
    lambda: ["text", None],
    lambda: {"oak": 1},
    lambda: [[1], None],
    lambda: iter(["once"]),
    lambda: {"name": "of a dict"},
    lambda: object,
    lambda: Colour.RED,
    lambda: Owner(title="odd", trees=[], anything=None),
]


@strawberry.type
class Query:
    @strawberry.field
    async def things(self, info: strawberry.Info[dict[str, Any]]) -> list[Thing | None]:
        world: World = info.context["world"]
        return [world.any_of([Stone, Tree]) for _ in range(3)]

    @strawberry.field
    async def owner(self, info: strawberry.Info[dict[str, Any]]) -> Owner:
        owner: Owner = info.context["world"].any_of([Owner])
        return owner

    @strawberry.field
    def anything(self, info: strawberry.Info[dict[str, Any]]) -> Anything | None:
        found: Anything = info.context["world"].any_of([Stone, Tree, Owner, Slow])
        return found

    @strawberry.field
    async def stone(self, info: strawberry.Info[dict[str, Any]]) -> Stone | None:
        stone: Stone = info.context["world"].any_of([Stone])
        return stone


MARK = strawberry.scalar(name="Mark", serialize=str, parse_value=str)
SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map={Mark: MARK}))._schema


async def run(
    parsed: DocumentNode, variables: dict[str, Any], world: World, executor: type[Stock] = CompiledExecutor
) -> str:
    """Executes a document. Returns its data and its errors in their order, as they are shown to a client."""
    result: Awaitable[ExecutionResult] | ExecutionResult = execute(
        SCHEMA,
        parsed,
        variable_values=variables,
        context_value={"world": world, "word": "hello"},
        executor_class=executor,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # Strawberry gives the same function
    )
    answer = await result if isinstance(result, Awaitable) else result
    errors = answer.errors or []
    shown = repr((answer.data, [(each.formatted, each.original_error) for each in errors]))
    return re.sub(r" at 0x\w+", "", shown)
