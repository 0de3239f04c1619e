"""Failures in the servers' logs are found, and lines that are none are not."""

import json
from pathlib import Path

from tests.soak.history import Fault, History
from tests.soak.logged import failures


def line(level: str, message: str, second: int = 30, **more: str) -> str:
    return json.dumps({"time": f"1970-01-01T00:00:{second:02}+00:00", "level": level, "message": message, **more})


def test_a_failure_is_found_once(tmp_path: Path) -> None:
    history = History(tmp_path / "driver.jsonl")
    history.note(Fault(1, "old and new version", "both", "begin"))
    history.note(Fault(10, "old and new version", "both", "end"))
    history.close()
    lines = [
        "Enfilade serves http://127.0.0.1:8000",
        line("ERROR", "an older version failed", 5, traceback="KeyError: 1"),
        line("INFO", "request"),
        line("WARNING", "the database does not answer"),
        line("ERROR", "Cancel 3 running task(s), timeout graceful shutdown exceeded"),
        line("ERROR", "a request failed", traceback="Traceback …\nKeyError: 2"),
        line("ERROR", "a request failed", traceback="Traceback …\nKeyError: 2"),
        line("WARNING", "trying again", traceback="Traceback …\nKeyError: 3"),
        '{"time": "1970-01-01T00',
    ]
    (tmp_path / "server-a.log").write_text("\n".join(lines))
    assert list(failures(tmp_path)) == [
        "logged (server-a.log): a request failed KeyError: 2",
        "logged (server-a.log): trying again KeyError: 3",
    ]
