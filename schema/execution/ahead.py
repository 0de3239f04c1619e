"""Loading ahead: all relations that an operation selects are loaded level by level, before the operation is executed.

A loader is called once with the keys of all parents and of all places in the selection that have been reached. So the
number of SQL statements depends on the selection alone and never on the number of items. The execution that follows
only reads attributes and awaits nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, Signature, signature
from typing import Any, Generic, TypeVar, cast, get_args

import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    OperationType,
    get_named_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from models.database.transaction import Snapshot
from schema.context import Info
from schema.execution.plans import Place, place_of
from schema.execution.selections import Selections

T = TypeVar("T")
K = TypeVar("K")
Load = Callable[[Sequence[K], Snapshot], Awaitable[Sequence[Any]]]

_RELATION = "ahead"


@dataclass(frozen=True, slots=True)
class Loader(Generic[K]):
    """Loads values of relations: `await load(keys, snapshot, **arguments)` returns one value for each key, in order.

    `last` makes this loader run after all other loaders, because nearly every type leads to what it loads.
    """

    load: Load[K]
    last: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A field's loader, and the function that returns the loader's key for a parent.

    `read` makes the field's value from the loaded one, where that needs the context. `bare` takes the same keys. It makes
    the objects without reading them, and is used where nothing but their id is selected.
    """

    loader: Loader[Any]
    key: Callable[[Any], Any]
    read: Callable[[Any, Any], Any] | None = None
    bare: Loader[Any] | None = None


@dataclass(kw_only=True)
class Loaded:
    """The base class of types with relations.

    It holds the loaded values by the place in the document that selects each.
    """

    loaded: strawberry.Private[dict[Place, Any]] = field(default_factory=dict)


def relation(description: str) -> Callable[[Callable[..., Awaitable[Sequence[Any]]]], Any]:
    """Returns a decorator for a field with its own loader: `async (parents, snapshot, **arguments) -> Sequence[T]`.

    The field takes the loader's arguments from the third on. The field's type is T. With arguments it is nullable,
    because arguments can be INVALID, and then only this field is missing in the answer.
    """

    def make(load: Callable[..., Awaitable[Sequence[Any]]]) -> StrawberryField:
        given = list(signature(load).parameters.values())[2:]
        of = get_args(signature(load).return_annotation)[0]
        of = of | None if given else of
        take = _taker([*given], of, None)
        take.__module__, take.__name__ = load.__module__, load.__name__
        return _field(take, description, Relation(Loader(load), lambda parent: parent))

    return make


def link(
    description: str,
    loader: Loader[K],
    key: Callable[[Any], K],
    *,
    read: Callable[[Any, Any], Any] | None = None,
    bare: Loader[K] | None = None,
) -> Any:
    """Returns a field without arguments whose loader other fields share.

    The annotation of the attribute is the field's type. `key` returns the loader's key for a parent. `read` returns the
    field's value from the loaded one and the `info`. `bare` is for objects that everyone who sees the parent may know the
    id of.
    """
    return _field(_taker([], Signature.empty, read), description, Relation(loader, key, read, bare))


def _field(take: Callable[..., Any], description: str, of: Relation) -> StrawberryField:
    return strawberry.field(take, description=description, metadata={_RELATION: of})


def _taker(given: Sequence[Parameter], of: object, read: Callable[[Any, Any], Any] | None) -> Callable[..., Any]:
    def take(self: Loaded, info: Info, **_arguments: Any) -> Any:
        value = self.loaded[place_of(info._raw_info.field_nodes)]
        if isinstance(value, Failed):
            raise value.error
        return read(value, info) if read else value

    own = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("self", "info")]
    parameters = [own[0], own[1].replace(annotation=Info), *given]
    take.__signature__ = Signature(parameters, return_annotation=of)  # type: ignore[attr-defined]  # `inspect` looks for this attribute
    take.__annotations__ = {each.name: each.annotation for each in parameters[1:]}
    if of is not Signature.empty:
        take.__annotations__["return"] = of
    return take


@dataclass(frozen=True, slots=True)
class Failed:
    """An exception from a loader.

    It is stored in place of the value, and the field raises it, so the error has its path.
    """

    error: Exception


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A field that leads from an object to other objects, and the nodes that select it. It is part of a plan."""

    field: GraphQLField
    definition: StrawberryField
    relation: Relation | None
    nodes: Sequence[FieldNode]
    place: Place
    below: GraphQLNamedType
    takes_only_id: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """A relation at one place of the selection, with its parents."""

    step: _Step
    relation: Relation
    parents: Sequence[Any]

    @property
    def loader(self) -> Loader[Any]:
        return self.relation.bare if self.relation.bare and self.step.takes_only_id else self.relation.loader


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """One call of a loader, for all relations that use it with the same arguments."""

    loader: Loader[Any]
    arguments: dict[str, Any]
    wanted: list[_Wanted] = field(default_factory=list)

    @property
    def keys(self) -> list[Any]:
        return [each.relation.key(parent) for each in self.wanted for parent in each.parents]


async def load_ahead(info: Info, value: T, snapshot: Snapshot) -> T:
    """Loads all that the current field selects below `value`, and returns `value`.

    `value` is an object, a list of objects, or None.
    """
    raw = info._raw_info
    await _Ahead(info, snapshot).load(_objects([value]), get_named_type(raw.return_type), raw.field_nodes)
    return value


class _Ahead:
    def __init__(self, info: Info, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._selections = Selections(info)
        # A query may answer with some fields missing. A mutation succeeds or fails as a whole. A stream sends a whole
        # event or ends.
        self._answers_in_part = info.operation.operation is OperationType.QUERY
        self._batches: list[_Batch] = []

    async def load(self, parents: Sequence[Any], declared: GraphQLNamedType, nodes: Sequence[FieldNode]) -> None:
        """Loads what `nodes` select below the parents. All parents are of the declared type, which may be abstract."""
        self._reach(parents, declared, nodes)
        while self._batches:
            batch = next((each for each in self._batches if not each.loader.last), self._batches[0])
            self._batches.remove(batch)
            values = iter(await self._values(batch))
            for each in batch.wanted:
                self._store(each, [next(values) for _ in each.parents])

    def _store(self, wanted: _Wanted, values: Sequence[Any]) -> None:
        step = wanted.step
        for parent, value in zip(wanted.parents, values, strict=True):
            parent.loaded[step.place] = value
        self._reach(_objects(values), step.below, step.nodes)

    def _reach(self, parents: Sequence[Any], declared: GraphQLNamedType, nodes: Sequence[FieldNode]) -> None:
        """Queues the relations that `nodes` select on the parents and on the objects in their plain attributes."""
        for of, group in self._selections.by_type(parents, declared) if nodes[0].selection_set else ():
            for step in self._steps(of, nodes):
                if step.relation is not None:
                    self._want(_Wanted(step, step.relation, group))
                else:
                    name = step.definition.python_name
                    self._reach(_objects([getattr(parent, name) for parent in group]), step.below, step.nodes)

    def _steps(self, of: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Sequence[_Step]:
        key, known = (of.name, place_of(nodes)), self._selections.plan.steps
        if key not in known:
            selected = self._selections.fields(of, nodes).values()
            known[key] = [step for each in selected if (step := _step(self._selections, of, each))]
        return known[key]

    def _want(self, wanted: _Wanted) -> None:
        step = wanted.step
        try:
            arguments = self._selections.arguments(step.definition, step.field, step.nodes[0])
        except GraphQLError:  # The execution finds the same error, and does not read the loaded value.
            if not self._answers_in_part:
                raise
        else:
            self._batch(wanted.loader, arguments).wanted.append(wanted)

    def _batch(self, loader: Loader[Any], arguments: dict[str, Any]) -> _Batch:
        for batch in self._batches:
            if batch.loader is loader and batch.arguments == arguments:
                return batch
        self._batches.append(_Batch(loader, arguments))
        return self._batches[-1]

    async def _values(self, batch: _Batch) -> Sequence[Any]:
        keys = batch.keys
        try:
            return await batch.loader.load(keys, self._snapshot, **batch.arguments)
        except Exception as error:
            if not self._answers_in_part:
                raise
            return [Failed(error)] * len(keys)


def relation_of(definition: StrawberryField) -> Relation | None:
    """Returns the field's relation, or None if its values are not loaded ahead."""
    relation: Relation | None = definition.metadata.get(_RELATION)
    return relation


def takes_only_id(selections: Selections, field: GraphQLField, nodes: Sequence[FieldNode]) -> bool:
    """Returns whether the field is a relation whose objects are made without reading them, for nothing but their id."""
    definition: StrawberryField = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    relation: Relation | None = definition.metadata.get(_RELATION)
    of = get_named_type(field.type)
    if relation is None or relation.bare is None or not isinstance(of, GraphQLObjectType):
        return False
    return all(each[0].name.value in ("id", "__typename") for each in selections.fields(of, nodes).values())


def _step(selections: Selections, of: GraphQLObjectType, nodes: Sequence[FieldNode]) -> _Step | None:
    """Returns the step of a selected field, or None if it leads to no object and loads nothing."""
    field = of.fields.get(nodes[0].name.value)
    if field is None:  # It is __typename.
        return None
    definition: StrawberryField = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    relation = relation_of(definition)
    if relation is None and nodes[0].selection_set is None:
        return None
    below, only_id = get_named_type(field.type), takes_only_id(selections, field, nodes)
    return _Step(field, definition, relation, nodes, place_of(nodes), below, only_id)


def guaranteed(values: Sequence[T | None]) -> Sequence[T]:
    """Returns values that a foreign key guarantees. The execution reports a missing value like any other null."""
    return cast("Sequence[T]", values)


def _objects(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, list | tuple):
            found.extend(_objects(value))
        elif value is not None and not isinstance(value, Failed):
            found.append(value)
    return found
