"""Refusals as clients see them."""

from collections.abc import Mapping, Sequence

import strawberry
from graphql import GraphQLArgument, GraphQLInputField, GraphQLInputObjectType, get_named_type

from models.errors import Refusal, RetryLater
from models.values.answers import Answered
from schema.context import Info
from schema.types.error_codes import ErrorCode


@strawberry.type(description="An expected refusal. Nothing was changed.")
class UserError:
    code: ErrorCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people.")
    field: list[str] | None = strawberry.field(
        description="The input that it is about, as a path from the mutation's argument; null where it is about none."
    )
    retry_after_seconds: int | None = strawberry.field(
        default=None, description="With RATE_LIMITED and UNAVAILABLE: after how many seconds to try again. Else null."
    )


def user_errors(refusal: Refusal, info: Info) -> list[UserError]:
    """Returns the refusal as `userErrors`: one entry, or for wrong input one for each wrong field, in the input's order."""
    raw = info._raw_info
    taken = raw.parent_type.fields[raw.field_name].args
    faults = sorted(refusal.faults, key=lambda fault: _place(fault.field or (), taken))
    return [_user_error(each) for each in faults]


def _place(path: Sequence[str], taken: Mapping[str, GraphQLArgument | GraphQLInputField]) -> list[int]:
    """Returns where each part of a path is among the fields, or in the list, that it is a part of."""
    places = []
    for part in path:
        if part.isdigit():
            places.append(int(part))
            continue
        if part not in taken:  # an argument of a field below
            break
        places.append(list(taken).index(part))
        of = get_named_type(taken[part].type)
        taken = of.fields if isinstance(of, GraphQLInputObjectType) else {}
    return places


def _user_error(refusal: Refusal) -> UserError:
    assert isinstance(refusal.code, ErrorCode)
    after = refusal.retry_after_seconds if isinstance(refusal, RetryLater) else None
    return UserError(code=refusal.code, message=refusal.message, field=refusal.field, retry_after_seconds=after)


def error_of(answered: Answered) -> UserError | None:
    """Returns why nothing was done for one item of a list, or None if it was done."""
    if answered.code is None:
        return None
    return UserError(code=answered.code, message=answered.message, field=list(answered.field))
