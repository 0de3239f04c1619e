"""The tour in GraphiQL's tabs: each is valid, and they run as they are, from left to right."""

import json
import re
from contextlib import AsyncExitStack
from itertools import groupby
from typing import Any

from graphql import OperationDefinitionNode, OperationType, parse

from schema.root import schema
from schema.types.ids import parse as parse_id
from server.demo import PENDING, PLAYLIST, PUBLISHED
from server.demo_people import scopes_of
from server.tour import CHAPTERS, PLACEHOLDERS, SOURCES, Tab, example_tabs
from tests.support.compared import compared
from tests.support.event_streams import is_live, next_event
from tests.support.refusals import refusals
from tests.support.world import Subscribed, World

IDS = {name: f"id of {name}" for name in PLACEHOLDERS}
LAST = re.compile(r'"the last (\w+)"')
ID = re.compile(r'"id": ?"([^"]+)"')
WALK = [
    ("Gallery", "manager"),
    ("FindPeople", "manager"),
    ("SetMember", "manager"),
    ("KeepPeople", "admin"),
    ("WatchGallery", "moderator"),
    ("AddMedia", "student-001"),
    ("ReviewMedia", "moderator"),
    ("CreatePlaylist", "moderator"),
    ("UpdateSite", "admin"),
    ("ConfigureRoom", "manager"),
    ("WatchRoom", "moderator"),
    ("LaunchRoom", "moderator"),
    ("LockRoom", "moderator"),
    ("JoinRoom", "student-001"),
    ("AdmitWaiting", "moderator"),
    ("PostMessage", "student-001"),
    ("InviteToStage", "moderator"),
    ("AcceptStage", "student-001"),
    ("WatchTalk", "student-001"),
    ("ModerateChat", "chatmod"),
    ("WatchQuestions", "chatmod"),
    ("AskQuestion", "student-001"),
    ("ReplyToQuestion", "chatmod"),
    ("PublishAnswer", "chatmod"),
    ("AnswerQuiz", "student-001"),
    ("CloseQuiz", "chatmod"),
    ("OpenWordCloud", "chatmod"),
    ("GiveWords", "student-001"),
    ("ShowDocument", "moderator"),
    ("TurnPage", "moderator"),
]


def operation_of(tab: Tab) -> OperationDefinitionNode:
    (operation,) = (node for node in parse(tab["query"]).definitions if isinstance(node, OperationDefinitionNode))
    return operation


ACCOUNTS = {account for _title, account in WALK}


def test_the_tabs_come_in_the_order_of_a_first_walk_each_as_its_account() -> None:
    tabs = list(example_tabs(ACCOUNTS, IDS))
    assert [(tab["title"], tab["account"]) for tab in tabs] == WALK
    assert [tab["number"] for tab in tabs] == list(range(1, len(WALK) + 1))


def test_a_chapter_has_neighbours_and_at_most_eight() -> None:
    tabs = list(example_tabs(ACCOUNTS, IDS))
    assert [tab["title"] for tab in tabs] == [title for titles in CHAPTERS.values() for title in titles]
    assert [chapter for chapter, _ in groupby(tab["chapter"] for tab in tabs)] == list(CHAPTERS)
    assert max(map(len, CHAPTERS.values())) <= 8


def test_a_tab_is_one_operation_named_as_it_is_below_a_comment() -> None:
    for tab in example_tabs(ACCOUNTS, IDS):
        name = operation_of(tab).name
        assert name
        assert name.value == tab["title"]
        assert tab["query"].startswith(f"# {tab['number']}. As ")
        told = [line for line in tab["query"].splitlines() if line.startswith("#")]
        assert max(map(len, told)) <= 60, "more is beyond the editor's edge"


NOT_IN_THE_TOUR = {
    # Mutations that resemble one in the tour: the reverse of it, or the same for a single object.
    *(
        "editMessage",
        "leaveRoom",
        "endSession",
        "declineParticipants",
        "removeParticipant",
        "declineStage",
        "leaveStage",
        "removeFromStage",
    ),
    *("setDevices", "switchOffDevices", "unblockDevices", "switchOffAllDevices", "unblockAllDevices", "sendReaction"),
    *("lowerHand", "lowerAllHands", "requestStage", "setStageAccess", "unpinMessage", "removeReaction", "clearChat"),
    *("blockFromChat", "unblockFromChat", "announce", "releaseQuestion", "dismissQuestion", "reopenQuestion"),
    *("upvoteQuestion", "removeQuestionUpvote", "updateMedia", "removeMedia"),
    *("copyInteraction", "updateInteraction", "deleteInteraction", "scheduleInteraction", "unscheduleInteraction"),
    *("hideWord", "publishInteractionText"),
    *("updatePlaylist", "deletePlaylist", "updateGallery", "deleteGallery", "createGallery", "removeGalleryMember"),
    *("updateContent", "moveContent", "removeContent", "setMayShow"),
    *("updateGroup", "deleteGroup", "removeGroupMembers", "upsertUser", "suspendUser", "unsuspendUser"),
    # Mutations for integrators, who need a receiver: docs/webhooks.md.
    *("createWebhook", "updateWebhook", "deleteWebhook", "rotateWebhookSecret", "testWebhook", "replayWebhook"),
    # Mutations that programs send, not people.
    *("heartbeat", "reportRecording"),
}


def test_every_mutation_is_in_the_tour_or_left_out_on_purpose() -> None:
    mutation = schema._schema.mutation_type
    assert mutation
    queries = " ".join(tab["query"] for tab in example_tabs(ACCOUNTS, IDS))
    assert {name for name in mutation.fields if f" {name}(input:" not in queries} == NOT_IN_THE_TOUR


def test_variables_hold_the_ids_of_the_seeded_data() -> None:
    variables = {tab["title"]: json.loads(tab["variables"]) for tab in example_tabs(ACCOUNTS, IDS)}
    assert variables["WatchRoom"] == {"roomId": "id of room"}
    assert variables["ReviewMedia"]["input"]["mediaIds"] == [f"id of media:{title}" for title, *_ in PENDING]
    assert "{{" not in json.dumps(variables)


def test_a_tab_about_what_was_removed_is_left_out_and_no_other() -> None:
    ids = {name: id_ for name, id_ in IDS.items() if name != f"media:{PUBLISHED[0][0]}"}
    left = [tab["title"] for tab in example_tabs(ACCOUNTS, ids)]
    assert left == [title for title, _account in WALK if title != "CreatePlaylist"]


def test_a_tab_of_an_account_that_is_not_there_is_left_out_and_no_other() -> None:
    left = [(tab["number"], tab["title"]) for tab in example_tabs(ACCOUNTS - {"admin"}, IDS)]
    assert left == [(number, title) for number, (title, account) in enumerate(WALK, start=1) if account != "admin"]


def test_each_id_of_an_answer_has_a_source_that_comes_before_it() -> None:
    numbers = {tab["title"]: tab["number"] for tab in example_tabs(ACCOUNTS, IDS)}
    used = [(tab["number"], kind) for tab in example_tabs(ACCOUNTS, IDS) for kind in LAST.findall(tab["variables"])]
    assert SOURCES.keys() == {kind for _number, kind in used}
    assert [(number, kind) for number, kind in used if numbers[SOURCES[kind]] >= number] == []


async def test_the_demo_has_what_the_tabs_are_about(world: World) -> None:
    assert PLACEHOLDERS - world.ids.keys() == set()


async def test_every_tab_runs_as_it_is_given_in_order_and_then_once_more(world: World) -> None:
    """Without errors or refusals; the streams that were started on the way receive the events."""
    with compared() as found:
        await walk(world)
    assert found.compiled or not world.settings.fast_paths
    assert not found.different
    assert not found.refused


async def walk(world: World) -> None:
    streams: dict[str, Subscribed] = {}
    lately: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for tab in tabs_of(world):
            if operation_of(tab).operation is OperationType.SUBSCRIPTION:
                streams[tab["title"]] = await listen(stack, world, tab)
            else:
                answered = await answer(world, tab, lately)
                assert refusals(answered) == [], tab["title"]
                assert {kind for kind, source in SOURCES.items() if source == tab["title"]} <= ids_in(answered).keys()
        for title, kinds in TOLD.items():
            assert [(await next_event(streams[title]))["__typename"] for _ in kinds] == kinds
    for tab in tabs_of(world):
        if tab["title"] not in streams:
            assert refusals(await answer(world, tab, lately)) == [], tab["title"]


TOLD = {
    "WatchGallery": [
        *("MediaAdded", "PendingCountChanged"),
        *("MediaReviewed", "MediaReviewed", "MediaReviewed", "PendingCountChanged"),
        *("PlaylistSaved", "SiteDefaultsChanged", "RoomConfigured", "SessionStarted"),
        *("RoomLocked", "RecordingStarted", "RoomUnlocked", "RecordingEnded"),
    ],
    "WatchRoom": [
        *("SessionStarted", "ParticipantJoined", "RoomLocked", "RecordingStarted", "ParticipantWaiting"),
        *("ParticipantJoined", "RoomUnlocked", "MessagePosted", "HandRaised"),
        *("StageChanged", "RecordingEnded", "StageChanged"),
        *("ParticipantJoined", "MessageReacted", "MessagePinned", "MessagePosted"),
        *("AnswerPublished", "InteractionOpened", "InteractionChanged", "InteractionClosed", "MessageDeleted"),
        *("InteractionOpened", "InteractionChanged"),
        *("ContentAdded", "ShownChanged", "ShownChanged", "ShownChanged", "ShownEnded"),
    ],
    "WatchTalk": [
        *("ParticipantJoined", "MessageReacted", "MessagePinned"),
        *("QuestionAsked", "QuestionChanged", "QuestionChanged", "AnswerPublished"),
        *("InteractionOpened", "InteractionChanged", "InteractionClosed", "MessageDeleted"),
        *("InteractionOpened", "InteractionChanged"),
    ],
    "WatchQuestions": [
        *("QuestionAsked", "QuestionChanged", "QuestionChanged", "InteractionChanged", "AnswerPublished"),
        *("InteractionOpened", "InteractionChanged", "InteractionClosed", "MessageDeleted"),
        *("InteractionChanged", "InteractionOpened", "InteractionChanged"),
    ],
}


def tabs_of(world: World) -> list[Tab]:
    return list(example_tabs(ACCOUNTS, world.ids))


def token_of(world: World, tab: Tab) -> str:
    return world.token(tab["account"], *scopes_of(world.settings, tab["account"]))


async def answer(world: World, tab: Tab, lately: dict[str, str]) -> dict[str, Any]:
    """Returns the answer to a tab's ▶, which must have data and no errors. `lately` is as in ide/src/lately.js."""
    variables = LAST.sub(lambda kind: json.dumps(lately[kind[1]]), tab["variables"])
    body = {"query": tab["query"], "variables": json.loads(variables)}
    headers = {"authorization": f"Bearer {token_of(world, tab)}"}
    response = await world.http.post("/graphql", json=body, headers=headers)
    said = response.json()
    assert "errors" not in said, (tab["title"], said["errors"])
    assert None not in said["data"].values()
    lately |= ids_in(said["data"])
    return dict(said["data"])


def ids_in(data: dict[str, Any]) -> dict[str, str]:
    """Returns the last id of each kind."""
    return {parsed[0]: each for each in ID.findall(json.dumps(data)) if (parsed := parse_id(each))}


async def listen(stack: AsyncExitStack, world: World, tab: Tab) -> Subscribed:
    socket = await stack.enter_async_context(world.socket("", token_of(world, tab)))
    stream = await socket.subscribe(tab["query"], **json.loads(tab["variables"]))
    await is_live(stream)
    return stream


async def test_the_gallery_tab_shows_the_page_of_the_guide(world: World) -> None:
    """Three pending items and their count, the filtered media, the playlist, and a room to enter."""
    tab = next(tab for tab in tabs_of(world) if tab["title"] == "Gallery")
    gallery = (await answer(world, tab, {}))["gallery"]
    assert gallery["pendingCount"] == len(gallery["pending"]["edges"]) == 3
    titles = [edge["node"]["title"] for edge in gallery["media"]["edges"]]
    assert titles == sorted([*(title for title, _seconds in PUBLISHED), "Stop motion: a paper crane"])
    (playlist,) = gallery["playlists"]["edges"]
    assert playlist["node"]["title"] == PLAYLIST
    assert "LAUNCH" in gallery["room"]["viewerPermissions"]
