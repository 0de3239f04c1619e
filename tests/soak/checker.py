"""Reads the notes of a run afterwards, and says what is wrong with them. It knows nothing of the server's code.

Its rules: what was acknowledged is in the log, and nothing is there twice; each stream is a slice of what its viewer may see of the
log, element by element, and begins where the one before ended; the head is reached soon after all is quiet; streams ended with
codes that docs/subscriptions.md has, and for a cause; no stream is silent without one; each field that is shown may be seen;
nothing was told after a revocation; what the processes held is given back.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from pathlib import Path

from tests.soak.attempts import Stream
from tests.soak.causes import Causes
from tests.soak.explained import check_codes, check_silence
from tests.soak.foreign import check_foreign
from tests.soak.held import check_held
from tests.soak.history import (
    Acknowledged,
    Deviated,
    Fault,
    Left,
    Logged,
    Note,
    Opened,
    Quiet,
    Refused,
    Restored,
    Revoked,
    Told,
    Tried,
    Trimmed,
    read,
)
from tests.soak.shown import check_shown
from tests.soak.streams import is_seen, is_told
from tests.soak.verdict import Verdict

QUIET_WITHIN = 5.0  # seconds after the last fault in which every stream reaches the head
DOCUMENTED = {
    "UNAVAILABLE", "TIMEOUT", "INTERNAL", "UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "CURSOR_EXPIRED", "STREAM_RESET",
    "TOO_MANY_STREAMS", "TOO_MANY_SUBSCRIPTIONS", "TOO_MANY_CONNECTIONS", "TOO_MANY_OPERATIONS", "close 4403", "close 1012",
    "close 1013", "close 1006", "close 4408", "status 401", "status 503", "cut", "no answer", "silence",
}  # fmt: skip
"""How a stream may end, by docs/subscriptions.md. `cut`, `no answer` and `silence` are the network."""
ANEW = {"CURSOR_EXPIRED", "STREAM_RESET"}


def check(folder: Path) -> Verdict:
    """Checks all notes of a run's folder."""
    notes = sorted(read(folder), key=lambda note: note.at if not isinstance(note, Logged) else 0)
    run = _Run(notes)
    verdict = Verdict()
    verdict.counts["faults"] = sum(isinstance(note, Fault) and note.phase == "begin" for note in notes)
    for name in ("lost", "repeated", "out of order"):
        verdict.counts[name] = 0
    run.check_writers(verdict)
    run.check_streams(verdict)
    check_foreign(verdict, notes)
    run.check_bodies(verdict)
    run.check_revoked(verdict)
    check_held(verdict, notes)
    check_codes(verdict, notes, run.causes)
    check_silence(verdict, run.streams, run.causes)
    return verdict


class _Run:
    def __init__(self, notes: list[Note]) -> None:
        self.notes = notes
        self.causes = Causes(notes)
        self.logs: dict[str, list[Logged]] = defaultdict(list)
        self.numbers: dict[str, int] = {}
        self._entries: dict[str, Logged] = {}
        self.streams: dict[str, list[Stream]] = defaultdict(list)
        self.trimmed: dict[str, list[Trimmed]] = defaultdict(list)
        self.gone: list[tuple[float, float]] = []
        self.quiet_at = float("inf")
        self._first_told: dict[str, float] = {}
        self._gone_cursors: set[str] | None = None
        for note in notes:
            self._take(note)
        for log in self.logs.values():
            log.sort(key=lambda entry: entry.number)

    def _take(self, note: Note) -> None:
        match note:
            case Logged():
                self.logs[note.gallery].append(note)
                self.numbers[note.cursor] = note.number
                self._entries[note.cursor] = note
            case Opened() if note.sees:
                self.streams[note.subscriber].append(Stream(note))
            case Told() if stream := self._of(note):
                stream.told.append(note)
                self._first_told[note.cursor] = min(note.at, self._first_told.get(note.cursor, note.at))
            case Deviated() if stream := self._of(note):
                stream.ended, stream.ended_at = note.code, note.at
            case Left() if stream := self._of(note):
                stream.ended_at = note.at
            case Trimmed():
                self.trimmed[note.gallery].append(note)
            case Restored():
                self.gone.append((note.since, note.at))
            case Quiet():
                self.quiet_at = note.at

    def _of(self, note: Told | Deviated | Left) -> Stream | None:
        streams = self.streams.get(note.subscriber, ())
        return next((each for each in reversed(streams) if each.opened.attempt == note.attempt), None)

    # ------------------------------------------------------------------------------------------------ writers

    def check_writers(self, verdict: Verdict) -> None:
        tried: dict[str, list[Tried]] = defaultdict(list)
        marks = Counter(entry.mark for log in self.logs.values() for entry in log if entry.mark)
        acknowledged: dict[str, Acknowledged] = {}
        refused: dict[str, Refused] = {}
        for note in self.notes:
            match note:
                case Tried():
                    tried[note.key].append(note)
                case Acknowledged():
                    acknowledged[note.key] = note
                case Refused():
                    refused[note.key] = note
        verdict.counts |= Counter(acknowledged=len(acknowledged), events=sum(map(len, self.logs.values())))
        verdict.counts["unknown for good"] = len(tried.keys() - acknowledged.keys() - refused.keys())
        for key, note in acknowledged.items():
            if note.cursor and note.cursor not in self.numbers and not self._undone(tried[key][0].at, note.at):
                verdict.blame("lost", f"acknowledged and not in the log: {tried[key][-1]}, {note}")
        for key, attempts in tried.items():
            if (mark := attempts[0].mark) and marks[mark] > 1:
                verdict.blame("repeated", f"{marks[mark]} times in the log: {attempts[0]}")
            if key in refused and len(attempts) == 1 and mark and marks[mark]:
                verdict.blame("refused and done", f"{attempts[0]}, {refused[key]}")

    def _undone(self, tried_at: float, done_at: float) -> bool:
        """Returns whether a restored backup may have taken back what was done then."""
        return any(since <= done_at and tried_at <= at for since, at in self.gone)

    # ------------------------------------------------------------------------------------------------ streams

    def check_streams(self, verdict: Verdict) -> None:
        for subscriber, streams in self.streams.items():
            # The last entry that was told at each cursor that the subscriber may have kept.
            known: dict[str, int | None] = {}
            for stream in streams:
                self._check_stream(verdict, subscriber, stream, known)
            self._check_head(verdict, subscriber, streams, known)

    def _check_stream(self, verdict: Verdict, subscriber: str, stream: Stream, known: dict[str, int | None]) -> None:
        opened = stream.opened
        if stream.ended and stream.ended not in DOCUMENTED and opened.at >= self.causes.since:
            verdict.blame("undocumented", f"{subscriber} ended with {stream.ended} ({opened})")
        if stream.told and opened.after in self._vanished() and any(at < opened.at for _, at in self.gone):
            verdict.blame("not reset", f"{subscriber} went on from an entry that a restored backup took back: {opened}")
        place = known.get(opened.after, self.numbers.get(opened.after)) if opened.after else None
        visible = self._visible(opened)
        for told in stream.told:
            if told.event == "Checkpoint":
                verdict.counts["checkpoints"] += 1
                known[told.cursor] = place
                continue
            verdict.counts["deliveries"] += 1
            number = self.numbers.get(told.cursor)
            if number is None:
                if not self._undone(told.at, told.at):
                    verdict.blame("unknown to the log", f"{subscriber} was told {told}")
                place = None
                continue
            self._check_next(verdict, subscriber, visible, place, number, told)
            check_shown(verdict, opened.document, opened.sees, told, self._entries[told.cursor])
            place = known[told.cursor] = number
        self._check_end(verdict, subscriber, stream, place)

    def _check_end(self, verdict: Verdict, subscriber: str, stream: Stream, place: int | None) -> None:
        """The codes that say that a cursor cannot be used are right about it."""
        opened, at = stream.opened, stream.ended_at or 0
        if stream.ended == "CURSOR_EXPIRED":
            floors = [each.floor for each in self.trimmed[opened.gallery] if each.at <= at]
            if not floors or (place is not None and max(floors) <= place):
                verdict.blame(
                    "without cause",
                    f"{subscriber} expired after entry {place}, and the log begins at {floors[-1:]}: {opened}",
                )
        if stream.ended == "STREAM_RESET" and not self._is_lost(opened, at):
            verdict.blame("without cause", f"{subscriber} was reset, but its entry is in the log: {opened}")

    def _is_lost(self, opened: Opened, at: float) -> bool:
        """Returns whether a restored backup may have taken back what this cursor names."""
        return opened.after not in self.numbers and any(restored <= at for _, restored in self.gone)

    def _vanished(self) -> set[str]:
        """Returns the cursors of entries that were told, and are not in the log, and of the Checkpoints that followed them."""
        if self._gone_cursors is None:
            self._gone_cursors = set()
            for stream in (each for streams in self.streams.values() for each in streams):
                is_gone = False
                for told in stream.told:
                    is_gone = told.cursor not in self.numbers if told.event != "Checkpoint" else is_gone
                    if is_gone:
                        self._gone_cursors.add(told.cursor)
        return self._gone_cursors

    def _check_next(
        self, verdict: Verdict, subscriber: str, visible: list[int], place: int | None, number: int, told: Told
    ) -> None:
        at = bisect_right(visible, number) - 1
        if at < 0 or visible[at] != number:
            verdict.blame("not for its viewer", f"{subscriber} was told {told}")
        elif place is not None and number <= place:
            verdict.blame("repeated" if number == place else "out of order", f"{subscriber} after {place}: {told}")
        elif place is not None and (expected := visible[bisect_right(visible, place)]) != number:
            missing = self._entry(told, expected)
            verdict.blame("lost", f"{subscriber} after entry {place} was told {number} and not {missing}")

    def _entry(self, told: Told, number: int) -> Logged | int:
        gallery = next(each.opened.gallery for each in self.streams[told.subscriber])
        return next((each for each in self.logs[gallery] if each.number == number), number)

    def _visible(self, opened: Opened) -> list[int]:
        """Returns the numbers of the entries that the stream has to tell, in order."""
        return [
            entry.number
            for entry in self.logs[opened.gallery]
            if is_told(opened.field, entry.event) and is_seen(opened.sees, opened.viewer, entry.seen_by)
            and not (opened.field == "chat" and entry.seen_by == "BACKCHANNEL")
        ]  # fmt: skip

    def _check_head(
        self, verdict: Verdict, subscriber: str, streams: list[Stream], known: dict[str, int | None]
    ) -> None:
        """Once all is quiet, the subscriber has been told the last entry that it may see, within some seconds."""
        if self.quiet_at == float("inf"):
            verdict.blame("not ended", "the run was never quiet")
            return
        visible = self._visible(streams[-1].opened)
        told = [
            (each.at, self.numbers[each.cursor])
            for stream in streams
            for each in stream.told
            if each.cursor in self.numbers
        ]
        reached = next((at for at, number in told if visible and number == visible[-1]), None)
        if visible and reached is None and not self._begins_after(streams[-1], visible[-1], known):
            verdict.blame("lost", f"{subscriber} never reached entry {visible[-1]}, the last one: {streams[-1].opened}")
        elif reached is not None:
            late = max(0.0, reached - max(self.quiet_at, self._known_at(streams[-1].opened.gallery, visible[-1])))
            verdict.counts["head reached after, ms"] = max(verdict.counts["head reached after, ms"], round(late * 1000))
            if late > QUIET_WITHIN:
                verdict.blame("late", f"{subscriber} reached the head {late:.1f} s after all was quiet")

    def _known_at(self, gallery: str, number: int) -> float:
        # A server makes some by itself, also when all is quiet. Its clock may be ahead of that of who was told.
        (entry,) = (each for each in self.logs[gallery] if each.number == number)
        return min(entry.at, self._first_told[entry.cursor])

    def _begins_after(self, stream: Stream, number: int, known: dict[str, int | None]) -> bool:
        """Returns whether the last stream began at the present when there was nothing more to tell."""
        after = stream.opened.after
        place = known.get(after, self.numbers.get(after)) if after else number
        return place is None or place >= number

    # ------------------------------------------------------------------------------------------------ viewers

    def check_bodies(self, verdict: Verdict) -> None:
        """Those who may see the same were told the same of each entry."""
        bodies: dict[tuple[str, str, str], Told] = {}
        for streams in self.streams.values():
            for stream in streams:
                for told in stream.told:
                    if told.event not in CHANGING:
                        key = stream.opened.document, stream.opened.sees, told.cursor
                        before = bodies.setdefault(key, told)
                        if before.body != told.body:
                            verdict.blame("told otherwise", f"{told} and {before}")

    def check_revoked(self, verdict: Verdict) -> None:
        """Nothing is told after a revocation, and what precedes the entry that revokes may still come."""
        revoked = {(note.viewer, note.gallery): note for note in self.notes if isinstance(note, Revoked)}
        whose: dict[str, Opened] = {}
        verdict.counts["revoked"] = len(revoked)
        for note in self.notes:
            if isinstance(note, Opened):
                whose[note.subscriber] = note
            if isinstance(note, Told) and (opened := whose.get(note.subscriber)):
                end = revoked.get((opened.viewer, opened.gallery))
                # A Checkpoint tells nothing. It may come until the server has read of the entry that takes the access away.
                is_nothing = note.event == "Checkpoint" and end is not None and end.cursor is not None
                if end and note.at > end.at and not is_nothing and not self._precedes(note, end):
                    verdict.blame("told after a revocation", f"{note}, {end}")

    def _precedes(self, told: Told, end: Revoked) -> bool:
        number, last = self.numbers.get(told.cursor), self.numbers.get(end.cursor or "")
        return number is not None and last is not None and number <= last


CHANGING = {"Checkpoint", "AccessChanged"}
"""Kinds whose items need not look the same to all."""
