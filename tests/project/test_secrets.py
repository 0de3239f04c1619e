"""No file that git tracks holds a secret: by the forms of known kinds, and by the disorder of quoted words."""

import math
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.support.commands import ROOT

KINDS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a cloud's access key": r"\b(?:AKIA|ASIA|AIza)[0-9A-Za-z_-]{16,}",
    "a host's token": r"\b(?:gh[opusr]_[0-9A-Za-z]{36}|github_pat_\w{50,}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,}|npm_\w{36}|pypi-\w{50,})",
    "a service's key": r"\b(?:sk|rk|pk)_(?:live|test)_\w{16,}|\bsk-[\w-]{32,}|\bSG\.[\w-]{20,}\.[\w-]{20,}",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{30,}\.[\w-]{20,}",
    "a password in an address": r"\b(?:postgres(?:ql)?|rediss?|https?|amqps?)://[^\s/:@'\"{}$]+:(?=[^\s/@]*\d)[^\s/@'\"{}$]{6,}@",
}
ASSIGNED = re.compile(
    r"""(?i)(?:secret|token|passw(?:or)?d|api_?key|private_?key|credential)s?["']?\s*[:=]\s*["']([^"'\s{}$]{16,})["']"""
)
DISORDER = 3.7
"""Bits for each character, beyond which a value with digits counts as random."""
MADE_BY_TOOLS = (".lock", "package-lock.json", ".svg", ".png", ".graphql")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and not name.endswith(MADE_BY_TOOLS)]


def disorder(text: str) -> float:
    """Returns Shannon's entropy in bits for each character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def secrets_in(text: str) -> list[str]:
    found = [f"{kind}: {match[0]}" for kind, form in KINDS.items() for match in re.finditer(form, text)]
    return found + [f"a random value: {match[1]}" for match in ASSIGNED.finditer(text) if is_random(match[1])]


def is_random(value: str) -> bool:
    return any(map(str.isdigit, value)) and disorder(value) > DISORDER


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is not a checkout of git")
def test_no_tracked_file_holds_a_secret() -> None:
    texts = {path: path.read_text(errors="replace") for path in tracked() if path.is_file()}
    assert len(texts) > 400
    assert {str(path.relative_to(ROOT)): found for path, text in texts.items() if (found := secrets_in(text))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "key = AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "eyJhbGciOiJIUzI1NiJ9." + "eyJ" + "c3ViIjoiMTIzNDU2Nzg5MCJ9abcdefghij" + ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV",
        "postgresql://enfilade:" + "Zt7qLw9x@db.example/app",
        'JWT_SECRET="' + "q8Zr2LxV0pTn5KsWd3Yb" + '"',
        "password: '" + "hT9kQ2mZ7xR4vB1n" + "'",
        "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    ],
)
def test_a_secret_is_found(text: str) -> None:
    assert secrets_in(text)


@pytest.mark.parametrize(
    "text", ['secret = "development-secret-that-everyone-knows"', 'token = "x"', "a password: none"]
)
def test_what_everybody_knows_is_no_secret(text: str) -> None:
    assert secrets_in(text) == []
