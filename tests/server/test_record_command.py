"""`python -m server record` downloads a session's record whole, or leaves no file."""

import asyncio
import json
from pathlib import Path

import pytest

from server.command_failed import CommandFailed
from server.commands import record as record_command
from server.record import TOTAL
from tests.support.operating import command
from tests.support.world import ENTER, World


async def test_a_record_is_downloaded_whole_or_not_at_all(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its total is known from the start, so that the time left is shown."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    for number in range(3):
        await world.post("moderator", f"Message {number}")
    url, file, token = f"http://127.0.0.1:{world.port}/sessions/{session}/record", tmp_path / "r.jsonl", tmp_path / "t"
    assert record_command.TOTAL == TOTAL

    async def download(who: str, *more: str) -> None:
        await asyncio.to_thread(token.write_text, f"{world.token(who)}\n")
        await command(world.settings, "record", url, str(file), "--token-file", str(token), *more)

    told: list[tuple[int, int]] = []
    monkeypatch.setattr("server.progress.Progress.tell", lambda _self, *each: told.append(each))
    await download("manager")
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert [each["message"]["text"] for each in events if each["__typename"] == "MessagePosted"] == [
        f"Message {number}" for number in range(3)
    ]
    assert told == [(number, len(events)) for number in range(1, len(events) + 1)]
    assert f"{len(events)} events" in capsys.readouterr().err
    whole = file.read_bytes()
    with pytest.raises(CommandFailed, match="exists already"):
        await download("manager")
    with pytest.raises(CommandFailed, match="403: You may not do this here"):
        await download("student-001", "--force")
    assert file.read_bytes() == whole
    assert not file.with_name("r.jsonl.part").exists()


async def test_an_address_must_be_of_http(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="must begin with http"):
        await command(world.settings, "record", "file:///etc/passwd", str(tmp_path / "r.jsonl"))


def test_a_record_that_ends_with_an_error_is_not_kept(tmp_path: Path) -> None:
    lines = [b'{"__typename":"SessionStarted"}\n', b'{"errors":[{"message":"The token has expired."}]}\n']
    with (
        (tmp_path / "part").open("wb") as part,
        pytest.raises(CommandFailed, match=r"after 1 events: The token has ex"),
    ):
        record_command._copy(lines, 2, part, lambda *_: None)
