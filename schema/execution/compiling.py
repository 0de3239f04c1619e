"""Compiling: a selection set becomes one Python function, which turns an object into a dict of the response.

A function handles what is usual and raises for anything else: a missing value where null is not allowed, a value of an
unexpected type, an exception, an awaitable. The caller then asks graphql-core, which knows how to report it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from types import CodeType, SimpleNamespace
from typing import Any, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from strawberry.schema.schema_converter import CustomGraphQLEnumType, GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField

from schema.execution.ahead import Failed, relation_of
from schema.execution.plans import Plan, place_of
from schema.execution.values import USUAL, Unexpected, leaf_of, listed, names_of, object_of

REMEMBERED = 512
SHORT = 4_000
"""The longest source in characters whose code is remembered for other documents."""


class NotCompilable(Exception):
    """A selection that only graphql-core can execute."""


class Call:
    """One execution. Methods of types get it as their `info`, which offers them the context and nothing else."""

    __slots__ = ("_executor", "_plan", "context")

    def __init__(self, executor: Executor[Any], plan: Plan) -> None:
        self.context = executor.context_value
        self._executor = executor
        self._plan = plan


Function: TypeAlias = Callable[[Any, Call], Any]


def compile_value(call: Call, of: GraphQLOutputType, details: FieldDetailsList) -> Function:
    """Returns a function that completes values of the type with what these nodes select below it.

    Functions for the objects below are compiled when they are first needed. Raises NotCompilable.
    """
    writer = _Writer(call)
    return writer.function([f"return {writer.value(of, 'o', details)}"])


def compile_selection(call: Call, of: GraphQLObjectType, details: FieldDetailsList) -> Function:
    """Returns a function that turns an object of this type into a dict of what these nodes select."""
    return _Writer(call).selection(of, details)


class _Writer:
    """Writes the source of one function. `_names` becomes its globals."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._names: dict[str, Any] = {"Failed": Failed, "datetime": datetime, "listed": listed}
        self._known: dict[int, str] = {}

    def function(self, lines: list[str]) -> Function:
        source = "\n    ".join(["def complete(o, call):", *lines])
        code = _remembered(source) if len(source) < SHORT else _code(source)
        exec(code, self._names)  # noqa: S102  # the source holds names of our own, and the document's only as literals
        function: Function = self._names.pop("complete")
        return function

    def selection(self, of: GraphQLObjectType, details: FieldDetailsList) -> Function:
        executor, plan = self._call._executor, self._call._plan
        collected = executor.collect_subfields(of, details)
        plan.to_compile -= len(collected.grouped_field_set)
        if collected.new_defer_usages or not plan.compiles:
            raise NotCompilable
        lines = [self._check(of)]
        entries = []
        for number, (key, selected) in enumerate(collected.grouped_field_set.items()):
            name = selected[0].node.name.value
            field = executor.schema.get_field(of, name)
            if field is None or any(each.fragment_variable_values or each.defer_usage for each in selected):
                raise NotCompilable
            if name == "__typename":
                entries.append(f"{key!r}: {of.name!r}")
                continue
            local = f"v{number}"
            lines += self._read(local, field, selected)
            entries.append(f"{key!r}: {self.value(field.type, local, selected)}")
        return self.function([*lines, f"return {{{', '.join(entries)}}}"])

    def value(self, of: GraphQLOutputType, local: str, details: FieldDetailsList) -> str:
        """Returns an expression that completes the value in a local variable."""
        if isinstance(of, GraphQLNonNull):
            return self._present(of.of_type, local, details)
        return f"(None if {local} is None else {self._present(of, local, details)})"

    def _present(self, of: GraphQLOutputType, local: str, details: FieldDetailsList) -> str:
        if isinstance(of, GraphQLList):
            item = f"{local}_"
            items = f"({local} if type({local}) is list else listed({local}))"
            return f"[{self.value(of.of_type, item, details)} for {item} in {items}]"
        if is_leaf_type(of):
            return self._leaf(of, local)
        if is_object_type(of):
            return f"{self._lazily(of, details)}({local}, call)"
        if is_abstract_type(of):
            return f"{self._name(_ByType(of, details))}({local}, call)"
        raise NotCompilable

    def _leaf(self, of: GraphQLLeafType, local: str) -> str:
        other = f"{self._name(leaf_of(of))}({local})"
        if isinstance(of, CustomGraphQLEnumType):
            kind, names = self._name(of.wrapped_cls), self._name(names_of(of))
            return f"({names}[{local}._name_] if type({local}) is {kind} else {other})"
        usual = USUAL.get(of.coerce_output_value)
        if usual is None:
            return other
        test, coerced = usual
        return f"({coerced.format(local)} if {test.format(local)} else {other})"

    def _lazily(self, of: GraphQLObjectType, details: FieldDetailsList) -> str:
        names, name = self._names, f"s{len(self._names)}"

        def compiled(value: Any, call: Call) -> Any:
            # It must not refer to the writer, which refers to the request that it was made for.
            function = names[name] = compile_selection(call, of, details)
            return function(value, call)

        names[name] = compiled
        return name

    def _check(self, of: GraphQLObjectType) -> str:
        definition = of.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryObjectDefinition):
            raise NotCompilable
        check = f"{self._name(object_of(of))}(o)"
        if definition.is_type_of:
            return check
        return f"if type(o) is not {self._name((definition.concrete_of or definition).origin)}: {check}"

    def _read(self, local: str, field: GraphQLField, details: FieldDetailsList) -> list[str]:
        """Returns lines that read a field of `o` as the field's resolver does."""
        definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryField) or definition.extensions:
            raise NotCompilable
        relation = relation_of(definition)
        if relation is not None:
            place = self._name(place_of([each.node for each in details]))
            lines = [f"{local} = o.loaded[{place}]", f"if type({local}) is Failed: raise {local}.error"]
            return [*lines, f"{local} = {self._name(relation.read)}({local}, call)"] if relation.read else lines
        if definition.is_basic_field and definition.default_resolver is getattr:
            return [f"{local} = o.{definition.python_name}"]
        return [f"{local} = {self._method(definition)}"]

    def _method(self, definition: StrawberryField) -> str:
        resolver = definition.base_resolver
        if resolver is None or definition.is_async or definition.arguments or not resolver.self_parameter:
            raise NotCompilable
        if resolver.parent_parameter or resolver.root_parameter:
            raise NotCompilable
        info = f", {resolver.info_parameter.name}=call" if resolver.info_parameter else ""
        return f"{self._name(resolver.wrapped_func)}(o{info})"

    def _name(self, value: object) -> str:
        """Returns the name of a global with this value. Fields of the same type share theirs."""
        name = self._known.setdefault(id(value), f"g{len(self._names)}")
        self._names[name] = value
        return name


class _ByType:
    """Completes values of an interface or a union. Has a function for each Python class that it has met."""

    def __init__(self, of: Any, details: FieldDetailsList) -> None:
        definition = of.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if definition is None or getattr(definition, "resolve_type", None):
            raise NotCompilable
        self._of = of
        self._details = details
        self._functions: dict[type, Function] = {}

    def __call__(self, value: Any, call: Call) -> Any:
        function = self._functions.get(type(value))
        if function is None:
            function = self._functions[type(value)] = self._compile(value, call)
        return function(value, call)

    def _compile(self, value: Any, call: Call) -> Function:
        # Strawberry decides by the class alone, unless the class is generic or `strawberry.cast` is used, as it never is.
        definition = get_object_definition(value)
        if definition is None or definition.is_graphql_generic:
            raise Unexpected
        schema = call._executor.schema
        info: Any = SimpleNamespace(schema=schema, field_name=self._details[0].node.name.value)
        named = schema.get_type(self._of.resolve_type(value, info, self._of))
        if not isinstance(named, GraphQLObjectType) or not schema.is_sub_type(self._of, named):
            raise Unexpected
        return compile_selection(call, named, self._details)


def _code(source: str) -> CodeType:
    return compile(source, "<selection>", "exec")


_remembered = lru_cache(REMEMBERED)(_code)
