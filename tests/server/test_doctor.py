"""`python -m server doctor` says what is wrong, and what to do."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server import doctor
from server.doctor import Finding, examine
from server.open_database import open_database
from server.revisions import revisions
from server.settings import Settings
from tests.support.commands import DEV, Terminal
from tests.support.services import free_port


async def found(settings: Settings, **changes: Any) -> dict[str, Finding]:
    changed = settings.model_copy(update=changes)
    return {each.part: each for each in await examine(changed, open_database)}


def states(findings: dict[str, Finding]) -> dict[str, str]:
    return {part: each.state for part, each in findings.items()}


WELL = dict.fromkeys(("database", "migrations", "clock", "bus", "keys", "disk"), "ok")


async def test_where_all_is_well_it_says_so(settings: Settings) -> None:
    assert states(await found(settings, dev=False)) == WELL
    assert states(await found(settings)) == WELL | {"keys": "warning"}


async def test_a_database_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    away = f"postgresql://user:my-password@127.0.0.1:{free_port()}/enfilade"
    database = (await found(Settings(dev=True, database_url=away)))["database"]
    assert database.state == "problem"
    assert "my-password" not in database.found
    assert "PostgreSQL enfilade at 127.0.0.1:" in database.found
    none = tmp_path / "none.db"
    finding = (await found(Settings(dev=True, database_url=f"sqlite:///{none}")))["database"]
    assert (finding.state, finding.advice) == ("problem", "Run `python -m server migrate`.")
    assert not none.exists()


@pytest.mark.parametrize(
    ("number", "told"),
    [("0001", f"{len(revisions()) - 1} are missing"), ("9999", "newer than this version: 9999"), (None, "are missing")],
)
async def test_migrations_that_are_missing_are_counted(
    sqlite_template: Path, tmp_path: Path, number: str | None, told: str
) -> None:
    path = tmp_path / "older.db"
    shutil.copy(sqlite_template, path)
    with closing(sqlite3.connect(path)) as older, older:
        older.execute(
            "UPDATE alembic_version SET version_num = ?" if number else "DROP TABLE alembic_version",
            [number] if number else [],
        )
    migrations = (await found(Settings(dev=True, database_url=f"sqlite:///{path}")))["migrations"]
    assert migrations.state == "problem"
    assert told in migrations.found
    assert migrations.advice


async def test_a_broker_that_is_away_is_a_warning_because_nothing_is_lost(settings: Settings) -> None:
    bus = (await found(settings, redis_url=f"redis://:my-password@127.0.0.1:{free_port()}"))["bus"]
    assert bus.state == "warning"
    assert "my-password" not in bus.found
    assert "polling" in str(bus.advice)


async def test_clocks_that_differ_are_a_problem(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "utc_now", lambda: datetime.now(UTC) + timedelta(seconds=30))
    clock = (await found(settings))["clock"]
    is_remote = settings.database_url.startswith("postgresql")
    assert clock.state == ("problem" if is_remote else "ok")
    assert ("differs from the database's by 30." in clock.found) == is_remote


async def test_keys_that_cannot_be_used_are_a_problem(settings: Settings, tmp_path: Path) -> None:
    published, revoked = tmp_path / "keys.json", tmp_path / "revoked.json"
    given = {"jwt_algorithm": "ES256", "jwt_jwks": str(published), "jwt_revocations": str(revoked)}
    published.write_text('{"keys": []}')
    revoked.write_text('{"tokens": ["a"], "subjects": {}}')
    findings = await found(settings, **given)
    assert (findings["keys"].state, findings["revocations"].state) == ("problem", "ok")
    assert "it has none for ES256" in findings["keys"].found
    assert "1 tokens and 0 subjects" in findings["revocations"].found
    revoked.write_text("[]")
    assert (await found(settings, **given))["revocations"].state == "problem"


@pytest.mark.parametrize("count", [1, 2])
async def test_keys_are_counted(settings: Settings, tmp_path: Path, count: int) -> None:
    published = tmp_path / "keys.json"
    keys = [ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(count)]
    entries = [{**jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True), "kid": f"k{n}"} for n, key in enumerate(keys)]
    published.write_text(json.dumps({"keys": entries}))
    findings = await found(settings, jwt_algorithm="ES256", jwt_jwks=str(published))
    assert findings["keys"].found == f"{count} for ES256 in {published}."


async def test_a_disk_that_is_almost_full_is_a_problem(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 10**18)
    disk = (await found(Settings(dev=True, database_url=f"sqlite:///{sqlite_template}")))["disk"]
    assert disk.state == "problem"
    assert "Make room" in str(disk.advice)


def test_wrong_settings_are_a_finding_and_the_exit_code_says_that_there_is_a_problem(tmp_path: Path) -> None:
    ended = Terminal(tmp_path).server("doctor", "--json")
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["ok"]) == (1, False)
    (finding,) = told["findings"]
    assert finding["part"] == "settings"
    assert "ENFILADE_CURSOR_SECRET: must be set" in finding["found"]
    assert list(tmp_path.iterdir()) == []


def test_warnings_alone_are_no_failure(sqlite_template: Path, tmp_path: Path) -> None:
    ended = Terminal(tmp_path, DEV).server("doctor", DATABASE_URL=f"sqlite:///{sqlite_template}")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "warning  keys         Development mode accepts" in ended.stdout
    assert "\n                      In production, turn it off" in ended.stdout
