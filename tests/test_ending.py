"""The end of a session, for however many people, and at the same moment as something else (rules 36, 38, 39, 40)."""

from sqlalchemy import insert, select

from models.base import new_id
from models.deadlines import Deadline, DeadlineKind
from tests.admitting import lock, wait
from tests.cast import change, local
from tests.counting import statements_of
from tests.meeting import meet, students
from tests.world import END, LEAVE, World

END_IT = "mutation ($input: EndSessionInput!) { endSession(input: $input) { userErrors { code } } }"


async def test_nothing_falls_due_any_more_of_anyone_who_was_there(world: World) -> None:
    """Rules 38, 39: neither of those inside, invited or waiting, nor of the session; of others it does."""
    meeting = await meet(world, *students(3), mode="WEBINAR")
    await meeting.does("moderator", "inviteToStage", "student-001")
    await lock(world, meeting.session)
    await wait(world, *students(2, start=4))
    other = {"subject_id": new_id(), "gallery_id": local(world.gallery), "due_at": world.clock()}
    await change(world, insert(Deadline).values(kind=DeadlineKind.ABSENCE, **other))  # type: ignore[arg-type]  # `change` runs an INSERT as well
    await world.mutate("moderator", LEAVE, room=world.room)
    kinds = set(await world.database.reads.values(select(Deadline.kind)))
    assert kinds == {DeadlineKind.ABSENCE, DeadlineKind.INVITATION, DeadlineKind.HOST_ABSENCE}
    await world.mutate("manager", END, session=meeting.session)
    assert await world.database.reads.values(select(Deadline.subject_id)) == [other["subject_id"]]


async def test_ending_takes_the_same_statements_for_few_and_for_many(world: World) -> None:
    """Rule 38: word for word, as one that names people could be too long for many of them."""
    seen = []
    for crowd in (students(1), students(9)):
        meeting = await meet(world, *crowd)
        await lock(world, meeting.session)
        await wait(world, *students(len(crowd), start=20))
        seen.append(await statements_of(world, "moderator", END_IT, {"sessionId": meeting.session}))
    assert seen[0] == seen[1]
