"""How a mutation is declared: as one function under the decorator `mutation`.

The function does the mutation's work, and its name is the mutation's name. The input and the payload are named after
the function. A type without fields of its own is derived.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from types import ModuleType, new_class
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from models.access.rates import keep_to_rate
from models.database.transaction import Transaction
from models.permissions import Role
from models.tables.rates import RateKind
from schema.context import Info
from schema.mutations.mutate import mutate
from schema.mutations.payloads import Payload
from schema.types.ids import local_id, parse

T = TypeVar("T")
Verb = Callable[..., Awaitable[Any]]
"""The function of a mutation: `async (tx[, the target's id][, input][, info]) -> outcome`.

The annotation of `input` is the input type. `info` is for the few that need a service of the process.
"""


@strawberry.input(description="What every mutation that can be retried takes.")
class Keyed:
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Chosen by the client, at most 255 characters: a retry with the same key and input gives the same result.",
    )


def mutation_input(description: str) -> Callable[[type[T]], type[T]]:
    """Returns a decorator that makes an input type of a class that extends `Keyed`.

    The type's idempotency key comes last, because Strawberry would put inherited fields first.
    """

    def make(plain: type[T]) -> type[T]:
        made = strawberry.input(plain, description=description)
        get_object_definition(made, strict=True).fields.sort(key=lambda field: field.name == "idempotency_key")
        return made

    return make


@dataclass(frozen=True, slots=True)
class Target:
    """What a mutation acts on: an object of one kind. The input names the object in `id_field`.

    `input` is the base class of the derived inputs, and `payload` is the base class of the derived payloads.
    """

    kind: str
    id_field: str
    input: type[Keyed]
    payload: type[Payload] = Payload

    def named_by(self, given: Any) -> UUID:
        """Returns the UUID of the object that the input names. Raises NOT_FOUND."""
        return local_id(getattr(given, self.id_field), self.kind, "input", to_camel_case(self.id_field))

    def seen_in(self, given: Any) -> UUID | None:
        """Returns the UUID of the object that the input names, whatever its kind, or None if the text is not an id."""
        parsed = parse(getattr(given, self.id_field))
        return parsed[1] if parsed else None


def mutation(
    description: str,
    *,
    argument: str,
    on: Target | None = None,
    payload: type[Payload] | None = None,
    input_description: str = "",
    payload_description: str = "",
    conflict_shows_target: bool = False,
    rate: RateKind | None = None,
) -> Callable[[Verb], StrawberryField]:
    """Makes a mutation from a function.

    - `description` is the mutation's description, and `argument` is the description of its argument `input`.
    - `on` is what the mutation acts on: the function receives the id of the object that the input names.
    - `payload` is the mutation's own payload type, or the base of the derived payload if that is not the target's.
    - `input_description` is needed if the function takes no `input`: the input type is derived from the target's.
    - `payload_description` is for a derived payload that needs a longer description than "Answers" and the mutation.
    - `conflict_shows_target`: after a CONFLICT the payload shows the target as it is now.
    - `rate` is the rate limit of a mutation that makes rows or entries. What a site admin makes counts as IMPORTS.
    """

    def make(verb: Verb) -> StrawberryField:
        own_input = _own_input(verb)
        assert bool(own_input) != bool(input_description), (
            f"{verb.__name__}: take an `input`, or describe the derived one"
        )
        takes = own_input or _derived_input(verb, _must_have(on, verb), input_description)
        answers = _payload(verb, payload or _must_have(on, verb).payload, payload_description)
        described: Any = Annotated[takes, strawberry.argument(description=argument)]
        resolve = _resolver(verb, on, answers, on if conflict_shows_target else None, rate)
        resolve.__annotations__ = {"info": Info, "input": described, "return": answers}
        field: StrawberryField = strawberry.mutation(resolve, description=description + " RATE_LIMITED." * bool(rate))
        return field

    return make


def declared_in(modules: Iterable[ModuleType]) -> list[StrawberryField]:
    """Returns all mutations of these modules, in the order of their definitions."""
    return [each for module in modules for each in vars(module).values() if isinstance(each, StrawberryField)]


def _resolver(
    verb: Verb, on: Target | None, payload: type[Payload], shown_on_conflict: Target | None, rate: RateKind | None
) -> Callable[..., Awaitable[Any]]:
    outcome, own_input = signature(verb).return_annotation, _own_input(verb)
    takes_info = "info" in signature(verb).parameters

    async def resolve(info: Info, input: Any) -> Any:
        async def work(tx: Transaction) -> Any:
            given = [
                *([on.named_by(input)] if on else ()),
                *([input] if own_input else ()),
                *([info] if takes_info else ()),
            ]
            done = await verb(tx, *given)
            if rate:
                # After the verb, because a mutation that is refused otherwise does not count, and so that the time of
                # the transaction is not taken before its locks.
                await keep_to_rate(tx, RateKind.IMPORTS if Role.SITE_ADMIN in tx.viewer.site_roles else rate, "input")
            return done

        after_conflict = shown_on_conflict.seen_in(input) if shown_on_conflict else None
        return await mutate(info, payload, outcome, input, work, after_conflict=after_conflict)

    resolve.__name__, resolve.__module__ = verb.__name__, verb.__module__
    return resolve


def _own_input(verb: Verb) -> Any:
    taken = signature(verb).parameters.get("input")
    return taken.annotation if taken else None


def _derived_input(verb: Verb, on: Target, description: str) -> type:
    return strawberry.input(_subclass(verb, "Input", on.input), description=description)


def _payload(verb: Verb, base: type[Payload], description: str) -> type[Payload]:
    if base.__name__ == _type_name(verb, "Payload"):
        return base
    words = description or f"Answers `{to_camel_case(verb.__name__)}`."
    derived = strawberry.type(_subclass(verb, "Payload", base), description=words)
    assert issubclass(derived, Payload)
    return derived


def _subclass(verb: Verb, suffix: str, base: type) -> type:
    # The type has the module of the function, so that an error message that names the type leads to the function.
    return new_class(
        _type_name(verb, suffix), (base,), exec_body=lambda namespace: namespace.update(__module__=verb.__module__)
    )


def _type_name(verb: Verb, suffix: str) -> str:
    camel = to_camel_case(verb.__name__)
    return f"{camel[0].upper()}{camel[1:]}{suffix}"


def _must_have(on: Target | None, verb: Verb) -> Target:
    assert on, f"{verb.__name__} has no target: it takes an `input` of its own, and names its `payload`"
    return on
