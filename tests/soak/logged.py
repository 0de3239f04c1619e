"""What the servers' logs say after a run: a traceback is a defect, and so is a line at the level of errors."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.soak.causes import Causes
from tests.soak.history import read

MEANT = ("Cancel ",)
"""How lines begin that are errors by uvicorn's measure alone: requests that did not end while a server stopped."""


def failures(folder: Path) -> Iterator[str]:
    """Yields what servers of the present version logged as failures, one line for each kind."""
    since = Causes(note for note in read(folder)).since
    seen = set()
    for path in sorted(folder.glob("server-*.log")):
        for line in path.read_text(errors="replace").splitlines():
            kind = _failure(line, since)
            if kind and kind not in seen:
                seen.add(kind)
                yield f"logged ({path.name}): {kind}"


def _failure(line: str, since: float) -> str | None:
    try:
        entry = json.loads(line)
        at = datetime.fromisoformat(entry["time"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return None  # the banner, or half a line of a server that was killed
    is_one = entry["level"] in {"ERROR", "CRITICAL"} or "traceback" in entry
    if at < since or not is_one or entry["message"].startswith(MEANT):
        return None
    return f"{entry['message'].strip()} {entry.get('traceback', '').strip().rpartition(chr(10))[2]}".strip()
