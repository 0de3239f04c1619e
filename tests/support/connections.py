"""A path to each list of the schema that is read in pages, in a gallery with some of everything, and reading it whole."""

from collections.abc import Iterator
from functools import partial
from string import Template
from typing import Any
from uuid import UUID

from graphql import GraphQLArgument, GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy import exists, select

from models.database.transaction import Transaction
from models.permissions import Viewer
from models.tables.interactions import Interaction, InteractionAnswer
from models.tables.media import Playlist
from models.tables.participants import Participant
from models.tables.people import Group
from models.tables.questions import Question
from models.tables.sessions import RoomSession
from models.tables.webhooks import Webhook
from resolvers.answer_checks import GivenPart
from resolvers.answers import answer_interaction
from resolvers.interactions import interactions_by_id
from resolvers.questions import reply_to_question
from schema.root import schema
from schema.types.ids import global_id
from tests.support.admin_mutations import ADMIN
from tests.support.people import local
from tests.support.populated_gallery import add_crowd
from tests.support.world import World

TYPES = schema._schema.type_map
OF_GALLERY, OF_ROOM, OF_GROUP, OF_SESSION, OF_PLAYLIST, OF_QUESTION, OF_INTERACTION, OF_WEBHOOK = (
    f'node(id: "${of}") {{ ... on {of} {{ '
    for of in ("Gallery", "Room", "Group", "RoomSession", "Playlist", "Question", "Interaction", "Webhook")
)
OF_REPORT = 'sessionReport(sessionId: "$RoomSession") { '
PATHS = {
    **{f"Query.{each}": "" for each in ("galleries", "users", "groups", "auditRecords")},
    "Query.sessionRecord": "",
    **{f"Gallery.{each}": OF_GALLERY for each in ("memberships", "media", "playlists", "sessions", "webhooks")},
    **{f"Room.{each}": OF_ROOM for each in ("messages", "interactions", "questions", "content")},
    **{f"RoomSession.{each}": OF_SESSION for each in ("participants", "hands", "recordings", "feed")},
    **{
        f"SessionReport.{each}": OF_REPORT
        for each in ("curve", "attendance", "participation", "transcript", "interactions")
    },
    "Group.members": OF_GROUP,
    "Playlist.items": OF_PLAYLIST,
    "Question.replies": OF_QUESTION,
    "Interaction.answers": OF_INTERACTION,
    "Webhook.deliveries": OF_WEBHOOK,
}
NEEDED = {
    "Query.sessionRecord": 'sessionId: "$RoomSession", ',
    "Query.auditRecords": 'recordedBefore: "$moment", targetId: "$Gallery", ',  # without the readings of the audit, which are in it as well
}
SCOPES = {"Query.auditRecords": (ADMIN,)}
"""Lists that the manager reads as a site admin."""
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


def connections() -> Iterator[tuple[str, GraphQLField]]:
    """Yields each field of the schema that returns a connection, by its coordinate."""
    for of in TYPES.values():
        for name, field in of.fields.items() if isinstance(of, GraphQLObjectType) else ():
            if get_named_type(field.type).name.endswith("Connection"):
                yield f"{of.name}.{name}", field


def arguments_of(name: str) -> dict[str, GraphQLArgument]:
    return dict(connections())[name].args


async def fill(world: World) -> None:
    """Fills the demo's gallery, and notes one object of each type in `world.ids`."""
    await add_crowd(world, 0, 3)
    reads = world.database.reads
    asked = list(await reads.all(select(Question).order_by(Question.id)))
    asker = Viewer(asked[-1].asker_id or UUID(int=0), "The asker")
    await world.database.transact(asker, "test", partial(_reply, asked[-1].id))
    poll = await reads.value(select(Interaction.id).order_by(Interaction.id.desc()).limit(1))
    people = await reads.values(
        select(Participant.user_id)
        .join(RoomSession, RoomSession.id == Participant.session_id)
        .where(
            RoomSession.ended_at.is_(None),
            ~exists().where(InteractionAnswer.interaction_id == poll, InteractionAnswer.user_id == Participant.user_id),
        )
    )
    for user in people:
        await world.database.transact(Viewer(user, "Somebody"), "test", partial(_answer, poll))
    last = {kind: select(of.id).order_by(of.id.desc()).limit(1) for kind, of in LAST.items()}
    world.ids |= {kind: global_id(kind, await reads.value(statement)) for kind, statement in last.items()}
    world.ids["Group"] = global_id("Group", await reads.value(select(Group.id).where(Group.name == "group 0 0")))
    of_gallery = select(Playlist.id).where(Playlist.gallery_id == local(world.gallery)).order_by(Playlist.id.desc())
    world.ids["Playlist"] = global_id("Playlist", await reads.value(of_gallery))
    world.ids |= {"Gallery": world.gallery, "Room": world.room, "moment": world.clock().isoformat()}


LAST: dict[str, Any] = {
    "Question": Question,
    "Interaction": Interaction,
    "RoomSession": RoomSession,
    "Webhook": Webhook,
}


async def _reply(question_id: UUID, tx: Transaction) -> None:
    for number in range(4):
        await reply_to_question(tx, question_id, f"And {number}?", settles=False)


async def _answer(interaction_id: UUID, tx: Transaction) -> None:
    (question,) = (await interactions_by_id(tx, [interaction_id]))[interaction_id].questions
    await answer_interaction(tx, interaction_id, [GivenPart(option_ids=[question.options[0].id])])


def document(world: World, name: str, arguments: str, selection: str) -> str:
    """Returns a query for this list with these arguments."""
    given = Template(NEEDED.get(name, "")).substitute(world.ids) + arguments
    path = Template(PATHS[name]).substitute(world.ids)
    field = name.partition(".")[2] + (f"({given})" if given else "")
    return f"{{ {path}{field} {{ {selection} }} {'}' * path.count('{')} }}"


async def read(world: World, who: str, name: str, arguments: str, selection: str) -> dict[str, Any] | None:
    """Returns the connection, or None if the viewer does not see what it is of, or may not read it."""
    scopes = SCOPES.get(name, ()) if who == "manager" else ()
    data = (await world.ask(who, document(world, name, arguments, selection), *scopes))["data"]
    return connection_in(data) if data else None


def connection_in(data: Any) -> Any:
    """Returns the connection in the data of an answer, or None."""
    while data and "edges" not in data:
        (data,) = data.values()
    return data or None


async def walk(world: World, name: str, size: int, given: str = "", *, backwards: bool = False) -> list[dict[str, Any]]:
    """Returns the pages of a list as the manager reads them, one after the other from one of its ends."""
    pages: list[dict[str, Any]] = []
    place = ""
    side, more = ("last", "hasPreviousPage") if backwards else ("first", "hasNextPage")
    while True:
        arguments = f"{given} {side}: {size} {place}"
        page = await read(
            world, "manager", name, arguments, f"totalCount edges {{ cursor node {{ __typename }} }} {INFO}"
        )
        assert page
        info, cursors = page["pageInfo"], [edge["cursor"] for edge in page["edges"]]
        assert [info["startCursor"], info["endCursor"]] == [cursors[0], cursors[-1]]
        pages = [page, *pages] if backwards else [*pages, page]
        if not info[more]:
            return pages
        place = f'before: "{cursors[0]}"' if backwards else f'after: "{cursors[-1]}"'


def cursors_of(pages: list[dict[str, Any]]) -> list[str]:
    return [edge["cursor"] for page in pages for edge in page["edges"]]
