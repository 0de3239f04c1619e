"""Errors are at most 20, short, told once each, and hold neither large values nor values as Python writes them."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from schema.execution.reports import LONGEST, MOST_ERRORS
from server.settings import Settings
from tests.support.production import production
from tests.support.world import World, open_world

LARGE = "x" * 900_000
PYTHON = re.compile(r"\b(None|True|False|Undefined|nan|inf)\b|\{'|\['|<class|object at 0x|(?<![\w'])b'")
VALUES: dict[str, Any] = {
    "a large text": LARGE,
    "a large key": {LARGE: 1},
    "many keys": {f"{number:x}": None for number in range(60_000)},
    "a long list": [True] * 150_000,
    "a list in a list": [[None, [True, {"a": None}]]],
    "a deep list": orjson.loads("[" * 100 + "]" * 100),
    "a deep object": orjson.loads('{"a":' * 100 + "1" + "}" * 100),
    "a large number": 2**53,
    "a larger number": 1e308,
    "a fraction": -0.5,
    "yes": True,
    "a text": "it's \" \\ \n\u2028{'a': None}",
    "an empty object": {},
    "null": None,
}
PLACES = {
    "Int": "query ($v: Int!) { galleries(first: $v) { edges { cursor } } }",
    "String": "query ($v: String!) { galleries(search: $v) { edges { cursor } } }",
    "ID": "query ($v: ID!) { node(id: $v) { id } }",
    "[ID!]": "query ($v: [ID!]!) { nodes(ids: $v) { id } }",
    "Boolean": "query ($v: Boolean!) { viewer { id @include(if: $v) } }",
    "DateTime": "query ($v: DateTime!) { galleries { edges { node { media(filter: {createdAfter: $v}) { edges { cursor } } } } } }",
    "EventCursor": 'subscription ($v: EventCursor!) { roomEvents(roomId: "x", after: $v) { cursor } }',
    "enum": "query ($v: MediaKind!) { galleries { edges { node { media(filter: {kinds: [$v]}) { edges { cursor } } } } } }",
    "input": "mutation ($v: AddMediaInput!) { addMedia(input: $v) { userErrors { message } } }",
    "one of": "query ($v: GalleryBy!) { gallery(by: $v) { id } }",
}


@pytest.fixture(scope="module", params=["development", "production"])
async def world(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    path = tmp_path_factory.mktemp("errors") / "enfilade.db"
    shutil.copy(sqlite_template, path)
    limits: dict[str, Any] = {"document_root_fields": 100, "document_aliases": 600, "document_directives": 950}
    limits["document_characters_per_minute"] = 10_000_000
    settings = Settings(dev=True, database_url=f"sqlite:///{path}", **limits)
    async with open_world(production(settings) if request.param == "production" else settings) as world:
        yield world


async def errors_of(world: World, document: str, **variables: Any) -> list[dict[str, Any]]:
    """Returns the errors of an operation, which are few and short."""
    headers = {**world.credentials("manager"), "accept": "application/json, text/event-stream"}
    body = orjson.dumps({"query": document, "variables": variables})
    answer = await world.http.post("/graphql", content=body, headers=headers | {"content-type": "application/json"})
    assert len(answer.content) < 20_000
    (text,) = re.findall(r"^(?:data: )?(\{.+\})$", answer.text, re.MULTILINE)
    errors: list[dict[str, Any]] = orjson.loads(text).get("errors", [])
    assert len(errors) <= MOST_ERRORS
    assert len({str(error) for error in errors}) == len(errors)
    for error in errors:
        assert len(error["message"]) <= LONGEST
        assert len(error.get("locations") or ()) <= 5
    return errors


@pytest.mark.parametrize("place", PLACES)
async def test_a_wrong_value_is_neither_repeated_nor_written_as_python_does(world: World, place: str) -> None:
    refused = 0
    for name, value in VALUES.items():
        errors = await errors_of(world, PLACES[place], v=value)
        refused += bool(errors)
        for error in errors:
            assert error["extensions"]["code"] != "INTERNAL", name
            if name != "a large key":
                assert not PYTHON.search(error["message"]), (name, error["message"])
                assert "xxxx" not in error["message"]
    assert refused >= 9


@pytest.mark.parametrize("literal", ['"LARGE"', "[[true, null]]", "{a: null}", "1.5", "999999999999999999999", "NOPE"])
async def test_nor_is_one_within_the_document(world: World, literal: str) -> None:
    literal = literal.replace("LARGE", "x" * 90_000)
    for document in (
        f"{{ galleries(first: {literal}) {{ edges {{ cursor }} }} }}",
        f"{{ gallery(by: {literal}) {{ id }} }}",
        f"{{ viewer {{ id @include(if: {literal}) }} }}",
        f"mutation {{ addMedia(input: {{galleryId: {literal}, kind: {literal}}}) {{ cursor }} }}",
    ):
        for error in await errors_of(world, document):
            assert not PYTHON.search(error["message"]), error["message"]
            assert "xxxx" not in error["message"]


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ("{ " + " ".join(f"a{number}" for number in range(100)) + " }", MOST_ERRORS),
        ("{ " + "nobody " * 100 + "}", 2),
        ("{ viewer { " + " ".join(f"a: n{number}" for number in range(500)) + " } }", MOST_ERRORS),
        ("query (" + " ".join(f"$a{number}: Int!" for number in range(300)) + ") { viewer { id } }", MOST_ERRORS),
        ("{ viewer { id " + "@no " * 900 + "} }", 2),
        ("{ node(" + "id: 1 " * 400 + ") { id } }", None),
        ("{ " + " ".join(f'a{n}: gallery(by: {{externalId: "course-101"}}) {{ media(first: -1) {{ edges {{ cursor }} }} }}' for n in range(60)) + " }", MOST_ERRORS),
        ("{ " + "a" * 50_000 + "(", 1),
        ("{ viewer { id @" + "a" * 50_000 + " } }", 2),
    ],
    ids=["fields", "one field often", "one key", "variables", "one directive often", "one argument often", "refusals", "a long syntax error", "a long name"],
)  # fmt: skip
async def test_they_are_at_most_twenty_and_each_is_told_once(world: World, document: str, count: int | None) -> None:
    errors = await errors_of(world, document)
    assert errors
    assert count is None or len(errors) == count
    if count == MOST_ERRORS:
        assert re.fullmatch(r"And \d+ errors more\.", errors[-1]["message"])
    async with world.socket("manager") as socket:
        message = await (await socket.subscribe(document)).message()
        assert (message["payload"] if message["type"] == "error" else message["payload"]["errors"]) == errors
