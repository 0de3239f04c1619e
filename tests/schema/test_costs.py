"""The number of SQL statements of an operation depends only on the document, and is small for the gallery's page."""

from typing import Any

import pytest
from sqlalchemy import func, select

from models.events.log import LogEntry
from models.tables.chat import ChatMessage
from models.tables.content import ContentItem
from models.tables.galleries import Gallery, Membership
from models.tables.interactions import Interaction
from models.tables.media import Media, Playlist
from models.tables.participants import Participant
from models.tables.people import Group, User
from models.tables.questions import Question
from models.tables.recordings import Recording
from models.tables.rooms import Room
from models.tables.sessions import RoomSession
from models.tables.webhooks import Webhook, WebhookDelivery
from schema.types.ids import global_id
from schema.types.nodes import LOADERS, NODES_AT_ONCE
from tests.support.list_documents import BY_ADMINS, DEEP, LISTS, nestable_lists
from tests.support.media import fill
from tests.support.people import group_id, local
from tests.support.populated_gallery import SPARE, add_crowd
from tests.support.statement_counts import counting_query
from tests.support.world import World

FEW, MORE = 1, 4
Costs = dict[str, list[tuple[int, int]]]


OF_STREAMS = {"AccessChanged.memberships"}
"""Lists of events that are in no session's record, so that no query reads them."""


def test_every_list_that_can_be_nested_is_counted() -> None:
    assert set(LISTS) == nestable_lists() - OF_STREAMS
    assert set(NODES) == set(LOADERS)


@pytest.fixture(scope="module")
async def costs(lasting_world: World) -> Costs:
    """The numbers of objects and statements of each document, in a small world and in a larger one."""
    found: Costs = {name: [] for name in LISTS | DEEP}
    for lot, size in enumerate((FEW, MORE)):
        await add_crowd(lasting_world, lot, size)
        given = {"ids": await _ids(lasting_world), "form": await _form(lasting_world)}
        given["session"] = await _longest(lasting_world)
        for name, document in (LISTS | DEEP).items():
            wanted = {each: value for each, value in given.items() if f"${each}" in document}
            who = "admin" if name in BY_ADMINS else "manager"
            data, ran = await counting_query(lasting_world, who, document, **wanted)
            found[name].append((_objects(data), len(ran)))
    return found


@pytest.mark.parametrize("name", LISTS | DEEP)
def test_what_a_list_costs_does_not_depend_on_its_items(costs: Costs, name: str) -> None:
    (few, cost), (many, later) = costs[name]
    assert 1 < few < many
    assert cost == later


NODES = {
    "User": User.id, "Group": Group.id, "Gallery": Gallery.id, "GalleryMembership": Membership.id, "Media": Media.id,
    "Playlist": Playlist.id, "Room": Room.id, "RoomSession": RoomSession.id, "Participant": Participant.id,
    "Recording": Recording.id, "ChatMessage": ChatMessage.id,
    "Question": Question.id, "Interaction": Interaction.id, "ContentItem": ContentItem.id,
    "Webhook": Webhook.id, "WebhookDelivery": WebhookDelivery.id,
}  # fmt: skip


async def _ids(world: World) -> list[str]:
    found: list[str] = []
    for kind, column in NODES.items():
        ids = await world.database.reads.values(
            select(column).order_by(column.desc()).limit(NODES_AT_ONCE // len(NODES))
        )
        found += [global_id(kind, each) for each in ids]
    return found


async def _longest(world: World) -> str:
    """Returns the session with the most events."""
    of_demo = LogEntry.gallery_id == local(world.gallery), LogEntry.session_id.is_not(None)
    longest = select(LogEntry.session_id).where(*of_demo).group_by(LogEntry.session_id).order_by(func.count().desc())
    return global_id("RoomSession", await world.database.reads.value(longest.limit(1)))


async def _form(world: World) -> dict[str, Any]:
    spare = await group_id(world, SPARE)
    return {"galleryId": world.gallery, "chatModeratorIds": [], "speakerIds": [], "roomModeratorIds": [spare]}


def _objects(value: Any) -> int:
    match value:
        case dict():
            return 1 + sum(map(_objects, value.values()))
        case list():
            return sum(map(_objects, value))
    return 0


PERSON = "principal { __typename ... on User { id name } ... on Group { id name memberCount } } source"
PAGE = f"""query ($first: Int!) {{ gallery(by: {{externalId: "course-101"}}) {{
  id title description viewerRole moderateMedia pendingCount cursor
  media(first: $first) {{ pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} edges {{ cursor node {{
    id title kind status durationSeconds tags url thumbnailUrl createdAt owner {{ id name avatarUrl }} }} }} }}
  room {{ id enabled mode version qnaEnabled groupChatEnabled viewerPermissions cursor
    limits {{ visibleCameras stageCapacity participantCapacity }}
    status {{ state participantCount session {{ id startedAt }} }}
    roomModerators {{ {PERSON} }} chatModerators {{ {PERSON} }} speakers {{ {PERSON} }} }} %s }} }}"""
AT_MOST = 8
"""The highest number of statements for the gallery's page. Each further list may add one."""
BESIDES = {
    "": 0,
    "sessions(first: 5) { edges { node { id mode startedAt endedAt peakParticipants } } }": 1,
    "playlists(first: 5) { edges { node { id title } } }": 1,
}


@pytest.mark.second_tier
async def test_the_gallery_page_costs_few_statements_whatever_is_on_it(world: World) -> None:
    costs = []
    for lot, first in enumerate((1, 25, 100)):
        await add_crowd(world, lot, 1 + first // 10)
        await fill(world, world.gallery, [(f"Film {number}", "", ["film"]) for number in range(first)])
        data, ran = await counting_query(world, "manager", PAGE % "", first=first)
        gallery = data["gallery"]
        assert len(gallery["media"]["edges"]) == first
        people = [each["principal"]["__typename"] for each in gallery["room"]["roomModerators"]]
        assert min(people.count("User"), people.count("Group")) > first // 10
        costs.append(ran)
    assert [len(ran) for ran in costs] == [len(costs[0])] * 3, costs
    assert len(costs[0]) < AT_MOST, costs[0]


@pytest.mark.parametrize("besides", BESIDES)
async def test_a_list_besides_costs_one_more(world: World, besides: str) -> None:
    _, page = await counting_query(world, "manager", PAGE % "", first=25)
    _, ran = await counting_query(world, "manager", PAGE % besides, first=25)
    assert len(ran) == len(page) + BESIDES[besides] <= AT_MOST + 1
