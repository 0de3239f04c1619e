"""The permission matrix of tests/access/test_permissions.py, continued: recordings and reports."""

from tests.support.permission_acts import OF_RECORDINGS
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, launch, outcome
from tests.support.recordings import READY, START, STOP
from tests.support.world import World

# The outcome for each caller, from left to right, in a session that somebody else has launched.
MATRIX = """
                        start    stop     report
manager                 yes      yes      no
manager-by-group        yes      yes      no
gallery-moderator       no       no       no
contributor             no       no       no
member                  no       no       no
room-moderator          yes      yes      no
room-moderator-inside   yes      yes      no
room-moderator-guest    yes      yes      no
chat-moderator          no       no       no
speaker                 no       no       no
attendee                no       no       no
outsider                unseen   unseen   unseen
media-server            unseen   unseen   yes
suspended               unknown  unknown  unknown
no-token                unknown  unknown  unknown
site-admin              unseen   unseen   unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())


async def test_what_each_caller_may_do_with_recordings(world: World) -> None:
    """Rules 4, 6, 11, 14, 56, 57: a refusal changes nothing and logs no event."""
    await fill(world)
    session = await launch(world)
    got = [[name, *[await result(world, caller, act, session) for act in ACTS]] for name, caller in CALLERS.items()]
    assert got == ROWS


async def result(world: World, caller: Caller, act: str, session: str) -> str:
    """Returns the caller's outcome, for an act that nobody has done yet."""
    if caller.inside:
        await world.enter(caller.who)
    if act == "start":
        got = await outcome(world, caller, START, {"input": {"sessionId": session}})
        await world.query("host", STOP, input={"recordingId": await running(world, session)})
        return WORDS[got]
    given = {"recordingId": await running(world, session)}
    got = await outcome(world, caller, OF_RECORDINGS[act], {"input": given | (READY if act == "report" else {})})
    await world.query("host", STOP, input=given)
    return WORDS[got]


async def running(world: World, session: str) -> str:
    """Returns the running recording, or starts one."""
    started = (await world.query("host", START, input={"sessionId": session}))["startRecording"]
    if started["recording"]:
        return str(started["recording"]["id"])
    asked = "query ($room: ID!) { room(id: $room) { status { recording { id } } } }"
    return str((await world.query("host", asked, room=world.room))["room"]["status"]["recording"]["id"])
