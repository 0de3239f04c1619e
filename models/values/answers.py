"""What becomes of each, where one act is done to many and a refusal of one stops no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.errors import ErrorCode, Refusal


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one of many: nothing but its id, or why nothing was done."""

    id: UUID
    code: ErrorCode | None = None
    message: str = ""
    field: Sequence[str] = ()


def answered(of: UUID, refusal: Refusal | None) -> Answered:
    """The answer for one of many, who was refused or not."""
    if refusal is None:
        return Answered(of)
    assert isinstance(refusal.code, ErrorCode)
    return Answered(of, refusal.code, refusal.message, refusal.field or ())
