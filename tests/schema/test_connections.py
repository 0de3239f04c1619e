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

from tests.support.connections import (
    PATHS,
    SCOPES,
    TYPES,
    arguments_of,
    connection_in,
    connections,
    cursors_of,
    document,
    fill,
    read,
    walk,
)
from tests.support.statement_counts import counting_query
from tests.support.world import World

BOTH_WAYS = {"first", "after", "last", "before"}
FORWARDS_ONLY = {
    "Query.sessionRecord": "It is a log: its first page is audited, and events mean something only after those before them."
}
IN_NO_GALLERY = {"Query.galleries", "Query.users", "Query.groups", "Query.auditRecords", "Group.members"}
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
    "AccessChanged.memberships": "at most 100; null where more changed at once",
    "AllDevicesChanged.participants": "those of one session whose devices one act changed",
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
    all_of_it = await read(filled, "manager", name, "first: 100", "edges { cursor } totalCount")
    assert all_of_it
    whole = cursors_of([all_of_it])
    assert all_of_it["totalCount"] == len(whole) == len(set(whole)) > (name != "SessionReport.curve")
    size = max(2, len(whole) // 4)
    for backwards in (False,) if name in FORWARDS_ONLY else (False, True):
        pages = await walk(filled, name, size, backwards=backwards)
        assert cursors_of(pages) == whole
        assert {page["totalCount"] for page in pages} == {len(whole)}
    for who in OTHERS:
        page = await read(filled, who, name, "first: 100", "edges { cursor } totalCount")
        assert page is None or page["totalCount"] == len(page["edges"]), who


@pytest.mark.second_tier
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Gallery.media", 'filter: {search: "crowd"}'),
        ("Gallery.media", 'orderBy: TITLE, filter: {tags: ["x"], kinds: [AUDIO]}'),
        ("Gallery.memberships", 'search: "crowd"'),
        ("Gallery.memberships", "role: MANAGER"),
        ("Query.users", 'search: "crowd"'),
        ("Query.groups", 'search: "group"'),
        ("Query.galleries", 'search: "gallery", roomState: CLOSED'),
        ("RoomSession.participants", 'search: "crowd", states: [ADMITTED]'),
        ("Room.questions", "orderBy: UPVOTES, states: [PENDING, CLAIMED]"),
        ("Room.questions", "orderBy: NEWEST"),
        ("Room.interactions", "states: [OPEN], kinds: [CHOICE]"),
    ],
)
async def test_a_filtered_list_is_counted_as_it_is_read(filled: World, name: str, given: str) -> None:
    pages = await walk(filled, name, 2, f"{given},")
    whole = cursors_of(pages)
    assert len(whole) > 2
    assert {page["totalCount"] for page in pages} == {len(whole)} == {len(set(whole))}
    assert cursors_of(await walk(filled, name, 2, f"{given},", backwards=True)) == whole


COMPUTED = {"SessionReport.curve", "SessionReport.attendance", "SessionReport.participation", "Question.replies"}
"""Lists whose length is known without counting rows."""


@pytest.mark.parametrize("name", PATHS)
async def test_count_and_cursor_cost_at_most_a_statement_each_and_only_where_selected(filled: World, name: str) -> None:
    plain = document(filled, name, "first: 1", "edges { cursor }")
    who = "admin" if name in SCOPES else "manager"
    _, ran = await counting_query(filled, who, plain)
    data, more = await counting_query(filled, who, plain.replace("{ cursor }", "{ cursor } totalCount eventCursor"))
    assert (connection_in(data)["eventCursor"] is None) == (name in IN_NO_GALLERY)
    counted = name not in COMPUTED
    looked_up = not name.startswith(("Gallery.", "Room.")) and name not in IN_NO_GALLERY
    assert len(more) - len(ran) == counted + looked_up


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
