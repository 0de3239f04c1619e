"""examples/operations/ has one document for each operation of the schema, and examples/first-steps.http the first requests.

All of them run here, in an order in which each finds what it is about.
"""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from graphql import (
    ExecutableDefinitionNode,
    FieldNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from schema.mutations.declare import declared_in
from schema.mutations.root import CHAPTERS
from schema.root import schema
from server.demo_people import MEDIA_SERVER, PEOPLE, scopes_of
from tests.support.commands import ROOT
from tests.support.refusals import refusals
from tests.support.world import World

FOLDER = ROOT / "examples" / "operations"
DOCUMENTS = {path.stem: path for path in sorted(FOLDER.rglob("*.graphql"))}
CORE = schema._schema
ROOTS: dict[OperationType, GraphQLObjectType | None] = {
    OperationType.QUERY: CORE.query_type,
    OperationType.MUTATION: CORE.mutation_type,
    OperationType.SUBSCRIPTION: CORE.subscription_type,
}
WORD = re.compile(r'"\{\{(\w+)\}\}"')


def text_of(name: str) -> str:
    return DOCUMENTS[name].read_text("utf-8")


def operation_of(name: str) -> OperationDefinitionNode:
    (operation,) = parse(text_of(name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def variables_of(name: str, words: dict[str, str] | None = None) -> dict[str, Any]:
    """Returns the variables beside a document, with each word in braces replaced, or standing for itself."""
    path = DOCUMENTS[name].with_suffix(".json")
    text = path.read_text("utf-8") if path.exists() else "{}"
    return dict(json.loads(WORD.sub(lambda word: json.dumps(words[word[1]] if words else word[1]), text)))


def account_of(name: str) -> str:
    return text_of(name).partition("\n")[0].removeprefix("# as ")


def root_fields() -> set[str]:
    return {field for of in ROOTS.values() if of for field in of.fields}


def test_each_root_field_has_one_document_and_there_is_no_other() -> None:
    found = [path.stem[0].lower() + path.stem[1:] for path in FOLDER.rglob("*.graphql")]
    assert sorted(found) == sorted(root_fields())
    orphans = [path for path in FOLDER.rglob("*.json") if path.stem not in DOCUMENTS]
    assert orphans == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_valid_and_is_named_after_its_one_field(name: str) -> None:
    operation = operation_of(name)
    assert validate(CORE, parse(text_of(name))) == []
    assert isinstance(operation, ExecutableDefinitionNode)
    assert operation.name
    assert operation.name.value == name
    (field,) = operation.selection_set.selections
    assert isinstance(field, FieldNode)
    assert field.name.value == name[0].lower() + name[1:]
    of = ROOTS[operation.operation]
    assert of
    assert field.name.value in of.fields
    account, _, rest = text_of(name).partition("\n")
    assert account.removeprefix("# as ") in {*PEOPLE, MEDIA_SERVER}
    assert rest.startswith("# "), "a second line says what it does"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_variables_are_those_of_the_document_and_have_its_types(name: str) -> None:
    definitions = operation_of(name).variable_definitions or ()
    words = dict.fromkeys(WORD.findall(_json_of(name)), "2030-01-31T12:00:00Z")
    given = variables_of(name, words)
    taken = get_variable_values(CORE, definitions, given)
    assert not isinstance(taken, list), taken
    assert given.keys() <= {each.variable.name.value for each in definitions}


def _json_of(name: str) -> str:
    path = DOCUMENTS[name].with_suffix(".json")
    return path.read_text("utf-8") if path.exists() else ""


def test_every_mutation_is_in_the_folder_of_its_chapter() -> None:
    folders = {
        field.python_name.title().replace("_", ""): title.lower()
        for title, modules in CHAPTERS
        for field in declared_in(modules)
    }
    assert {name: DOCUMENTS[name].parent.name for name in folders} == folders


def test_the_page_explains_the_words_in_braces() -> None:
    used = {word for name in DOCUMENTS for word in WORD.findall(_json_of(name))}
    made = {"media", "playlist", "webhook", "item", "recording", "message", "question", "interaction"}
    explained = set(
        re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \|", (FOLDER / "README.md").read_text(), re.MULTILINE)))
    )
    assert used == explained | made


WORDS, OPEN = (
    {"kind": kind, "questions": [{"text": "What makes a poster good?"}], "idempotencyKey": None}
    for kind in ("WORDS", "TEXT")
)
Step = str | tuple[str, dict[str, Any]]
"""A document, with another account than its own after a space, or with other fields in its input."""
SCENE: tuple[Step, ...] = (
    *("Viewer", "Site", "Galleries", "Gallery", "Node", "Nodes", "Users", "Groups", "UpdateSite"),
    *("PreviewRoomConfiguration", "ConfigureRoom", "AuditRecords"),
    # the room, with somebody who waits and is let in, and somebody who is declined
    *(
        "EnterRoom",
        "EnterRoom chatmod",
        "EnterRoom student-002",
        "LockRoom",
        "EnterRoom student-001",
        "AdmitParticipants",
    ),
    *("EnterRoom student-003", "DeclineParticipants", "UnlockRoom", "EnterRoom student-001", "Room", "Heartbeat"),
    *("SendReaction", "SetStageAccess", "RaiseHand", "LowerHand", "RaiseHand", "LowerAllHands"),
    *("InviteToStage", "DeclineStage", "InviteToStage", "AcceptStage", "SetMayShow", "SetDevices"),
    *("SwitchOffDevices", "UnblockDevices", "SwitchOffAllDevices", "UnblockAllDevices"),
    *("LeaveStage", "RequestStage", "InviteToStage", "AcceptStage", "RemoveFromStage"),
    *("AddContent", "UpdateContent", "MoveContent", "ShowContent", "UpdateShown", "StopShowing", "RemoveContent"),
    *("StartRecording", "EndRecording", "ReportRecording"),
    *("PostMessage", "EditMessage", "AddReaction", "RemoveReaction", "PinMessage", "UnpinMessage", "DeleteMessage"),
    *("Announce", "BlockFromChat", "UnblockFromChat", "ClearChat"),
    *("AskQuestion", "ClaimQuestion", "ReleaseQuestion", "DismissQuestion", "ReopenQuestion", "ReplyToQuestion"),
    *("PublishAnswer", "UpvoteQuestion", "RemoveQuestionUpvote"),
    *("CreateInteraction", "UpdateInteraction", "ScheduleInteraction", "UnscheduleInteraction", "OpenInteraction"),
    *("AnswerInteraction", "CloseInteraction", "CopyInteraction", "DeleteInteraction"),
    ("CreateInteraction", WORDS),
    "OpenInteraction",
    ("AnswerInteraction", {"answers": [{"words": ["air"]}]}),
    "HideWord",
    ("CreateInteraction", OPEN),
    "OpenInteraction",
    ("AnswerInteraction", {"answers": [{"text": "White space."}]}),
    *("PublishInteractionText", "RemoveParticipant", "LeaveRoom student-002", "EndSession"),
    *("SessionRecord", "SessionReport"),
    # the gallery
    *("AddMedia", "ReviewMedia", "UpdateMedia", "CreatePlaylist", "UpdatePlaylist", "DeletePlaylist", "RemoveMedia"),
    *("CreateWebhook", "UpdateWebhook", "TestWebhook", "ReplayWebhook", "RotateWebhookSecret", "DeleteWebhook"),
    *("UpsertUser", "SetGalleryMember", "SyncRoster", "RemoveGalleryMember", "UpdateGallery"),
    *("CreateGroup", "UpdateGroup", "AddGroupMembers", "RemoveGroupMembers", "DeleteGroup"),
    *("CreateGallery", "DeleteGallery", "SuspendUser", "UnsuspendUser"),
)
"""Everything but the streams."""
STREAMS = [name for name in DOCUMENTS if operation_of(name).operation is OperationType.SUBSCRIPTION]


def test_the_scene_has_every_document_but_the_streams() -> None:
    played = {(step if isinstance(step, str) else step[0]).partition(" ")[0] for step in SCENE}
    assert played == DOCUMENTS.keys() - set(STREAMS)


@pytest.mark.second_tier  # some 110 operations, each compiled for the first time
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_every_query_and_mutation_runs_without_error_or_refusal(world: World) -> None:
    words = words_of(world)
    for step in SCENE:
        given, more = (step, {}) if isinstance(step, str) else step
        name, _, other = given.partition(" ")
        who = other or account_of(name)
        variables = variables_of(name, words)
        if more:
            variables["input"] |= more
        answer = await world.query(who, text_of(name), *scopes_of(world.settings, who), **variables)
        assert refusals(answer) == [], (step, answer)
        assert None not in answer.values(), (step, answer)
        if operation_of(name).operation is OperationType.MUTATION:
            note(words, who, next(iter(answer.values())))


def words_of(world: World) -> dict[str, str]:
    """Returns the words that a person looks up before the first mutation."""
    return {
        "gallery": world.gallery,
        "room": world.room,
        "user": world.ids["user:chatmod"],
        "group": world.ids["group:teaching-assistants"],
        "soon": (world.clock() + timedelta(hours=1)).isoformat(),
    }


def note(words: dict[str, str], who: str, payload: dict[str, Any]) -> None:
    """Notes the ids in an answer, as README.md says where they come from. A participant is the last student who acted."""
    ids = {name: each["id"] for name, each in payload.items() if isinstance(each, dict) and "id" in each}
    if not who.startswith("student"):
        ids.pop("participant", None)
    words.update(ids)
    if "webhook" in payload and "cursor" in payload["webhook"]:
        words["cursor"] = payload["webhook"]["cursor"]
    for edge in (payload.get("question") or {}).get("replies", {}).get("edges", []):
        words["reply"] = edge["node"]["id"]
    interaction = payload.get("interaction") or {}
    for question in (*interaction.get("questions", []), *(interaction.get("viewerAnswer") or {}).get("questions", [])):
        words |= {"option": question["options"][0]["id"]} if question.get("options") else {}
        words |= {"text": question["text"]["id"]} if isinstance(question.get("text"), dict) else {}


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("name", STREAMS)
async def test_every_subscription_delivers(world: World, name: str) -> None:
    async with world.socket(account_of(name)) as socket:
        stream = await socket.subscribe(text_of(name), **variables_of(name, words_of(world)))
        assert await stream.next()


REQUEST = re.compile(
    r"^### (\d)\. .+\n(?:#.*\n)*POST \{\{host\}\}(\S+)\n((?:.+: .+\n)+)\n(\{\n(?:.*\n)*?\}\n)", re.MULTILINE
)
STEPS = ROOT / "examples" / "first-steps.http"


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_the_first_steps_run_one_after_the_other(world: World) -> None:
    text = STEPS.read_text()
    values = {"token": world.token("moderator"), "gallery": world.gallery, "room": world.room}
    assert set(re.findall(r"^@(\w+) = ", text, re.MULTILINE)) == {"host", *values}
    requests = REQUEST.findall(re.sub(r"\{\{(token|gallery|room)\}\}", lambda word: values[word[1]], text))
    assert [number for number, *_ in requests] == ["1", "2", "3", "4", "5", "6"]
    assert text.count("###") == len(requests)
    answers = []
    for _, path, lines, body in requests:
        headers = dict(line.split(": ", 1) for line in lines.splitlines())
        assert validate(CORE, parse(json.loads(body)["query"])) == []
        async with world.http.stream("POST", path, content=body, headers=headers) as response:
            assert response.status_code == 200
            if headers["Accept"] == "text/event-stream":
                answers.append(
                    json.loads(
                        await anext(line[6:] async for line in response.aiter_lines() if line.startswith("data: {"))
                    )
                )
            else:
                answers.append(json.loads(await response.aread()))
    viewer, gallery, entered, posted, refused, status = (answer["data"] for answer in answers)
    assert viewer["viewer"]["username"] == "moderator"
    assert (gallery["gallery"]["id"], gallery["gallery"]["room"]["id"]) == (world.gallery, world.room)
    assert entered["enterRoom"]["userErrors"] == posted["postMessage"]["userErrors"] == []
    assert [error["code"] for error in refused["updateGallery"]["userErrors"]] == ["FORBIDDEN"]
    assert status["roomStatus"]["participantCount"] == 1
