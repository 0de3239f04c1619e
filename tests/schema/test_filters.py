"""Filters and orders of lists: sessions by time, participants by name, messages by session, galleries by state of room."""

from typing import Any

from tests.support.people import configure, id_of
from tests.support.questions import ASKER, CHATMOD, OTHER, ask, do, gather, publish, reply
from tests.support.world import CREATE, END, ENTER, World

SESSIONS = """query ($gallery: ID!, $since: DateTime, $until: DateTime, $last: Int) { gallery(by: {id: $gallery}) {
  sessions(startedAfter: $since, startedBefore: $until, last: $last) { totalCount edges { node { id startedAt } } } } }"""
PEOPLE = """query ($session: ID!, $search: String, $last: Int) { node(id: $session) { ... on RoomSession {
  participants(search: $search, last: $last) { totalCount edges { node { user { name } } } } } } }"""
MESSAGES = """query ($room: ID!, $session: ID) { room(id: $room) {
  messages(sessionId: $session) { totalCount edges { node { text } } } } }"""
GALLERIES = """query ($state: RoomState) { galleries(roomState: $state, first: 100) {
  totalCount edges { node { title room { status { state } } } } } }"""
QUESTIONS = """query ($room: ID!, $order: QuestionOrder!, $first: Int, $after: String) { room(id: $room) {
  questions(orderBy: $order, first: $first, after: $after) { totalCount edges { cursor node { text upvotes } } } } }"""
REPLIES = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { node(id: $id) {
  ... on Question { replies(first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage } edges { cursor node { text } } } } } }"""


def only(answer: dict[str, Any]) -> dict[str, Any]:
    """Returns the connection in an answer."""
    while "edges" not in answer:
        (answer,) = answer.values()
    return answer


def nodes(page: dict[str, Any], name: str) -> list[Any]:
    assert page["totalCount"] >= len(page["edges"])
    return [edge["node"][name] for edge in page["edges"]]


async def test_sessions_by_the_time_of_their_launch(world: World) -> None:
    """The given moments themselves are excluded."""
    begun = list[str]()
    for _ in range(3):
        session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
        await world.mutate("moderator", END, session=session)
        begun.insert(0, session)
        world.clock.advance(days=1)
    whole = only(await world.query("student-001", SESSIONS, gallery=world.gallery))
    assert nodes(whole, "id") == begun
    newest, middle, oldest = nodes(whole, "startedAt")

    async def found(**given: Any) -> tuple[int, list[Any]]:
        page = only(await world.query("student-001", SESSIONS, gallery=world.gallery, **given))
        return page["totalCount"], nodes(page, "id")

    assert await found(since=oldest) == (2, begun[:2])
    assert await found(until=newest) == (2, begun[1:])
    assert await found(since=oldest, until=newest) == (1, begun[1:2])
    assert await found(since=middle, last=1) == (1, begun[:1])
    assert await found(until=oldest) == (0, [])


async def test_participants_by_name_but_not_by_their_user_names(world: World) -> None:
    """A user name is for those who may search the directory, so a search of a session's people does not find it."""
    await world.query("moderator", ENTER, room=world.room)
    session = (await world.query("moderator", ENTER, room=world.room))["enterRoom"]["session"]["id"]
    await world.enter("student-001", "student-002", "student-011")

    async def found(who: str, search: str, **given: Any) -> tuple[int, list[str]]:
        page = only(await world.query(who, PEOPLE, session=session, search=search, **given))
        return page["totalCount"], [user["name"] for user in nodes(page, "user")]

    for who in ("moderator", "student-001"):
        assert await found(who, "STUDENT 00") == (2, ["Student 001", "Student 002"])
        assert await found(who, "student 0", last=1) == (3, ["Student 011"])
        assert await found(who, "") == await found(who, "t")
        assert await found(who, "student-0") == (0, [])
    assert await found("student-020", "student") == (0, [])


async def test_messages_of_one_session(world: World) -> None:
    sessions = []
    for text in ("First", "Second"):
        session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
        await world.post("moderator", text)
        await world.mutate("moderator", END, session=session)
        sessions.append(session)

    async def said(who: str, session: str | None) -> list[Any]:
        return nodes(only(await world.query(who, MESSAGES, room=world.room, session=session)), "text")

    assert await said("moderator", None) == ["First", "Second"]
    assert [await said("moderator", each) for each in sessions] == [["First"], ["Second"]]
    assert [await said("student-001", each) for each in sessions] == [[], []]


async def test_galleries_by_the_state_of_their_room(world: World) -> None:
    async def found() -> dict[str, list[str]]:
        titles = {}
        for state in ("OPEN", "CLOSED", "DISABLED"):
            page = only(await world.query("manager", GALLERIES, state=state))
            assert {room["status"]["state"] for room in nodes(page, "room")} <= {state}
            titles[state] = nodes(page, "title")
        return titles

    new = {"title": "Another", "managerIds": [await id_of(world, "manager")]}
    await world.mutate("manager", CREATE, world.settings.admin_scope, input=new)
    before = await found()
    demo = (await world.query("manager", "query ($id: ID!) { gallery(by: {id: $id}) { title } }", id=world.gallery))[
        "gallery"
    ]["title"]
    assert (demo in before["CLOSED"], "Another" in before["DISABLED"], before["OPEN"]) == (True, True, [])
    await world.mutate("moderator", ENTER, room=world.room)
    assert (await found())["OPEN"] == [demo]
    await configure(world, enabled=False, endActiveSession=True)
    assert demo in (await found())["DISABLED"]


async def test_questions_in_every_order(world: World) -> None:
    await gather(world)
    ids = [(await ask(world, text=text))["id"] for text in ("First", "Second", "Third")]
    for each in ids[:2]:
        await publish(world, each)
    await do(world, OTHER, "upvoteQuestion", ids[0])

    async def found(order: str, **given: Any) -> list[Any]:
        return nodes(only(await world.query(CHATMOD, QUESTIONS, room=world.room, order=order, **given)), "text")

    assert await found("OLDEST") == ["First", "Second", "Third"]
    assert await found("NEWEST") == ["Third", "Second", "First"]
    assert await found("UPVOTES") == ["First", "Third", "Second"]
    page = only(await world.query(CHATMOD, QUESTIONS, room=world.room, order="UPVOTES", first=1))
    assert await found("UPVOTES", after=page["edges"][0]["cursor"]) == ["Third", "Second"]
    answer = await world.ask(CHATMOD, QUESTIONS, room=world.room, order="NEWEST", after=page["edges"][0]["cursor"])
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["after"]}


async def test_a_thread_is_read_from_both_ends_and_only_by_its_parties(world: World) -> None:
    """Rule 50: outside of the thread, its length is not told either."""
    await gather(world)
    question = (await ask(world))["id"]
    for number in range(5):
        await reply(world, ASKER, question, f"Reply {number}")
    await publish(world, question, "Because.")
    whole = [*(f"Reply {number}" for number in range(5)), "Because."]

    async def page(who: str = ASKER, **given: Any) -> dict[str, Any]:
        return only(await world.query(who, REPLIES, id=question, **given))

    first, last = await page(first=2), await page(last=2)
    assert (nodes(first, "text"), nodes(last, "text"), first["totalCount"]) == (whole[:2], whole[-2:], 6)
    assert (
        nodes(await page(after=first["edges"][-1]["cursor"], before=last["edges"][0]["cursor"]), "text") == whole[2:4]
    )
    assert nodes(await page(last=1, before=last["edges"][0]["cursor"]), "text") == whole[3:4]
    assert first["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False}
    assert last["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    assert nodes(await page(last=0), "text") == nodes(await page(OTHER), "text") == []
    assert (await page(OTHER))["totalCount"] == 0
