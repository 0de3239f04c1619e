"""What reads untrusted text without a server: ids, cursors, tokens' claims, texts, URLs, and the cost rule."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLError, OperationDefinitionNode
from hypothesis import given
from hypothesis import strategies as st

from models.cursors import Cursors, Position
from models.errors import CursorInvalid, Invalid
from models.storage.paging import Key, cursor_of
from models.storage.paging import _read as read_cursor
from models.tables.people import User
from models.values.emails import clean_email
from models.values.emoji import one_emoji
from models.values.text import clean_line, clean_message, clean_text
from models.values.urls import clean_url
from schema.execution.cost import cost_of
from schema.execution.documents import document
from schema.root import schema
from schema.types.ids import global_id, parse
from server.auth import bearer, connection_token
from server.claims import Unauthenticated
from server.logs import as_json, printed, redact
from tests.inputs.attacks import PIECES, anything, documents
from tests.support.attacked import tries

GALLERY = UUID(int=7)
CURSORS = Cursors("a secret that is long enough for all")
texts = st.text(st.characters(codec="utf-8"), max_size=60)
forged = texts | st.binary(max_size=60).map(lambda raw: urlsafe_b64encode(raw).decode())


@tries(300, 20_000)
@given(forged)
def test_an_id_is_one_that_we_make_or_none(text: str) -> None:
    found = parse(text)
    assert found is None or global_id(*found) == text


@tries(300, 10_000)
@given(st.integers(0, 2**63), st.integers(0, 2**32 - 1), st.integers(0, 71), st.integers(0, 255), forged)
def test_a_cursor_of_a_stream_is_one_that_we_make_or_refused(
    number: int, mark: int, at: int, by: int, other: str
) -> None:
    cursor = CURSORS.of_rest(GALLERY, Position(number, mark))
    assert CURSORS.read(GALLERY, cursor) == Position(number, mark)
    raw = bytearray(urlsafe_b64decode(cursor))
    raw[at % len(raw)] ^= by or 1
    for bad in (urlsafe_b64encode(bytes(raw)).decode(), other, f"{cursor} ", cursor[:-1], cursor + "="):
        with pytest.raises(CursorInvalid):
            CURSORS.read(GALLERY, bad)
    with pytest.raises(CursorInvalid):
        CURSORS.read(UUID(int=8), cursor)


@tries(300, 4_000)
@given(anything | st.lists(anything, max_size=3), forged)
def test_a_cursor_of_a_list_is_read_or_refused(value: Any, other: str) -> None:
    order = (Key(User.name_key), Key(User.id))
    packed = urlsafe_b64encode(repr(value).encode(errors="replace")).decode().rstrip("=")
    for cursor in (packed, other, cursor_of(order, User(id=GALLERY, name_key=str(value)))):
        try:
            assert len(read_cursor(order, cursor, "after")) == len(order)
        except Invalid as refused:
            assert refused.field == ["after"]  # noqa: PT017  it may be accepted


@tries(200, 5_000)
@given(documents(), st.dictionaries(st.sampled_from(["id", "first", "room"]), anything, max_size=3))
def test_every_document_has_a_cost_or_is_refused(text: str, variables: dict[str, Any]) -> None:
    try:
        parsed = document(text)
    except GraphQLError:
        return
    for each in parsed.definitions:
        if isinstance(each, OperationDefinitionNode):
            assert cost_of(schema._schema, text, each, variables) >= 0


CLEANERS: list[Callable[[str], str]] = [
    lambda value: clean_line(value, 200, "input", "x"),
    lambda value: clean_text(value, 200, "input", "x", may_be_empty=True),
    lambda value: clean_message(value, "input", "x"),
    lambda value: clean_url(value, "input", "x"),
    lambda value: clean_email(value, "input", "x"),
    lambda value: one_emoji(value, "input", "x"),
]


@tries(300, 10_000)
@given(
    texts
    | st.lists(
        st.sampled_from([*PIECES, "http://", "a.example", "@", "\u202e", "\u0330" * 12, "xn--", "[::1]", "1."])
    ).map("".join)
)
def test_a_text_is_cleaned_once_or_refused_by_name(text: str) -> None:
    for clean in CLEANERS:
        try:
            kept = clean(text)
        except Invalid as refused:
            assert refused.field == ["input", "x"]  # noqa: PT017  it may be accepted
        else:
            assert clean(kept) == kept


@tries(200, 5_000)
@given(texts, anything)
def test_a_token_is_found_or_refused(header: str, payload: Any) -> None:
    given = payload if isinstance(payload, dict) else {"authorization": payload}
    readers: list[Callable[[], str | None]] = [lambda: bearer(header), lambda: connection_token(given)]
    for read in readers:
        try:
            assert isinstance(read(), str | None)
        except Unauthenticated as refused:
            assert header not in str(refused) or len(header) < 30  # noqa: PT017  it may be accepted


@tries(200, 3_000)
@given(anything, texts)
def test_a_log_line_is_one_line(value: Any, path: str) -> None:
    line = redact(printed(as_json({"path": path, "value": value})))
    assert line.isprintable() or not {*"\x1b\n\r\x7f\x9b\u2028\u202e"} & set(line)
