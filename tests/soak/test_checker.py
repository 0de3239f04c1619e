"""Each rule of the checker, on notes written by hand: it finds nothing in a good run, and each thing that is wrong."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.checker import check
from tests.soak.history import (
    Acknowledged,
    Counted,
    Deviated,
    Fault,
    History,
    Logged,
    Note,
    Opened,
    Quiet,
    Refused,
    Restored,
    Revoked,
    Stalled,
    Told,
    Tried,
    Trimmed,
    Unknown,
)
from tests.soak.verdict import Verdict

G = "gallery"
Notes = list[Note]


def logged(number: int, event: str = "MessagePosted", seen_by: str = "INSIDE", mark: str = "") -> Logged:
    return Logged(G, number, f"c{number}", event, mark or f"m{number}", seen_by)


def opened(at: float, attempt: int, after: str | None, sees: str = "inside", subscriber: str = "s") -> Opened:
    return Opened(at, subscriber, attempt, "a", "sse", "roomEvents", "room", G, "student", after, sees)


def told(at: float, attempt: int, number: int, subscriber: str = "s", body: str = "same") -> Told:
    return Told(at, subscriber, attempt, f"c{number}", "MessagePosted", f"m{number}", body)


def interaction(at: float, attempt: int, shown: str, subscriber: str = "s") -> Told:
    return Told(at, subscriber, attempt, "c8", "InteractionOpened", "m8", subscriber, f"cursor {shown}".strip())


def active(kind: str, target: str, begin: float, end: float) -> list[Note]:
    return [Fault(begin, kind, target, "begin"), Fault(end, kind, target, "end")]


def checkpoint(at: float, attempt: int, cursor: str) -> Told:
    return Told(at, "s", attempt, cursor, "Checkpoint", "", "")


GOOD: Notes = [
    *[logged(number) for number in range(1, 7)],
    logged(7, seen_by="CHAT_MODERATORS"),
    Tried(1, "w", "k", "m2", "postMessage", G, "a"),
    Unknown(2, "k", "!ReadTimeout"),
    Tried(2.5, "w", "k", "m2", "postMessage", G, "b"),
    Acknowledged(3, "k", "c2"),
    opened(1, 0, "c1"),
    told(3, 0, 2),
    told(4, 0, 3),
    checkpoint(5, 0, "rest"),
    Deviated(6, "s", 0, "cut"),
    Fault(0.5, "clients cut", "a", "begin"),
    Fault(6, "clients cut", "a", "end"),
    opened(7, 1, "rest"),
    told(8, 1, 4),
    told(9, 1, 5),
    told(10, 1, 6),
    Quiet(20),
]


def verdict_of(notes: Notes, folder: Path) -> Verdict:
    history = History(folder / "notes.jsonl")
    for note in notes:
        history.note(note)
    history.close()
    return check(folder)


def without(*places: int) -> Callable[[Notes], Notes]:
    return lambda notes: [note for place, note in enumerate(notes) if place not in places]


def also(*more: Note) -> Callable[[Notes], Notes]:
    return lambda notes: [*notes, *more]


def place_of(wanted: Note) -> int:
    return GOOD.index(wanted)


def test_a_good_run_is_good(tmp_path: Path) -> None:
    verdict = verdict_of(GOOD, tmp_path)
    assert verdict.ok, verdict.first
    assert (verdict.counts["deliveries"], verdict.counts["acknowledged"], verdict.counts["lost"]) == (5, 1, 0)


WRONG: dict[str, tuple[str, Callable[[Notes], Notes]]] = {
    "acknowledged, and not in the log": ("lost", also(Tried(4, "w", "l", "x", "postMessage", G, "a"), Acknowledged(5, "l", "gone"))),
    "done twice": ("repeated", also(logged(8, mark="m2", seen_by="CHAT_MODERATORS"))),
    "refused, and done": ("refused and done", also(Tried(4, "w", "r", "m3", "postMessage", G, "a"), Refused(5, "r", "INVALID"))),
    "left out": ("lost", without(place_of(told(4, 0, 3)))),
    "left out between two streams": ("lost", without(place_of(told(8, 1, 4)))),
    "told twice": ("repeated", also(told(10.5, 1, 6))),
    "told twice by the next stream": ("out of order", also(opened(11, 2, "c6"), told(12, 2, 5))),
    "told in another order": ("out of order", also(told(10.5, 1, 4))),
    "hidden from its viewer": ("not for its viewer", also(told(10.5, 1, 7))),
    "of no entry": ("unknown to the log", also(told(10.5, 1, 99))),
    "the last one never told": ("lost", without(place_of(told(10, 1, 6)))),
    "told late": ("late", lambda notes: [replace(each, at=29) if each == told(10, 1, 6) else each for each in notes]),
    "told late, of a server whose clock is ahead": (
        "late",
        lambda notes: [
            replace(each, at=29) if each in (told(10, 1, 6), logged(6)) else each
            for each in [*notes, opened(1, 0, "c5", subscriber="t"), told(10, 0, 6, "t")]
        ],
    ),
    "never quiet": ("not ended", without(place_of(Quiet(20)))),
    "ended in a way that no page has": ("undocumented", also(Deviated(11, "s", 1, "close 1011"))),
    "told otherwise to another viewer": (
        "told otherwise",
        also(opened(1, 0, "c5", subscriber="t"), told(10, 0, 6, "t", "other")),
    ),
    "told after a revocation": ("told after a revocation", also(Revoked(9.5, "student", G, "access", "c5"))),
    "a cursor of another gallery": (
        "foreign cursor",
        also(
            replace(logged(1), gallery="other", cursor="theirs", mark=""), opened(11, 0, "theirs", "", "i"),
            Told(12, "i", 0, "c2", "MessagePosted", "", ""),
        ),
    ),
    "going on after a restored backup": (
        "not reset", also(told(11, 1, 99), Restored(12, 10), opened(13, 2, "c99"), told(14, 2, 6))
    ),
    "text that nobody wrote": (
        "told otherwise", lambda notes: [replace(each, mark="x") if each == told(10, 1, 6) else each for each in notes]
    ),
    "results to those who may not see them": (
        "shows too much", also(logged(8, "InteractionOpened"), interaction(10.5, 1, "interaction.questions.options.votes"))
    ),
    "results hidden from those who may see them": (
        "shows too little",
        also(
            logged(8, "InteractionOpened"), interaction(10.5, 1, ""),
            opened(1, 0, "c7", "all", "t"), interaction(2, 0, "interaction.answerCount", "t"),
        ),
    ),
    "silent": ("silent", also(opened(12, 2, "c6"), checkpoint(30, 2, "later"))),
    "unavailable, and nothing is": ("without cause", also(opened(13, 2, "c6"), Deviated(14, "s", 2, "UNAVAILABLE"))),
    "unavailable, as the bus is away": (
        "without cause",
        also(opened(13, 2, "c6"), Deviated(14, "s", 2, "UNAVAILABLE"), *active("Valkey killed", "Valkey", 12, 14)),
    ),
    "cut at the other server": (
        "without cause", also(opened(13, 2, "c6"), Deviated(14, "s", 2, "cut"), *active("clients cut", "b", 12, 14))
    ),
    "unavailable long after a fault": (
        "without cause",
        also(opened(13, 2, "c6"), Deviated(24, "s", 2, "UNAVAILABLE"), *active("PostgreSQL killed", "all", 1, 7)),
    ),
    "a mutation that failed": (
        "without cause", also(Tried(13, "w", "f", "x", "postMessage", G, "a"), Unknown(14, "f", "INTERNAL"))
    ),
    "an answer in plain text": (
        "without cause",
        also(
            Tried(13, "w", "f", "x", "postMessage", G, "a"), Unknown(14, "f", "not JSON: 500 Internal Server Error"),
            *active("rolling restart", "both", 12, 14),
        ),
    ),
    "a refusal that only a restored backup could explain": (
        "without cause", also(Tried(13, "w", "f", "x", "endRecording", G, "a"), Refused(14, "f", "NOT_FOUND"))
    ),
    "expired, and in the log": (
        "without cause", also(Trimmed(12, G, 3), opened(13, 2, "c3"), Deviated(13.5, "s", 2, "CURSOR_EXPIRED"))
    ),
    "reset, and in the log": (
        "without cause", also(Restored(11, 10), opened(13, 2, "c3"), Deviated(13.5, "s", 2, "STREAM_RESET"))
    ),
    "shut out, and nobody did it": ("without cause", also(opened(13, 2, "c6"), Deviated(14, "s", 2, "FORBIDDEN"))),
    "not given back": ("held", also(Counted(0, "a", "start", "sockets", 10), Counted(30, "a", "end", "sockets", 500))),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_found(what: str, tmp_path: Path) -> None:
    kind, change = WRONG[what]
    verdict = verdict_of(change(GOOD), tmp_path)
    assert verdict.counts[kind] == 1, (verdict.first, verdict.counts)
    assert verdict.first
    assert verdict.first.startswith(kind)


ALLOWED: dict[str, Callable[[Notes], Notes]] = {
    "an outcome that is never known": also(
        Tried(4, "w", "u", "never", "postMessage", G, "a"), Unknown(5, "u", "!ReadError")
    ),
    "what a restored backup took back": also(
        Tried(11, "w", "b", "x", "postMessage", G, "a"),
        Acknowledged(12, "b", "gone"),
        told(12, 1, 99),
        Restored(13, 11),
    ),
    "a database that is away": also(
        opened(13, 2, "c6"), Deviated(14, "s", 2, "UNAVAILABLE"), *active("PostgreSQL killed", "all", 11, 13)
    ),
    "what an older version answers": also(
        Tried(13, "w", "f", "x", "postMessage", G, "a"), Unknown(14, "f", "INTERNAL"),
        *active("old and new version", "both", 12, 20),
    ),
    "an entry that a server makes in the quiet": also(
        replace(logged(8), at=28), opened(11, 2, "c6"), told(29, 2, 8)
    ),
    "silence while the run stands still": also(opened(12, 2, "c6"), Stalled(19, 6), checkpoint(20, 2, "later")),
    "silence on a held link": also(
        opened(12, 2, "c6"), *active("clients held", "both", 12, 19), checkpoint(20, 2, "later")
    ),
    "a server by its other name": also(
        Counted(0, "a", "start", "memory", 1), opened(13, 2, "c6"),
        *active("server killed", "b", 12, 14),
        Deviated(14, "s", 2, "cut"),
    ),
    "results to a chat moderator": also(
        logged(8, "InteractionOpened"), interaction(10.5, 1, ""),
        opened(1, 0, "c7", "all", "t"), interaction(2, 0, "interaction.questions.options.votes", "t"),
    ),
    "expired behind a trimmed log": also(
        Trimmed(12, G, 6), opened(13, 2, "c3"), Deviated(13.5, "s", 2, "CURSOR_EXPIRED")
    ),
    "a stream that begins anew": also(Trimmed(10.5, G, 7), Deviated(11, "s", 1, "CURSOR_EXPIRED"), opened(12, 2, None), told(13, 2, 6)),
    "going back": also(opened(11, 2, "c3"), told(12, 2, 4), told(12, 2, 5), told(12, 2, 6)),
    "what precedes a revocation": also(Revoked(9.5, "student", G, "access", "c6")),
}  # fmt: skip


@pytest.mark.parametrize("what", ALLOWED)
def test_what_is_promised_is_not_blamed(what: str, tmp_path: Path) -> None:
    verdict = verdict_of(ALLOWED[what](GOOD), tmp_path)
    assert verdict.ok, verdict.first
