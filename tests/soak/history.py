"""What a soak run notes while it runs, and what its checker reads afterwards: one JSON object a line.

The run notes what clients and the fault driver saw from outside. `at` is in seconds of `time.time()` of the run's own clock.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO, TypeAlias


@dataclass(frozen=True, slots=True)
class Tried:
    """A writer sends a mutation, for the first time or again with the same idempotency key."""

    at: float
    writer: str
    key: str  # the idempotency key, unique in the run
    mark: str  # text that is unique in the run, and stands in the event that the mutation makes; "" if it has none
    operation: str  # the mutation's name
    gallery: str
    server: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    at: float
    key: str
    cursor: str | None  # the cursor of the event, from the payload


@dataclass(frozen=True, slots=True)
class Refused:
    """The server answered that it did nothing."""

    at: float
    key: str
    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer came, or one that does not say whether the mutation was executed."""

    at: float
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A subscriber opens its stream, for the first time or again."""

    at: float
    subscriber: str
    attempt: int  # counts from 0
    server: str
    transport: str  # websocket, sse, multipart or eventsource
    field: str  # the subscription's field, such as roomEvents
    document: str  # the document's name: subscribers with equal names select the same
    gallery: str
    viewer: str
    after: str | None  # the cursor that it resumes at; None: it begins at the present
    sees: str = ""  # what it may see: members, inside or all; "" where no slice of the log is expected


@dataclass(frozen=True, slots=True)
class Told:
    """The subscriber got an event or a Checkpoint."""

    at: float
    subscriber: str
    attempt: int
    cursor: str
    event: str  # its __typename
    mark: str  # the writer's text in it, or ""
    body: str  # a hash of the whole event as it was told, to compare subscribers with the same document and rights
    shown: str = ""  # the paths of what was told and is not null, such as "cursor message.text"


@dataclass(frozen=True, slots=True)
class Deviated:
    """The stream ended or erred with this code: an error's code, "close 1013", "status 503", "cut" or "no answer"."""

    at: float
    subscriber: str
    attempt: int
    code: str


@dataclass(frozen=True, slots=True)
class Left:
    """The subscriber itself ended the stream: cleanly, hard, half-open, by reading nothing, by rewinding."""

    at: float
    subscriber: str
    attempt: int
    how: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """From now on the viewer may see nothing of the gallery."""

    at: float
    viewer: str
    gallery: str
    why: str  # access, suspended or token
    cursor: str | None = (
        None  # of the entry that takes the access away, if there is one: what precedes it may still come
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault begins or ends."""

    at: float
    kind: str
    target: str
    phase: str  # begin or end


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup was restored: what was acknowledged after `since` is gone, and streams are reset."""

    at: float
    since: float


@dataclass(frozen=True, slots=True)
class Trimmed:
    """From about now on the gallery's log begins with this entry."""

    at: float
    gallery: str
    floor: int


@dataclass(frozen=True, slots=True)
class Stalled:
    """The run itself, and so all of its clients, did nothing for these seconds until now: the machine was too busy."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Counted:
    """A number that a process has at this moment, such as its memory, its sockets, its replays."""

    at: float
    server: str
    moment: str  # start, end or during
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """The load and all faults have ended. Subscribers go on for some seconds."""

    at: float


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of a gallery's log, read at the end from the database itself, in order."""

    gallery: str
    number: int
    cursor: str
    event: str
    mark: str
    seen_by: str  # who may see it: all, members, inside, moderators
    at: float = 0.0  # when it happened, by the clock of its server


Note: TypeAlias = (
    Tried
    | Acknowledged
    | Refused
    | Unknown
    | Opened
    | Told
    | Deviated
    | Left
    | Revoked
    | Fault
    | Restored
    | Trimmed
    | Stalled
    | Counted
    | Quiet
    | Logged
)
KINDS: dict[str, type[Note]] = {each.__name__: each for each in Note.__args__}


class History:
    """A file of notes that are appended as they come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO = path.open("a", buffering=1 << 16)

    def note(self, note: Note) -> None:
        self._file.write(json.dumps({"note": type(note).__name__, **asdict(note)}) + "\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read(folder: Path) -> Iterator[Note]:
    """Yields the notes of all files of a run's folder, in the order of each file."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open() as lines:
            for line in lines:
                fields = json.loads(line)
                yield KINDS[fields.pop("note")](**fields)
