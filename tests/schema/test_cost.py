"""The cost limit of an operation: nested pages and lists are counted before the operation is executed."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, get_introspection_query, parse

from models.storage.paging import DEFAULT_SIZE, MAX_SIZE
from schema.context import Limits
from schema.execution import cost
from schema.execution.cost import COUNTS, SIZES, Costs, cost_of
from schema.execution.documents import DOCUMENTS
from schema.root import schema
from server.demo_people import PEOPLE
from server.requests import Asked, operation
from server.settings import Settings
from server.tour import PLACEHOLDERS, example_tabs
from tests.support.commands import ROOT
from tests.support.documented_examples import EXAMPLES
from tests.support.world import World, open_world

LIMIT = Settings(dev=True).operation_cost
LIMITS = Limits(cost=LIMIT, seconds=1)
SPARE = 10
SSE, MULTIPART = "text/event-stream", 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"'


def cost_in(text: str, **variables: Any) -> float:
    (of,) = (each for each in parse(text).definitions if isinstance(each, OperationDefinitionNode))
    return cost_of(schema._schema, text, of, variables)


def members(times: int, first: int = 30) -> str:
    """Returns a gallery's selection: its members, each with their gallery, which selects its members, and so on."""
    body = "id"
    for _ in range(times):
        body = f"memberships(first: {first}) {{ edges {{ node {{ gallery {{ {body} }} }} }} }}"
    return body


def nested(times: int, first: int = 30) -> str:
    return f'{{ gallery(by: {{ externalId: "course-101" }}) {{ {members(times, first)} }} }}'


PAGE = """query ($id: ID!, $first: Int, $last: Int = 3) { gallery(by: { id: $id }) {
  media(first: $first) { edges { cursor node { id } } pageInfo { endCursor } }
  sessions(last: $last) { edges { cursor } } } }"""


@pytest.mark.parametrize(
    ("given", "media", "sessions"),
    [
        ({}, DEFAULT_SIZE, 3),
        ({"first": 7}, 7, 3),
        ({"first": None, "last": None}, DEFAULT_SIZE, DEFAULT_SIZE),
        ({"first": 0, "last": 1}, 0, 1),
        ({"first": MAX_SIZE + 1, "last": -1}, MAX_SIZE, MAX_SIZE),
        ({"first": "x", "last": True}, DEFAULT_SIZE, DEFAULT_SIZE),
    ],
)
def test_a_page_counts_as_often_as_it_may_have_items(given: dict[str, Any], media: int, sessions: int) -> None:
    of_media = 1 + len(("edges", "pageInfo", "endCursor")) + media * len(("cursor", "node", "id"))
    of_sessions = 1 + len(("edges",)) + sessions * len(("cursor",))
    assert cost_in(PAGE, **given) == 1 + of_media + of_sessions


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("{ viewer { id name } }", 3),
        ("{ viewer { groups { id name } } }", 1 + 1 + DEFAULT_SIZE * 2),
        ('{ nodes(ids: ["a", "b"]) { id } }', 1 + 2),
        ("{ nodes(ids: [" + '"x" ' * 200 + "]) { id } }", 1 + MAX_SIZE),
        ("{ galleries(first: 99999999999999999999) { edges { cursor } } }", 1 + 1 + MAX_SIZE),
        ("{ galleries(first: 7) { totalCount edges { cursor } } }", 1 + DEFAULT_SIZE + 1 + 7),
        ("{ galleries(first: 7) { edges { node { mediaCount } } } }", 1 + 1 + 7 * (1 + COUNTS["Gallery.mediaCount"])),
        ("{ groups(first: 7) { edges { node { memberCount } } } }", 1 + 1 + 7 * 2),
        ("{ site { rateLimits { kind } } }", 1 + 1 + SIZES["Site.rateLimits"]),
        ('mutation { leaveRoom(input: { roomId: "x" }) { userErrors { code } } }', 1 + 1 + 1),
        ('{ node(id: "x") { id ... on User { name } ... on Media { title kind } } }', 1 + 1 + 2),
        (
            '{ node(id: "x") { ...A ...A } } fragment A on Node { id ... on User { name } ... on Media { id } }',
            1 + 2 + 2,
        ),
        ("{ viewer { ...A } } fragment A on Node { id ... on User { name } ... on Media { title kind } }", 1 + 2),
        (
            'subscription { chat(roomId: "x") { cursor ... on ChatCleared { channel } ... on Checkpoint { cursor } } }',
            3,
        ),
    ],
)
def test_everything_else_counts_as_it_may_be_there(text: str, counted: float) -> None:
    assert cost_in(text) == counted


@pytest.mark.parametrize(
    "text",
    [
        "{ nobody { of { ours } } }",
        "{ viewer { ...A } } fragment A on User { id ...A }",
        "{ viewer { ...Nobody ... on Nothing { id } ... on Media { title } } }",
        "{ viewer }",
        "{ viewer { id { x } } }",
        "query ($first: Int = [1]) { galleries(first: $first) { edges { cursor } } users(first: $absent) { edges { cursor } } }",
    ],
)
def test_what_validation_refuses_can_be_counted(text: str) -> None:
    assert 0 <= cost_in(text) <= 100


def test_a_fragment_is_counted_once_however_often_it_is_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = 0
    count = cost._Counting._field

    def counted(self: cost._Counting, node: FieldNode, of: Any) -> Any:
        nonlocal fields
        fields += 1
        return count(self, node, of)

    monkeypatch.setattr(cost._Counting, "_field", counted)
    steps = " ".join(f"fragment F{n} on User {{ id ...F{n + 1} ...F{n + 1} }}" for n in range(9))
    assert cost_in(f"{{ viewer {{ ...F0 }} }} {steps} fragment F9 on User {{ id }}") == 1 + 2**10 - 1
    assert fields == 11


def test_only_some_costs_of_a_document_are_kept_and_they_count_as_memory() -> None:
    text = "query Sizes($first: Int) { galleries(first: $first) { edges { cursor } } }"
    plain = DOCUMENTS.of(text).bytes()
    assert [cost_in(text, first=size) for size in range(1, MAX_SIZE)] == [2 + size for size in range(1, MAX_SIZE)]
    document = DOCUMENTS.of(text)
    assert 0 < len(document.derived[Costs]) <= Costs.MOST
    assert plain < document.bytes() == document.counted < plain + 5_000


def test_lists_within_lists_are_refused_and_what_a_page_shows_is_not() -> None:
    for times, first in ((3, 30), (4, 30), (3, 100), (4, 20)):
        text = nested(times, first)
        with pytest.raises(GraphQLError, match=f"the limit is {LIMIT:,}") as refused:
            operation(Asked(text, None, None), LIMITS)
        assert refused.value.extensions == {"code": "TOO_EXPENSIVE", "cost": round(cost_in(text)), "limit": LIMIT}
    operation(Asked(nested(1), None, None), LIMITS)
    operation(Asked(PAGE, {"id": "x", "first": MAX_SIZE}, None), LIMITS)


@pytest.mark.parametrize("first", [60, None])
def test_a_size_in_a_variable_counts_in_each_request(first: int | None) -> None:
    text = """query ($first: Int!) { galleries(first: 10) { edges { node { media(first: $first) { edges { node {
      id title owner { id name } recording { id } kind status tags } } } } } } }"""
    for size, refused in ((10, False), (100, True), (10, False)):
        try:
            operation(Asked(text, {"first": size, "unused": first}, None), LIMITS)
        except GraphQLError:
            assert refused
        else:
            assert not refused


def test_the_sizes_are_of_lists_that_there_are() -> None:
    types = schema._schema.type_map
    for name in (*SIZES, *COUNTS):
        of, field = name.split(".")
        assert field in types[of].fields or field in cost._META, name  # type: ignore[attr-defined]  # an object type


def our_own() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields the documents that we publish: those of the tour, the examples and the pages."""
    for tab in example_tabs(PEOPLE, dict.fromkeys(PLACEHOLDERS, "x")):
        yield tab["title"], tab["query"], json.loads(tab["variables"])
    for example in EXAMPLES:
        yield str(example.id), str(example.values[0]), {}
    for number, text in enumerate(re.findall(r"""["'](\{ \w+\(.+?|(?:query|mutation|subscription) .+?)["']""", START)):
        yield f"start-{number}", text, {}
    for path in sorted(Path(ROOT / "examples").glob("*.py")):
        for name, value in vars(import_module(f"examples.{path.stem}")).items():
            if isinstance(value, str) and value.startswith(("query ", "mutation ", "subscription ")):
                yield f"{path.stem}.{name}", value, {}


START = (ROOT / "docs/start.md").read_text().replace('\\"', "`")
OUR_OWN = {name: (text.replace("`", '"'), variables) for name, text, variables in our_own()}


def test_all_of_our_own_documents_are_found() -> None:
    for name, least in (("start", 8), ("Watch", 4), ("meeting.", 3), ("form.", 1), ("media-", 1)):
        assert sum(each.startswith(name) for each in OUR_OWN) >= least, name


@pytest.mark.parametrize("name", OUR_OWN)
def test_our_own_documents_keep_the_limit_ten_times_over(name: str) -> None:
    text, variables = OUR_OWN[name]
    assert cost_in(text, **variables) * SPARE <= LIMIT


def test_graphiqls_introspection_keeps_the_limit_and_not_a_second_one_beside_it() -> None:
    text = get_introspection_query(descriptions=True, specified_by_url=True, directive_is_repeatable=True,
        schema_description=True, input_value_deprecation=True, one_of=True)  # fmt: skip
    assert LIMIT / 2 < cost_in(text) < LIMIT


EXPENSIVE = {
    "query": nested(4),
    "mutation": f'mutation {{ lockRoom(input: {{ sessionId: "x" }}) {{ session {{ room {{ gallery {{ {members(3)} }} }} }} }} }}',
    "subscription": f'subscription {{ galleryEvents(galleryId: "x") {{ ... on AccessChanged {{ room {{ gallery {{ {members(3)} }} }} }} }} }}',
}


@pytest.mark.parametrize("kind", EXPENSIVE)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", SSE, MULTIPART])
async def test_over_http_the_answer_names_the_limit_and_nothing_is_asked_of_the_database(
    lasting_world: World, monkeypatch: pytest.MonkeyPatch, kind: str, accept: str
) -> None:
    monkeypatch.setattr(type(schema), "execute", None)
    monkeypatch.setattr(type(schema), "stream", None)
    headers = {"accept": accept, **lasting_world.credentials("manager")}
    answers = [await lasting_world.http.post("/graphql", json={"query": EXPENSIVE[kind]}, headers=headers)]
    if kind != "mutation":
        answers.append(await lasting_world.http.get("/graphql", params={"query": EXPENSIVE[kind]}, headers=headers))
    for answer in answers:
        # Clients that accept only a stream get it in an event.
        assert (answer.text.count('"message"'), answer.text.count('"code":"TOO_EXPENSIVE"')) == (1, 1)
        assert answer.status_code == (400 if "response" in accept else 200)


@pytest.mark.parametrize("kind", EXPENSIVE)
async def test_over_a_socket_the_operation_ends_alone(lasting_world: World, kind: str) -> None:
    async with lasting_world.socket("manager") as socket:
        assert await (await socket.subscribe(EXPENSIVE[kind])).error() == "TOO_EXPENSIVE"
        assert (await (await socket.subscribe("{ viewer { id } }")).next())["id"]


async def test_the_limit_is_a_setting(settings: Settings) -> None:
    async with open_world(settings.model_copy(update={"operation_cost": 2})) as world:
        assert (await world.ask("manager", "{ viewer { id } }"))["data"]
        (error,) = (await world.ask("manager", "{ viewer { id name } }"))["errors"]
        assert error["extensions"] == {"code": "TOO_EXPENSIVE", "cost": 3, "limit": 2}
