"""A receiver that has too much to do says when it wants to be called again (rule 94)."""

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.retry_after import asked_pause
from tests.support.receiver import Receiver
from tests.support.webhooks import add_media, attempts, create, wait_until
from tests.support.world import World

NOW = datetime.fromisoformat("2026-11-29T12:00:00Z")
LATER = 1.1
"""A pause is up to this many times as long as it should be, so that not all receivers are called at once."""


@pytest.mark.parametrize(
    ("status", "asked", "seconds"),
    [
        (429, "600", 600),
        (503, "DATE", 600),
        (503, "1", 5),  # never shorter than the pause without it
        (429, "999999999", 10_800),  # never longer than the longest pause
        (503, "soon", 5),
        (500, "600", 5),
    ],
)
async def test_the_next_attempt_is_as_late_as_the_receiver_asks(
    world: World, receiver: Receiver, status: int, asked: str, seconds: int
) -> None:
    before = world.clock()
    date = format_datetime(before + timedelta(seconds=601), usegmt=True)  # without fractions of a second
    receiver.status, receiver.more = status, f"Retry-After: {asked.replace('DATE', date)}\r\n"
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One")
    failing = await wait_until(world, webhook, lambda of: of["nextAttemptAt"])
    at = datetime.fromisoformat(failing["nextAttemptAt"])
    assert at - before >= timedelta(seconds=seconds)
    assert at - world.clock() <= timedelta(seconds=seconds + 1) * LATER
    assert attempts(failing) == [("MediaAdded", "FAILED", 1, "STATUS", status)]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Sun, 29 Nov 2026 12:01:00 GMT", 60),
        ("Sunday, 29-Nov-26 12:01:00 GMT", 60),  # the two old forms, which RFC 9110 lets senders of old use
        ("Sun Nov 29 12:01:00 2026", 60),
        ("Sun, 29 Nov 2026 11:59:00 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_seconds_and_dates_are_read(header: str, seconds: int | None) -> None:
    assert asked_pause(header, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text() | st.from_regex(r"\w{3}, \d+ (Jan|Dec) \d+ \d+:\d+:\d+ [+-]\d+", fullmatch=True))
def test_any_header_gives_a_pause_or_none(header: str) -> None:
    pause = asked_pause(header, NOW)
    assert pause is None or pause > timedelta(0)
