"""Tables as files: CSV that is safe to open in a spreadsheet, and JSON. Both are written row by row."""

import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

Row = Mapping[str, Any]

# A spreadsheet takes a cell that begins so for a formula, in Japanese ones also with a wide sign. One that was told of
# another separator than the comma also begins a cell after that one.
_BEGINS_A_FORMULA = re.compile(r'((?:^|[;|\t\r\n])[ "]*)([=+@\-\uff1d\uff0b\uff20\uff0d])')
_BEGINS_A_CELL = re.compile(r"^(?=[\t\r\n])")


class Table(ABC):
    """Writes a table with these columns: `begin`, then `rows` or `failure` any number of times, then `end`."""

    media_type: str

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    @abstractmethod
    def begin(self) -> bytes: ...

    @abstractmethod
    def rows(self, rows: Iterable[Row]) -> bytes: ...

    @abstractmethod
    def failure(self, error: dict[str, Any]) -> bytes:
        """Returns the last row of a table that is not complete."""

    @abstractmethod
    def end(self) -> bytes: ...


class Csv(Table):
    """RFC 4180 in UTF-8. It begins with a byte order mark, without which Excel reads names in another encoding."""

    media_type = "text/csv; charset=utf-8; header=present"

    def begin(self) -> bytes:
        return "\ufeff".encode() + self._lines([self._columns])

    def rows(self, rows: Iterable[Row]) -> bytes:
        return self._lines([cell(row[column]) for column in self._columns] for row in rows)

    def failure(self, error: dict[str, Any]) -> bytes:
        return self._lines([["#error", str(error["extensions"]["code"]), str(error["message"])]])

    def end(self) -> bytes:
        return b""

    def _lines(self, rows: Iterable[Sequence[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        return text.getvalue().encode()


class Json(Table):
    """An array with an object for each row."""

    media_type = "application/json; charset=utf-8"

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(columns)
        self._separator = b"[\n"

    def begin(self) -> bytes:
        return b""

    def rows(self, rows: Iterable[Row]) -> bytes:
        return b"".join(self._item({column: _plain(row[column]) for column in self._columns}) for row in rows)

    def failure(self, error: dict[str, Any]) -> bytes:
        return self._item({"errors": [error]})

    def end(self) -> bytes:
        return b"\n]\n" if self._separator == b",\n" else b"[]\n"

    def _item(self, value: object) -> bytes:
        separator, self._separator = self._separator, b",\n"
        return separator + orjson.dumps(value)


FORMS: Mapping[str, type[Table]] = {"csv": Csv, "json": Json}


def cell(value: object) -> str:
    """Returns a value as the text of a cell that no spreadsheet takes for a formula.

    Where one would begin there is an apostrophe before it.
    """
    match _plain(value):
        case None:
            return ""
        case list() as several:
            text = ", ".join(several)
        case bool() as flag:
            text = str(flag).lower()
        case int() as number:
            return str(number)
        case text:
            text = str(text)
    return _BEGINS_A_CELL.sub("'", _BEGINS_A_FORMULA.sub(r"\1'\2", text))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
