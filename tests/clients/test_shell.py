"""curl and gql-cli in a loop lose and repeat nothing: at first, after a token's end, and after their server's sudden death."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.client_site import Site, listened, told_of
from tests.support.programs import CLIENTS

NEEDED = {"bash": shutil.which("bash"), "curl": shutil.which("curl")}
MISSING = [name for name, there in NEEDED.items() if not there]
needs_gql = pytest.mark.skipif(not find_spec("gql"), reason="gql is not installed")

pytestmark = [
    pytest.mark.second_tier,
    pytest.mark.skipif(bool(MISSING), reason=f"there is no {' and no '.join(MISSING)}"),
]


@pytest.mark.parametrize(
    "script", ["curl/sse.sh", "curl/multipart.sh", pytest.param("python/gql-cli.sh", marks=needs_gql)]
)
async def test_a_script_is_told_of_each_message_once_and_in_order(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # where gql-cli is
    ran, talk = await listened(site, [str(CLIENTS / script)], tmp_path / "log")
    assert ran.heard == told_of(ran, talk)
