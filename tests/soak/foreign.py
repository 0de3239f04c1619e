"""A rule of the checker: a cursor of one gallery is refused by every stream of another."""

from collections.abc import Sequence

from tests.soak.history import Logged, Note, Opened, Told
from tests.soak.verdict import Verdict


def check_foreign(verdict: Verdict, notes: Sequence[Note]) -> None:
    """Looks for streams that told something after a cursor of another gallery."""
    of = {note.cursor: note.gallery for note in notes if isinstance(note, Logged)}
    foreign = {
        (note.subscriber, note.attempt)
        for note in notes
        if isinstance(note, Opened) and of.get(note.after or "", note.gallery) != note.gallery
    }
    verdict.counts["foreign cursors"] = len(foreign)
    for note in notes:
        if isinstance(note, Told) and (note.subscriber, note.attempt) in foreign:
            verdict.blame("foreign cursor", f"was accepted: {note}")
