"""Outcomes of mutations: of bulk ones a result for each item, because a refusal of one does not stop the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.errors import ErrorCode, Refusal


@dataclass(frozen=True, slots=True)
class InGallery:
    """The id of something that a mutation made, changed or deleted, and of its gallery."""

    id: UUID
    gallery_id: UUID


@dataclass(frozen=True, slots=True)
class Answered:
    """The result for one item: its id, and the refusal if the change was not made."""

    id: UUID
    code: ErrorCode | None = None
    message: str = ""
    field: Sequence[str] = ()


def answered(of: UUID, refusal: Refusal | None) -> Answered:
    """Returns the result for one item. `refusal` is None if the change was made."""
    if refusal is None:
        return Answered(of)
    assert isinstance(refusal.code, ErrorCode)
    return Answered(of, refusal.code, refusal.message, refusal.field or ())
