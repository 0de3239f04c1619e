"""The base of every table: naming conventions, column types and ids."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import JSON, DateTime, Dialect, MetaData, String, Uuid
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Returns a UUIDv7. Ids sort by creation time, which suits keyset paging and B-trees."""
    return uuid7()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC.

    SQLite has no time zones. It stores the value without one, and the value is read back as UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime  # paging cursors are parsed by this type

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class EnumList(TypeDecorator[list[StrEnum]]):
    """A short list of enum members, stored as JSON."""

    impl = JSON
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__()
        self.enum = enum

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> list[StrEnum] | None:
        return None if value is None else [self.enum(member) for member in value]


# Both databases sort by code point, so that the order of lists and their cursors do not depend on a locale.
SortKey = String(collation="C").with_variant(String(), "sqlite")


class Base(DeclarativeBase):
    """The base class of tables. Tables are never instantiated: statements run on Core connections (see Statements)."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: UtcDateTime(),
        Enum: EnumColumn(Enum, native_enum=False, length=32),
        list[str]: JSON(),
        dict[str, Any]: JSON(),
    }


F = TypeVar("F")


def _names(of: Any) -> list[str]:
    return list(of.__dataclass_fields__)  # unlike dataclasses.fields(), this builds nothing


def columns(of: type[object], table: type[Base]) -> list[Any]:
    """Returns the columns of `table` that make the facts `of`, in the order of its fields."""
    return [getattr(table, name) for name in _names(of)]


def read_facts(of: type[F], row: object) -> F:
    """Returns the facts that `row` holds under the same names."""
    return of(**{name: getattr(row, name) for name in _names(of)})


def unpack(row: Sequence[Any], start: int, of: type[F]) -> tuple[F | None, int]:
    """Returns the facts in `row` from `start`, or None for the empty side of an outer join, and where they end."""
    names = _names(of)
    end = start + len(names)
    values = row[start:end]
    return (None if values[0] is None else of(**dict(zip(names, values, strict=True)))), end
