"""Two rules of the checker: each code that a client met has a cause, and no stream is silent without one."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from tests.soak.attempts import Stream
from tests.soak.causes import LOST, Causes
from tests.soak.history import Deviated, Note, Opened, Refused, Restored, Tried, Unknown
from tests.soak.verdict import Verdict

ALIVE_WITHIN = 5.0
"""The seconds in which a stream gives a sign of life. docs/reliability.md says 15 where Checkpoints come after 10; here they come
after 2, so that would be 3. The rest is for a machine that is busy."""
OPERATION = 15.0  # seconds: what has ended later than this after a fault was not begun in it
BY_NUMBERS = {"CURSOR_EXPIRED", "STREAM_RESET"}
"""Codes which the checker compares with the cursor, and not with the time."""
ABSENT = "NOT_IN_SESSION"
"""A writer has no stream that keeps it inside, and may be absent for too long at any time."""


def check_codes(verdict: Verdict, notes: Sequence[Note], causes: Causes) -> None:
    """Each code that a client met is explained by a fault or an act that documents it."""
    opened: dict[tuple[str, int], Opened] = {}
    tried: dict[str, Tried] = {}
    restored: float | None = None
    for note in notes:
        match note:
            case Opened():
                opened[note.subscriber, note.attempt] = note
            case Tried():
                tried[note.key] = note
            case Restored():
                restored = note.at
            case Deviated() if stream := opened.get((note.subscriber, note.attempt)):
                if stream.at >= causes.since and not _is_explained(note, stream, causes):
                    verdict.blame("without cause", f"{note} ({stream})")
            case Unknown(at=at) if tried[note.key].at >= causes.since:
                begin, code = max(tried[note.key].at, at - OPERATION), note.why
                if not causes.explain("no answer" if code[0] == "!" else code, tried[note.key].server, begin, at):
                    verdict.blame("without cause", f"{note} ({tried[note.key]})")
            case Refused() if note.at >= causes.since and note.code != ABSENT and restored is None:
                verdict.blame("without cause", f"{note} ({tried[note.key]})")


def _is_explained(note: Deviated, stream: Opened, causes: Causes) -> bool:
    if note.code in BY_NUMBERS:
        return True
    if note.code == "CURSOR_INVALID":
        return not stream.sees  # of those who try cursors of other galleries
    if note.code in LOST and stream.viewer == stream.subscriber and causes.ends_rights(note.at):
        return True
    return causes.explain(note.code, stream.server, max(stream.at, note.at - OPERATION), note.at)


def check_silence(verdict: Verdict, streams: Mapping[str, Iterable[Stream]], causes: Causes) -> None:
    """While no fault is active on its path, a stream gets an event or a Checkpoint again and again."""
    for subscriber, attempts in streams.items():
        for stream in attempts:
            signs = [
                stream.opened.at,
                *(told.at for told in stream.told),
                *([stream.ended_at] if stream.ended_at else []),
            ]
            for before, after in pairwise(signs):
                silent = after - before - causes.stalled(before, after)
                if (
                    silent > ALIVE_WITHIN
                    and before >= causes.since
                    and not causes.explain("silence", stream.opened.server, before, after)
                ):
                    verdict.blame("silent", f"{subscriber} was told nothing for {silent:.1f} s ({stream.opened})")
