"""Every list that grows is read from both ends, is counted, and says where the log stood. An empty filter is no filter."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from tests.support.connections import PATHS, TYPES, arguments_of, connections, cursors_of, document, fill, read, walk
from tests.support.statement_counts import counting_query
from tests.support.world import World

BOTH_WAYS = {"first", "after", "last", "before"}
FORWARDS_ONLY = {
    "Query.sessionRecord": "It is a log: its first page is audited, and events mean something only after those before them."
}
IN_NO_GALLERY = {"Query.galleries", "Query.users", "Query.groups", "Group.members"}
WHOLE = {
    "Query.nodes": "as many as ids are given",
    "User.groups": "the groups of one person; `Group.members` is the list that grows",
    "RoomSession.stage": "clients lay out the whole stage; its size is bounded by `limits`",
    **{
        f"Room.{each}": "at most 500 in the room's form, which is read and saved as a whole"
        for each in ("roomModerators", "chatModerators", "speakers")
    },
    **{f"RoomConfigurationPreview.{each}": "the whole answer of a dry run" for each in ("gained", "lost", "changes")},
    "EffectiveModerator.via": "the groups of one person on one list",
    "Participant.roleSources": "a few for each of three roles",
    "ChatMessage.reactions": "at most 20 emoji",
    "Interaction.questions": "at most 20",
    "InteractionAnswer.questions": "at most 20",
    "InteractionQuestion.options": "at most 10; of a word cloud, its most frequent words",
    "InteractionQuestion.published": "those that moderators chose to publish; `RoomSession.feed` has pages of them",
    "AnsweredQuestion.options": "at most 10",
    "ReactionsCounted.counts": "one for each emoji of the site",
    "Attendance.stays": "the comings and goings of one person in one session",
    "Site.roomLimits": "one for each mode",
    "SiteDefaultsChanged.roomLimits": "one for each mode",
    "Site.rateLimits": "one for each kind",
}
"""Lists that are no connections, each with the reason why it stays short or is read as a whole."""
OTHERS = ("student-001", "outsider")
"""People who see less than the manager, who sees everything here."""


@pytest.fixture(scope="module")
async def filled(lasting_world: World) -> World:
    await fill(lasting_world)
    return lasting_world


def test_every_connection_is_read_from_both_ends_and_counted() -> None:
    found = dict(connections())
    assert found.keys() == PATHS.keys()
    for name, field in found.items():
        missing = BOTH_WAYS - field.args.keys()
        assert missing == ({"last", "before"} if name in FORWARDS_ONLY else set()), name


def test_every_list_that_is_no_connection_has_a_reason() -> None:
    found = {
        f"{of.name}.{name}"
        for of in TYPES.values()
        if isinstance(of, GraphQLObjectType) and not of.name.startswith("__")
        if not of.name.endswith(("Connection", "Payload"))
        for name, field in of.fields.items()
        if is_list_type(get_nullable_type(field.type)) and is_composite_type(get_named_type(field.type))
        if name != "userErrors"
    }
    assert found == WHOLE.keys()


@pytest.mark.parametrize("name", PATHS)
async def test_a_list_is_the_same_from_both_ends_and_is_counted_as_it_is_read(filled: World, name: str) -> None:
    """Rule 19. The count is of what this viewer may see, on each page, whatever its size."""
    pages = await walk(filled, name, 3)
    whole = cursors_of(pages)
    assert len(whole) > (name != "SessionReport.curve")
    assert {page["totalCount"] for page in pages} == {len(whole)} == {len(set(whole))}
    if name not in FORWARDS_ONLY:
        assert cursors_of(await walk(filled, name, 3, backwards=True)) == whole
    for who in OTHERS:
        page = await read(filled, who, name, "first: 100", "edges { cursor } totalCount")
        assert page is None or page["totalCount"] == len(page["edges"]), who


@pytest.mark.parametrize("name", PATHS)
async def test_counting_costs_one_statement_and_only_where_it_is_selected(filled: World, name: str) -> None:
    costs = [
        len((await counting_query(filled, "manager", document(filled, name, "first: 1", selection)))[1])
        for selection in ("edges { cursor }", "edges { cursor } totalCount", "edges { cursor } eventCursor")
    ]
    alone, counted, with_cursor = costs
    computed = {"SessionReport.curve", "SessionReport.attendance", "SessionReport.participation", "Question.replies"}
    assert counted - alone == (name not in computed)
    known = name.startswith(("Gallery.", "Room.")) or name in IN_NO_GALLERY
    assert with_cursor - alone == (not known)


@pytest.mark.parametrize("name", PATHS)
async def test_a_page_says_where_the_log_stood(filled: World, name: str) -> None:
    found = await read(filled, "manager", name, "first: 1", "edges { cursor } eventCursor")
    assert found
    assert (found["eventCursor"] is None) == (name in IN_NO_GALLERY)
    if name not in IN_NO_GALLERY:
        stream = "subscription ($gallery: ID!, $after: EventCursor) { galleryEvents(galleryId: $gallery, after: $after) { cursor } }"
        async with filled.socket("manager") as socket:
            told = await socket.subscribe(stream, gallery=filled.gallery, after=found["eventCursor"])
            assert (await told.next())["cursor"]


def list_arguments() -> Iterator[tuple[str, str]]:
    """Yields each list among the filters of each connection, empty, as it is written in a document."""
    for name in PATHS:
        for argument, each in arguments_of(name).items():
            named = get_named_type(each.type)
            if is_list_type(get_nullable_type(each.type)):
                yield name, f"{argument}: []"
            elif isinstance(named, GraphQLInputObjectType):
                for part, inner in named.fields.items():
                    if is_list_type(get_nullable_type(inner.type)):
                        yield name, f"{argument}: {{{part}: []}}"


def test_there_are_lists_among_the_filters() -> None:
    assert len(list(list_arguments())) >= 7


@pytest.mark.parametrize(("name", "empty"), list(list_arguments()))
async def test_an_empty_list_in_a_filter_is_no_filter(filled: World, name: str, empty: str) -> None:
    all_of_it = await read(filled, "manager", name, "first: 100", "edges { cursor } totalCount")
    assert await read(filled, "manager", name, f"first: 100, {empty}", "edges { cursor } totalCount") == all_of_it
    assert all_of_it
    assert all_of_it["totalCount"]
