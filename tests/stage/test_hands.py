"""Raised hands: their order, and who lowers them (rules 12, 32, 38, 40, 42, 44, 55)."""

import asyncio

from sqlalchemy import select

from models.database.transaction import Transaction
from models.tables.sessions import RoomSession
from resolvers.participants import change_counts
from server.accounts import THE_SERVER
from tests.support.admission import lock
from tests.support.bulk_participants import insert_copies
from tests.support.people import absent, events_since, local, log_head
from tests.support.running_session import VERBS, Meeting, kinds, meet, moved, students
from tests.support.statement_counts import statements_of
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, LEAVE, World


async def test_hands_are_in_the_order_raised(world: World) -> None:
    """Rules 44, 55: for everyone inside; raising again keeps the place, lowering loses it."""
    meeting = await meet(world, *students(2), "chatmod")
    for who in ("student-002", "chatmod", "student-001", "moderator"):
        world.clock.advance(seconds=1)
        raised = await meeting.does(who, "raiseHand")
        assert raised["participant"]["handRaisedAt"]
    assert await meeting.hands() == ["student-002", "chatmod", "student-001", "moderator"]
    head = await log_head(world)
    again = await meeting.does("student-002", "raiseHand")
    assert again["cursor"] is None
    assert await events_since(world, head) == []
    lowered = await meeting.does("student-002", "lowerHand", "student-002")
    assert lowered["participant"]["handRaisedAt"] is None
    assert (await meeting.does("student-002", "lowerHand", "student-002"))["cursor"] is None
    await meeting.does("student-002", "raiseHand")
    assert await meeting.hands() == ["chatmod", "student-001", "moderator", "student-002"]
    assert kinds(await events_since(world, head)) == ["HandLowered", "HandRaised"]


async def test_hands_raised_at_the_same_moment_have_an_order(world: World) -> None:
    """Rule 44: the order is that of the log."""
    people = students(20)
    meeting = await meet(world, *people)
    head = await log_head(world)
    await asyncio.gather(*(meeting.tries(who, "raiseHand") for who in people))
    told = [event.participant.id for event in moved(await events_since(world, head))]
    assert [local(meeting.ids[who]) for who in await meeting.hands()] == told
    assert len(told) == 20


async def test_stepping_up_lowers_the_hand(world: World) -> None:
    """Rule 44: with one event; an invitation or stepping down lowers nothing, and people on stage can raise a hand."""
    meeting = await meet(world, *students(2))
    for who in students(2):
        await meeting.does(who, "raiseHand")
    await meeting.does("moderator", "inviteToStage", "student-001")
    assert await meeting.hands() == ["student-001", "student-002"]
    head = await log_head(world)
    stepped = await meeting.does("student-001", "acceptStage")
    assert stepped["participant"]["handRaisedAt"] is None
    assert kinds(await events_since(world, head)) == ["StageChanged"]
    assert await meeting.hands() == ["student-002"]
    await meeting.does("student-001", "raiseHand")
    await meeting.does("student-001", "leaveStage")
    assert await meeting.hands() == ["student-002", "student-001"]


async def test_a_request_is_a_raised_hand_that_an_invitation_answers(world: World) -> None:
    """Rules 42, 44: if stage access is BY_REQUEST; requesting again keeps the place."""
    meeting = await meet(world, mode="INTERACTIVE")
    await meeting.does("moderator", "leaveStage")
    await meeting.does("moderator", "setStageAccess", access="BY_REQUEST")
    await meeting.enter(*students(2))
    head = await log_head(world)
    asked = await meeting.does("student-001", "requestStage")
    assert (asked["participant"]["onStage"], bool(asked["participant"]["handRaisedAt"])) == (False, True)
    await meeting.does("student-002", "raiseHand")
    assert (await meeting.does("student-001", "requestStage"))["cursor"] is None
    assert kinds(await events_since(world, head)) == ["HandRaised", "HandRaised"]
    assert await meeting.hands() == ["student-001", "student-002"]
    await meeting.does("moderator", "inviteToStage", "student-001")
    await meeting.does("student-001", "acceptStage")
    assert (await meeting.on_stage(), await meeting.hands()) == (["student-001"], ["student-002"])


async def test_moderators_lower_hands_but_not_managers(world: World) -> None:
    """Rules 6, 12: other people lower only their own."""
    meeting = await meet(world, *students(2), "chatmod", "manager")
    for who in ("student-001", "manager", "moderator"):
        await meeting.does(who, "raiseHand")
    for who in ("student-002", "chatmod"):
        assert await meeting.may_not(who, "lowerHand", "student-001") == "FORBIDDEN"
    assert await meeting.may_not("moderator", "lowerHand", "manager") == "FORBIDDEN"
    await meeting.does("moderator", "lowerHand", "student-001")
    await meeting.does("manager", "lowerHand", "moderator")
    await meeting.does("manager", "lowerHand", "manager")
    assert await meeting.hands() == []


async def test_all_hands_go_down_but_those_of_managers(world: World) -> None:
    """Rules 6, 12: in the order in which they were raised, with an event each; a manager lowers managers' hands too."""
    meeting = await meet(world, *students(3), "manager")
    for who in ("student-003", "manager", "student-001", "moderator"):
        await meeting.does(who, "raiseHand")
    assert await meeting.may_not("student-003", "lowerAllHands") == "FORBIDDEN"
    head = await log_head(world)
    done = await meeting.does("moderator", "lowerAllHands")
    assert (done["lowered"], done["session"]) == (3, {"id": meeting.session})
    told = moved(await events_since(world, head))
    assert kinds(told) == ["HandLowered"] * 3
    lowered = [meeting.ids[who] for who in ("student-003", "student-001", "moderator")]
    assert [event.participant.id for event in told] == [local(each) for each in lowered]
    assert await meeting.hands() == ["manager"]
    again = await meeting.does("moderator", "lowerAllHands")
    assert (again["lowered"], again["cursor"]) == (0, None)
    assert (await meeting.does("manager", "lowerAllHands"))["lowered"] == 1
    assert await meeting.hands() == []


async def raise_many(meeting: Meeting, count: int) -> None:
    """Inserts so many more participants inside, with their hands up."""
    session = local(meeting.session)

    async def work(tx: Transaction) -> None:
        known = local(meeting.ids["student-001"])
        start = await tx.value(select(RoomSession.turns).where(RoomSession.id == session))
        await insert_copies(tx, known, count, lambda place: {"hand_turn": start + place, "hand_raised_at": tx.now})
        await change_counts(tx, session, inside=count, turns=count)

    await meeting.world.database.transact(THE_SERVER, "test", work)


async def test_three_hundred_hands_cost_what_one_does(world: World) -> None:
    """Rules 44, 59: one UPDATE for all, and one batch of events."""
    meeting = await meet(world, "student-001")
    given = {"sessionId": meeting.session}
    await meeting.does("student-001", "raiseHand")
    one = await statements_of(world, "moderator", VERBS["lowerAllHands"], given)
    await raise_many(meeting, 300)
    before = await read_state(world.database)
    head = await log_head(world)
    many = await statements_of(world, "moderator", VERBS["lowerAllHands"], given)
    assert await fold_all(world.database, before) == await read_state(world.database)
    assert len(await events_since(world, head)) == 300
    assert len(many) == len(one) <= 11


async def test_a_hand_goes_down_with_its_owner(world: World) -> None:
    """Rules 38, 44: somebody who comes back is behind those who stayed."""
    meeting = await meet(world, *students(2))
    for who in students(2):
        await meeting.does(who, "raiseHand")
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await meeting.hands() == ["student-002"]
    await meeting.enter("student-001")
    assert await meeting.hands() == ["student-002"]
    await meeting.does("student-001", "raiseHand")
    assert await meeting.hands() == ["student-002", "student-001"]
    await world.mutate("moderator", END, session=meeting.session)
    assert await meeting.hands() == []


async def test_whose_hand_one_may_not_see_one_may_not_lower(world: World) -> None:
    """Rules 4, 37: absent, hidden and waiting people are NOT_FOUND; those who left are not, though they wait again."""
    meeting = await meet(world, *students(2))
    assert await meeting.may_not("student-003", "lowerHand", "student-001") == "NOT_FOUND"
    assert await meeting.may_not("student-001", "lowerHand", absent("Participant")) == "NOT_FOUND"
    assert await meeting.may_not("outsider", "lowerHand", "student-001") == "NOT_FOUND"
    await world.mutate("student-002", LEAVE, room=world.room)
    assert await meeting.may_not("student-002", "lowerHand", "student-002") == "NOT_IN_SESSION"
    assert await meeting.may_not("moderator", "lowerHand", "student-002") == "NOT_IN_SESSION"
    await lock(world, meeting.session)
    await meeting.enter("student-002", "student-004")
    for who, seen in {"student-002": "FORBIDDEN", "student-004": "NOT_FOUND"}.items():
        assert await meeting.may_not("student-001", "lowerHand", who) == seen
        assert await meeting.may_not("moderator", "lowerHand", who) == "NOT_IN_SESSION"
    await world.mutate("moderator", END, session=meeting.session)
    for who in ("student-001", "moderator"):
        assert await meeting.may_not(who, "lowerHand", "student-001") == "SESSION_ENDED"
    assert await meeting.may_not("moderator", "lowerAllHands") == "SESSION_ENDED"
