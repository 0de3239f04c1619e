"""Invitations to the stage: accepting, declining, withdrawing, lapsing (rules 12, 38, 40, 43)."""

import asyncio
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from models.database.transaction import Transaction
from models.events.stage import StageChanged
from models.tables.deadlines import Deadline, DeadlineKind
from resolvers.stage import lapse_invitation
from server.accounts import THE_SERVER
from tests.support.people import absent, events_since, local, log_head
from tests.support.running_session import Meeting, kinds, limit_stage, meet, moved, students
from tests.support.stored_state import fold_all, read_state
from tests.support.world import CREATE, END, ENTER, LEAVE, World


async def lapses(meeting: Meeting) -> dict[str, timedelta]:
    """Returns the deadlines of open invitations, by person, as time since the invitation."""
    rows = await meeting.world.database.reads.all(select(Deadline).where(Deadline.kind == DeadlineKind.INVITATION))
    who = {local(identity): name for name, identity in meeting.ids.items()}
    found = {}
    for row in rows:
        invited_at = (await meeting.stored_participant(who[row.subject_id])).invited_at
        assert invited_at
        found[who[row.subject_id]] = row.due_at - invited_at
    return found


async def work_off(meeting: Meeting, who: str) -> None:
    """Processes the deadline of an invitation as the worker does, and checks replay."""
    before = await read_state(meeting.world.database)
    one = await meeting.stored_participant(who)

    async def work(tx: Transaction) -> None:
        await lapse_invitation(tx, one)

    await meeting.world.database.transact(THE_SERVER, "lapse", work)
    assert await fold_all(meeting.world.database, before) == await read_state(meeting.world.database)


async def test_an_invitation_is_accepted_or_declined(world: World) -> None:
    """Rule 43: both are refused without an invitation."""
    meeting = await meet(world, *students(2))
    for verb in ("acceptStage", "declineStage"):
        assert await meeting.may_not("student-001", verb) == "NOT_INVITED"
    for who in students(2):
        invited = await meeting.does("moderator", "inviteToStage", who)
        assert (invited["participant"]["invitedToStage"], invited["participant"]["onStage"]) == (True, False)
    assert await lapses(meeting) == dict.fromkeys(students(2), timedelta(seconds=60))
    accepted = await meeting.does("student-001", "acceptStage")
    assert (accepted["participant"]["invitedToStage"], accepted["participant"]["onStage"]) == (False, True)
    declined = await meeting.does("student-002", "declineStage")
    assert (declined["participant"]["invitedToStage"], declined["participant"]["onStage"]) == (False, False)
    assert await lapses(meeting) == {}
    assert await meeting.may_not("student-002", "acceptStage") == "NOT_INVITED"
    assert await meeting.may_not("student-001", "declineStage") == "NOT_INVITED"
    assert await meeting.on_stage() == ["student-001"]


async def test_an_open_invitation_holds_a_place(world: World) -> None:
    """Rules 23, 43: for further invitations and for people who step up, until it is declined or withdrawn."""
    people = students(11)
    meeting = await meet(world, *people)
    for who in people[:10]:
        await meeting.does("moderator", "inviteToStage", who)
    assert await meeting.may_not("moderator", "inviteToStage", people[10]) == "STAGE_FULL"
    assert await meeting.may_not("moderator", "requestStage") == "STAGE_FULL"
    await meeting.does(people[0], "declineStage")
    await meeting.does("moderator", "inviteToStage", people[10])
    assert await meeting.may_not("moderator", "requestStage") == "STAGE_FULL"
    await meeting.does("moderator", "removeFromStage", people[1])
    await meeting.does("moderator", "requestStage")
    for who in people[2:]:
        await meeting.does(who, "acceptStage")
    assert await meeting.counted() == 10
    assert await meeting.may_not(people[1], "acceptStage") == "NOT_INVITED"


async def test_thirty_invited_at_once_are_ten(world: World) -> None:
    """Rules 23, 43: if all invited people accept at once, the stage is full."""
    people = students(30)
    meeting = await meet(world, *people, "manager")
    before = await read_state(world.database)
    acts = (
        meeting.tries(("moderator", "manager")[place % 2], "inviteToStage", who) for place, who in enumerate(people)
    )
    assert Counter(await asyncio.gather(*acts)) == {"done": 10, "STAGE_FULL": 20}
    assert len(await lapses(meeting)) == 10
    accepted = await asyncio.gather(*(meeting.tries(who, "acceptStage") for who in people))
    assert Counter(accepted) == {"done": 10, "NOT_INVITED": 20}
    assert await fold_all(world.database, before) == await read_state(world.database)
    assert await meeting.counted() == 10


async def test_an_invitation_is_over_after_a_minute_whether_or_not_anyone_has_noticed(world: World) -> None:
    """Rule 43: afterwards it cannot be accepted or declined, and its place is free; half a minute before, not."""
    await limit_stage(world, 1)
    meeting = await meet(world, *students(3))
    await meeting.does("moderator", "inviteToStage", "student-001")
    world.clock.advance(seconds=30)
    assert await meeting.may_not("moderator", "inviteToStage", "student-002") == "STAGE_FULL"
    world.clock.advance(seconds=30)
    for verb in ("acceptStage", "declineStage"):
        assert await meeting.may_not("student-001", verb) == "NOT_INVITED"
    await meeting.does("moderator", "inviteToStage", "student-002")
    assert await meeting.may_not("student-001", "acceptStage") == "NOT_INVITED"
    await meeting.does("student-002", "acceptStage")
    assert await meeting.on_stage() == ["student-002"]


async def test_a_lapse_is_told_once(world: World) -> None:
    """Rules 43, 64: with its deadline; an invitation that is gone or newer is left alone."""
    meeting = await meet(world, "student-001")
    await meeting.does("moderator", "inviteToStage", "student-001")
    head = await log_head(world)
    await work_off(meeting, "student-001")
    assert await events_since(world, head) == []
    assert list(await lapses(meeting)) == ["student-001"]
    world.clock.advance(seconds=60)
    await work_off(meeting, "student-001")
    (event,) = moved(await events_since(world, head))
    assert isinstance(event, StageChanged)
    assert (event.participant.invited_at, event.participant.stage_turn) == (None, None)
    assert event.counts.stage_count == 0
    assert await lapses(meeting) == {}
    await work_off(meeting, "student-001")
    assert len(await events_since(world, head)) == 1
    await meeting.does("moderator", "inviteToStage", "student-001")
    await work_off(meeting, "student-001")
    await meeting.does("student-001", "acceptStage")


async def test_inviting_again_changes_nothing_while_the_first_is_open(world: World) -> None:
    """Rule 43: it does not extend the time; after the lapse it is a new invitation."""
    meeting = await meet(world, "student-001")
    await meeting.does("moderator", "inviteToStage", "student-001")
    first = await meeting.stored_participant("student-001")
    world.clock.advance(seconds=30)
    assert (await meeting.does("manager", "inviteToStage", "student-001"))["cursor"] is None
    assert await meeting.stored_participant("student-001") == first
    world.clock.advance(seconds=30)
    assert await meeting.may_not("student-001", "acceptStage") == "NOT_INVITED"
    assert (await meeting.does("moderator", "inviteToStage", "student-001"))["cursor"]
    assert await lapses(meeting) == {"student-001": timedelta(seconds=60)}
    world.clock.advance(seconds=30)
    await meeting.does("student-001", "acceptStage")


async def test_an_interactive_stage_has_no_places_to_hold(world: World) -> None:
    """Rules 22, 43: so an invitation has no deadline."""
    people = students(12)
    meeting = await meet(world, mode="INTERACTIVE")
    await meeting.does("moderator", "setStageAccess", access="INVITE_ONLY")
    await meeting.enter(*people)
    for who in people:
        await meeting.does("moderator", "inviteToStage", who)
    assert await lapses(meeting) == {}
    world.clock.advance(hours=1)
    for who in people:
        await meeting.does(who, "acceptStage")
    assert await meeting.counted() == 1 + 12  # the moderator launched it, and is on its stage


async def test_one_that_is_taken_back_is_gone(world: World) -> None:
    """Rule 43: whether or not its time was over."""
    meeting = await meet(world, "student-001")
    for seconds in (0, 61):
        await meeting.does("moderator", "inviteToStage", "student-001")
        world.clock.advance(seconds=seconds)
        taken = await meeting.does("moderator", "removeFromStage", "student-001")
        assert not taken["participant"]["invitedToStage"]
        assert await lapses(meeting) == {}
        assert await meeting.may_not("student-001", "acceptStage") == "NOT_INVITED"


async def test_leaving_and_ending_take_invitations(world: World) -> None:
    """Rules 38, 43: and their places are free."""
    await limit_stage(world, 1)
    meeting = await meet(world, *students(2))
    await meeting.does("moderator", "inviteToStage", "student-001")
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await lapses(meeting) == {}
    await meeting.enter("student-001")
    assert await meeting.may_not("student-001", "acceptStage") == "NOT_INVITED"
    await meeting.does("moderator", "inviteToStage", "student-002")
    await world.mutate("moderator", END, session=meeting.session)
    assert await lapses(meeting) == {}
    assert (await meeting.stored_participant("student-002")).invited_at is None


async def test_only_who_is_inside_is_invited(world: World) -> None:
    """Rules 4, 40: not people of another session or gallery, unknown ids, or people who left."""
    meeting = await meet(world, "student-001", "student-002")
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await meeting.may_not("moderator", "inviteToStage", "student-001") == "NOT_IN_SESSION"
    assert await meeting.may_not("moderator", "inviteToStage", absent("Participant")) == "NOT_FOUND"
    assert await meeting.may_not("moderator", "inviteToStage", await somewhere_else(world)) == "NOT_FOUND"
    await world.mutate("moderator", END, session=meeting.session)
    assert await meeting.may_not("moderator", "inviteToStage", "student-002") == "SESSION_ENDED"
    later = await meet(world, "student-002")
    assert later.ids["student-002"] != meeting.ids["student-002"]
    assert await meeting.may_not("moderator", "inviteToStage", "student-002") == "SESSION_ENDED"


async def somewhere_else(world: World) -> str:
    """Returns a participant in the room of another gallery, which only the manager shares with the demo's."""
    user = (await world.query("manager", "{ viewer { id } }"))["viewer"]["id"]
    about = {"title": "Elsewhere", "managerIds": [user]}
    made = await world.mutate("admin", CREATE, world.settings.admin_scope, input=about)
    document = "query ($id: ID!) { gallery(by: {id: $id}) { room { id } } }"
    room = (await world.query("manager", document, id=made["galleryId"]))["gallery"]["room"]["id"]
    enabled = "mutation ($id: ID!) { configureRoom(input: {galleryId: $id, enabled: true}) { userErrors { code } } }"
    await world.query("manager", enabled, id=made["galleryId"])
    return str((await world.mutate("manager", ENTER, room=room))["participant"]["id"])


async def test_each_step_of_an_invitation_is_told(world: World) -> None:
    """Rule 64: to people inside, as events about the participant."""
    meeting = await meet(world, "student-001")
    head = await log_head(world)
    acts = [("moderator", "inviteToStage"), ("student-001", "declineStage"), ("moderator", "inviteToStage")]
    for who, verb in [*acts, ("student-001", "acceptStage")]:
        await meeting.does(who, verb, "student-001")
    told = await events_since(world, head)
    assert kinds(told) == ["StageChanged"] * 4
    assert [
        (event.participant.invited_at is not None, event.participant.stage_turn is not None, event.counts.stage_count)
        for event in moved(told)
    ] == [(True, False, 0), (False, False, 0), (True, False, 0), (False, True, 1)]
