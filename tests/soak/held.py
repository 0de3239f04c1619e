"""A rule of the checker: processes have given back what they held for the run's clients."""

from collections.abc import Iterable

from tests.soak.history import Counted, Note
from tests.soak.verdict import Verdict

MOST_MORE = {
    "memory": (1.5, 64 * 2**20),
    "files": (1.0, 40),
    "sockets": (1.0, 40),
    "threads": (1.0, 8),
    "connections": (1.0, 40),
}
"""How much more of each a process may hold at the end: a factor, and an amount beside it. Two servers may fill four pools of ten
connections to the database, and keep them."""


def check_held(verdict: Verdict, notes: Iterable[Note]) -> None:
    """Compares what each process held at the end with what it held at the start."""
    counted = [note for note in notes if isinstance(note, Counted)]
    start = {(note.server, note.name): note.value for note in counted if note.moment == "start"}
    for note in counted:
        if note.moment == "end" and note.name in MOST_MORE:
            factor, more = MOST_MORE[note.name]
            if note.value > start.get((note.server, note.name), note.value) * factor + more:
                verdict.blame("held", f"{note}, and {start[note.server, note.name]:.0f} at the start")
