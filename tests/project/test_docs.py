"""The GraphQL examples in the documentation: each is valid, and runs as the demo account that it names."""

import re
from functools import cache

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    assert_interface_type,
    build_schema,
    parse,
    validate,
)

from server.demo import HANDOUT, PENDING
from server.demo_people import PEOPLE, scopes_of
from tests.support.commands import ROOT
from tests.support.compared import compared
from tests.support.documented_examples import EXAMPLES
from tests.support.questions import ask
from tests.support.refusals import refusals
from tests.support.world import ENTER, World

MEETS = re.compile(r"^(?!.*enterRoom).*\$(room|session|participant|message|question|content):", re.DOTALL)
"""Matches examples that need people in the room."""
ROW = re.compile(r"^\| (`[A-Z].+?) \| (.+?) \|", re.MULTILINE)
NAME = re.compile(r"`(\w+)`")
STREAMS = {
    "roomEvents": "RoomEvent",
    "galleryEvents": "GalleryEvent",
    "chat": "ChatEvent",
    "questions": "QuestionsEvent",
    "recordings": "RecordingsEvent",
}


def test_there_are_examples_on_the_pages_about_what_clients_do() -> None:
    pages = {str(example.id).rpartition("-")[0] for example in EXAMPLES}
    assert pages >= {
        "chat",
        "content",
        "interactions",
        "media",
        "members",
        "questions",
        "recordings",
        "sessions",
        "stage",
        "subscriptions",
    }


@cache
def committed_schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text())


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_valid(text: str) -> None:
    assert validate(committed_schema(), parse(text)) == []


@pytest.mark.parametrize("text", EXAMPLES)
async def test_an_example_runs_without_error_or_refusal(world: World, text: str) -> None:
    with compared() as found:
        await run(world, text)
    assert found.compiled or not world.settings.fast_paths
    assert not found.different
    assert not found.refused


async def run(world: World, text: str) -> None:
    account = text.partition("\n")[0].removeprefix("# as ")
    assert account in PEOPLE
    scopes = scopes_of(world.settings, account)
    at_hand = given(world) | (await people_inside(world) if MEETS.search(text) else {})
    variables = {name: each for name, each in at_hand.items() if f"${name}:" in text}
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    if operation.operation is OperationType.SUBSCRIPTION:
        async with world.socket(account) as socket:
            stream = await socket.subscribe(text, **variables)
            assert (await stream.next())["cursor"]
    else:
        answer = await world.query(account, text, *scopes, **variables)
        assert None not in answer.values()
        assert refusals(answer) == []


def given(world: World) -> dict[str, object]:
    return {
        "gallery": world.gallery,
        "room": world.room,
        "user": world.ids["user:outsider"],
        "group": world.ids["group:teaching-assistants"],
        "media": [world.ids[f"media:{title}"] for title, *_ in PENDING],
        "search": "te",
        "content": world.ids[f"content:{HANDOUT}"],
    }


async def people_inside(world: World) -> dict[str, object]:
    """Starts a session. Returns variables: the session, a student's participant, a message and a question."""
    await world.enter("moderator", "chatmod")
    entered = (await world.query("student-001", ENTER, room=world.room))["enterRoom"]
    message = (await world.post("student-001", "Hello"))["message"]["id"]
    question = (await ask(world, "student-001"))["id"]
    ids = {"session": entered["session"]["id"], "participant": entered["participant"]["id"]}
    return ids | {"message": message, "question": question}


def test_the_page_on_subscriptions_has_every_event_with_its_streams() -> None:
    schema = committed_schema()
    events = schema.get_implementations(assert_interface_type(schema.type_map["Event"])).objects
    kinds = {event.name: {kind.name for kind in event.interfaces} & set(STREAMS.values()) for event in events}
    part = (ROOT / "docs" / "subscriptions.md").read_text().partition("## What is told to whom\n")[2]
    told = {
        name: {STREAMS[stream] for stream in NAME.findall(streams)}
        for names, streams in ROW.findall(part)
        for name in NAME.findall(names)
    }
    assert told == kinds
