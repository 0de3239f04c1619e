"""A server process outside development mode, started as an operator starts it."""

import json
import shutil
from pathlib import Path

import httpx
from pydantic import SecretStr

from schema.execution.codes import SCHEMA_IS_CLOSED
from server.settings import Settings
from tests.support.processes import ServerProcess


def test_it_serves_its_host_alone_and_keeps_its_schema(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "enfilade.db"
    shutil.copy(sqlite_template, path)
    settings = Settings(
        dev=False,
        database_url=f"sqlite:///{path}",
        cursor_secret=SecretStr("c" * 32),
        jwt_secret=SecretStr("t" * 32),
        jwt_issuer="https://id.example.org",
        jwt_audience="https://api.example.org",
        allowed_hosts=("api.example.org", "api.example.net"),
    )
    with ServerProcess(settings) as server, httpx.Client(base_url=server.url, trust_env=False) as client:

        def status(path: str, host: str) -> int:
            return client.get(path, headers={"host": host}).status_code

        assert [status("/healthz", host) for host in ("api.example.org", "10.1.2.3", "127.0.0.1")] == [200] * 3
        assert [status("/graphql", host) for host in ("api.example.net", "127.0.0.1")] == [401, 421]
        answer = client.get("/schema.graphql", headers={"host": "api.example.org"})
        assert (answer.status_code, answer.text) == (403, f"{SCHEMA_IS_CLOSED}\n")
        config = client.get("/ide/config.json", headers={"host": "api.example.org"}).json()
        assert (config["accounts"], config["tabs"]) == ({}, [])
        logged = server.logged()
        banner = logged[logged.index("Enfilade serves") :]
        assert f"  Mode          production\n  Database      SQLite {path}\n  Bus           memory" in banner
        assert "/schema.graphql" not in banner.partition('{"')[0]
        # Only requests are logged after the banner: it stands below all that the start says.
        after = [json.loads(line)["message"] for line in banner.splitlines() if line.startswith("{")]
        assert set(after) == {"request"}
