"""Validation: its cost is bounded, it delays no other operation, and each document is validated once."""

import asyncio
from asyncio import Handle
from threading import Event, current_thread
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, print_ast
from graphql.pyutils import suggestion_list
from graphql.validation.rules import known_type_names

from schema.execution import validation
from schema.execution.documents import DOCUMENTS, MEBIBYTE, document
from schema.execution.reports import MOST_ERRORS
from schema.execution.validation import errors_of, found_errors
from schema.root import schema
from server import sockets
from server.requests import admitted
from tests.support.world import PATIENCE, World

VIEWER = "{ viewer { name } }"


def test_the_same_fields_many_times_over_are_valid() -> None:
    assert errors_of(schema._schema, parse("{ " + "viewer { id } " * 490 + "}")) == []
    spread = " ".join(f"...F{number}" for number in range(40))
    body = " ".join(f"a{number}: groups {{ id }}" for number in range(10))
    defined = " ".join(f"fragment F{number} on User {{ {body} }}" for number in range(40))
    assert errors_of(schema._schema, parse(f"{{ viewer {{ {spread} }} }} {defined}")) == []


def test_so_many_errors_are_told_and_what_was_meant_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[str] = []

    def counted(name: str, options: Any) -> list[str]:
        sought.append(name)
        return suggestion_list(name, options)

    monkeypatch.setattr(known_type_names, "suggestion_list", counted)
    text = "{ viewer { id } } " + " ".join(
        f"fragment F{n} on GalleryMembershipConnectionx {{ id }}" for n in range(200)
    )
    first, *others, last = errors_of(schema._schema, parse(text))
    assert "Did you mean 'GalleryMembershipConnection'" in first.message
    assert len(others) + 1 == MOST_ERRORS
    assert not any("Did you mean" in error.message for error in others)
    assert last.message == "Too many validation errors, error limit reached. Validation aborted."
    assert len(sought) == 1


def test_errors_that_repeat_a_long_value_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = 0

    def counted(node: Any, *arguments: Any) -> str:
        nonlocal printed
        printed += 1
        return print_ast(node, *arguments)

    monkeypatch.setattr("graphql.language.printer.print_ast", counted)
    text = "{ gallery(by: { " + " ".join(f"a{n}: 1" for n in range(600)) + " }) { id } }"
    *errors, last = errors_of(schema._schema, parse(text))
    assert last.message == "The errors are too long. Validation aborted."
    assert 0 < len(errors) == printed < 5


def test_conflicts_are_told_up_to_the_same_number() -> None:
    text = "{ viewer { " + " ".join(f"a{n}: id a{n}: name" for n in range(50)) + " } }"
    errors = errors_of(schema._schema, parse(text))
    assert len(errors) == MOST_ERRORS
    assert errors[0].message == (
        "Fields 'a0' conflict because 'id' and 'name' are different fields."
        " Use different aliases on the fields to fetch both if this was intentional."
    )


class Slow:
    """Replaces `errors_of`. It validates only after the test sets `go`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = Event()
        self.begun: list[str] = []
        monkeypatch.setattr(validation, "errors_of", self)

    def __call__(self, of: GraphQLSchema, parsed: DocumentNode) -> list[GraphQLError]:
        self.begun.append(current_thread().name)
        self.go.wait(PATIENCE)
        return errors_of(of, parsed)


async def test_while_documents_are_validated_others_are_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    DOCUMENTS.clear()
    await world.query("manager", VIEWER)
    slow = Slow(monkeypatch)
    async with world.socket("student-001") as socket:
        streams = [await socket.subscribe(f"{{ viewer {{ a{n}: name }} }}") for n in range(5)]
        async with asyncio.timeout(PATIENCE):
            while not slow.begun:
                await world.query("manager", VIEWER)
        assert await world.query("manager", VIEWER) == {"viewer": {"name": "Mara Manager"}}
        assert len(slow.begun) == 1
        assert slow.begun[0].startswith("documents")
        slow.go.set()
        for stream in streams:
            assert await stream.next()


async def test_operations_that_come_together_begin_one_in_each_turn_of_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = 0
    turns: list[int] = []
    ticking: Handle | None = None

    def tick() -> None:
        nonlocal turn, ticking
        turn, ticking = turn + 1, asyncio.get_running_loop().call_soon(tick)

    async def noted(*asked: Any, **named: Any) -> OperationDefinitionNode:
        turns.append(turn)
        return await admitted(*asked, **named)

    monkeypatch.setattr(sockets, "admitted", noted)
    async with world.socket("student-001") as socket:
        tick()
        streams = [await socket.subscribe(VIEWER) for _ in range(10)]
        for stream in streams:
            assert await stream.next()
        assert ticking
        ticking.cancel()
    assert len(set(turns)) == len(turns) == 10


async def test_a_document_that_many_ask_for_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    asked = [asyncio.ensure_future(found_errors(schema._schema, "{ viewer { many: name } }")) for _ in range(20)]
    await asyncio.sleep(0)
    slow.go.set()
    assert await asyncio.gather(*asked) == [[]] * 20
    assert len(slow.begun) == 1


async def test_a_document_that_is_dropped_while_it_is_validated_has_its_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    asked = asyncio.ensure_future(found_errors(schema._schema, "{ dropped }"))
    await asyncio.sleep(0)
    DOCUMENTS.clear()
    slow.go.set()
    (error,) = await asked
    assert "Cannot query field 'dropped'" in error.message
    assert DOCUMENTS.bytes == 0


async def test_errors_count_as_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    DOCUMENTS.clear()
    text = "{ " + " ".join(f"{'a' * 400}{n}" for n in range(19)) + " }"
    document(text)
    before = DOCUMENTS.bytes
    assert len(await found_errors(schema._schema, text)) == 19
    assert DOCUMENTS.bytes > before + 19 * 400
    monkeypatch.setattr(DOCUMENTS, "max_bytes", MEBIBYTE)
    for number in range(10):
        await found_errors(schema._schema, text.replace("}", f"b{number} }}"))
    assert DOCUMENTS.bytes <= MEBIBYTE
