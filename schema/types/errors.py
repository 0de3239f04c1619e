"""Refusals as clients see them."""

import strawberry

from models.errors import Refusal, RetryLater
from models.values.answers import Answered
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


def user_error(refusal: Refusal) -> UserError:
    """Returns the refusal as an entry of `userErrors`."""
    assert isinstance(refusal.code, ErrorCode)
    after = refusal.retry_after_seconds if isinstance(refusal, RetryLater) else None
    return UserError(code=refusal.code, message=refusal.message, field=refusal.field, retry_after_seconds=after)


def error_of(answered: Answered) -> UserError | None:
    """Returns why nothing was done for one item of a list, or None if it was done."""
    if answered.code is None:
        return None
    return UserError(code=answered.code, message=answered.message, field=list(answered.field))
