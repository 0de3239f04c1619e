"""Revoked tokens: by their id or by subject and time, from a file or URL that is read again without a restart."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from server.auth import Authenticator
from server.claims import AuthUnavailable
from server.settings import Settings
from tests.support.issuers import NOON, Clock, Issuer, refusal, signed

REVOKED = "The token was revoked."
ISSUED = int(NOON.timestamp()) - 60


def by_list(source: object, clock: Clock) -> Authenticator:
    return Authenticator(Settings(dev=True, jwt_revocations=str(source)), clock)


def write(file: Path, tokens: Any = (), subjects: Any = None) -> None:
    file.write_text(json.dumps({"tokens": tokens, "subjects": subjects or {}}))


def write_raw(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def remove(file: Path) -> None:
    file.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list that revokes nothing."""
    write(tmp_path / "revoked.json")
    return tmp_path / "revoked.json"


async def test_a_token_is_revoked_by_its_id_and_no_other(file: Path, clock: Clock) -> None:
    authenticator = by_list(file, clock)
    tokens = [signed(jti=name) for name in ("a", "b")] + [signed()]
    await authenticator.revocations.refresh()
    for token in tokens:
        assert await authenticator.verify(token)
    write(file, ["a"])
    await authenticator.revocations.refresh()
    assert await refusal(authenticator, tokens[0]) == REVOKED  # although it was found good within the last minute
    assert await authenticator.verify(tokens[1])
    assert await authenticator.verify(tokens[2])
    write(file)
    await authenticator.revocations.refresh()
    assert await authenticator.verify(tokens[0])


async def test_all_tokens_of_a_subject_from_before_a_time_are_revoked(file: Path, clock: Clock) -> None:
    authenticator = by_list(file, clock)
    write(file, (), {"u-1": ISSUED})
    await authenticator.revocations.refresh()
    for old in (signed(iat=ISSUED - 1), signed(iat=0), signed()):  # a token without a time counts as old
        assert await refusal(authenticator, old) == REVOKED
    for other in (signed(iat=ISSUED), signed(iat=ISSUED + 1), signed(sub="u-2", iat=ISSUED - 1), signed(sub="U-1")):
        assert await authenticator.verify(other)


BROKEN: list[Any] = [
    b"", b"[]", b"{}", b"\xff", b"null", b'{"tokens": []}', b'{"subjects": {}}', b'{"tokens": "a", "subjects": {}}',
    b'{"tokens": [1], "subjects": {}}', b'{"tokens": [], "subjects": []}', b'{"tokens": [], "subjects": {"u-1": "now"}}',
    b'{"tokens": [], "subjects": {"u-1": 1e300}}', b"[" * 100_000,
]  # fmt: skip


async def test_a_list_that_cannot_be_read_keeps_the_earlier_one_and_is_told_once(
    file: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    authenticator = by_list(file, clock)
    write(file, ["a"])
    await authenticator.revocations.refresh()
    for content in BROKEN:
        write_raw(file, content)
        await authenticator.revocations.refresh()
        assert await refusal(authenticator, signed(jti="a")) == REVOKED
        assert await authenticator.verify(signed(jti="b"))
    remove(file)
    await authenticator.revocations.refresh()
    assert await refusal(authenticator, signed(jti="a")) == REVOKED
    assert len(caplog.messages) == 1
    write(file)
    await authenticator.revocations.refresh()
    assert await authenticator.verify(signed(jti="a"))


async def test_before_the_first_list_no_token_is_accepted(file: Path, clock: Clock) -> None:
    """Otherwise a restart while the list cannot be read would let revoked tokens in again."""
    authenticator = by_list(file, clock)
    write_raw(file, b"{")
    await authenticator.revocations.refresh()
    with pytest.raises(AuthUnavailable):
        await authenticator.verify(signed())
    write(file)
    await authenticator.revocations.refresh()
    assert await authenticator.verify(signed())


async def test_a_list_may_be_published_at_a_url(issuer: Issuer, clock: Clock) -> None:
    issuer.answer = {"tokens": ["a"], "subjects": {}}
    authenticator = by_list(issuer.url, clock)
    await authenticator.revocations.refresh()
    assert await refusal(authenticator, signed(jti="a")) == REVOKED
    for issuer.status, issuer.answer in (
        (500, {"tokens": [], "subjects": {}}),
        (302, b""),
        (200, b"<html>"),
        (200, []),
    ):
        await authenticator.revocations.refresh()
        assert await refusal(authenticator, signed(jti="a")) == REVOKED
    issuer.status, issuer.answer = 200, {"tokens": [], "subjects": {"u-1": ISSUED + 60}}
    await authenticator.revocations.refresh()
    assert await refusal(authenticator, signed(jti="b", iat=ISSUED)) == REVOKED
    assert await authenticator.verify(signed(jti="a", iat=ISSUED + 61))


async def test_a_revoked_token_stays_revoked_until_it_expires(file: Path, clock: Clock) -> None:
    authenticator = by_list(file, clock)
    write(file, ["a"])
    await authenticator.revocations.refresh()
    for _ in range(3):
        assert await refusal(authenticator, signed(jti="a")) == REVOKED
        clock.advance(minutes=2)
    clock.advance(hours=1)
    assert await refusal(authenticator, signed(jti="a")) == "The token has expired."
