"""Outside development mode the server refuses to start with an unsafe setting, and names each of them."""

from pathlib import Path

import pytest

from server.safe_settings import SAFE_UP_TO
from server.settings import Settings, variable
from tests.support.production import PRODUCTION, forget_environment, load, refusal

UNSAFE = {
    "ENFILADE_ALLOWED_HOSTS": ["", "https://api.example.org", "api.example.org:443", "a b", "*.example.org"],
    "ENFILADE_ALLOWED_ORIGINS": ["*", "http://app.example.org", "https://app.example.org,http://10.1.2.3:3000"],
    "ENFILADE_CURSOR_SECRET": ["", "short", "t" * 32, "development-cursor-secret-that-everyone-knows"],
    "ENFILADE_JWT_SECRET": ["", "short", "development-token-secret-that-everyone-knows"],
    "ENFILADE_JWT_ISSUER": ["", "enfilade-development"],
    "ENFILADE_JWT_AUDIENCE": ["", "enfilade-development"],
    "ENFILADE_JWT_JWKS": ["http://id.example.org/keys", "http://10.1.2.3/keys", "http://localhost.example.org/keys"],
    "ENFILADE_MEDIA_SERVER_SCOPE": ["enfilade:admin"],
    "ENFILADE_JWT_LEEWAY_SECONDS": ["60"],
    "ENFILADE_WEBHOOK_SECRET": ["short", "c" * 32, "t" * 32],
    "ENFILADE_WEBHOOK_NETWORKS": [
        "127.0.0.0/8",
        "0.0.0.0/0",
        "::1/128",
        "169.254.169.254",
        "fe80::/64",
        "::ffff:127.0.0.1",
        "x",
    ],
    **{variable(name): [str(most + 1), "0", "-1"] for name, most in SAFE_UP_TO.items()},
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_environment(monkeypatch, tmp_path)


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for value in UNSAFE[name]:
        assert f"{name}: " in refusal(monkeypatch, **PRODUCTION | {name: value}), value


def test_all_of_them_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"ENFILADE_CURSOR_SECRET": "t" * 32, "ENFILADE_ALLOWED_ORIGINS": "*", "ENFILADE_OPERATION_SECONDS": "3600"}
    told = refusal(monkeypatch, **PRODUCTION | wrong)
    assert [name for name in wrong if name not in told] == []


def test_what_is_safe_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    most = {variable(name): str(value) for name, value in SAFE_UP_TO.items()}
    settings = load(
        monkeypatch,
        **PRODUCTION | most | {"ENFILADE_ALLOWED_HOSTS": "API.example.org, 203.0.113.7, [2001:db8::7],*"},
        ENFILADE_ALLOWED_ORIGINS="https://app.example.org,http://localhost:3000,http://127.0.0.1",
        ENFILADE_JWT_JWKS="http://127.0.0.1:1234/keys",
    )
    assert settings.allowed_hosts == ("api.example.org", "203.0.113.7", "2001:db8::7", "*")
    assert settings.operation_cost == SAFE_UP_TO["operation_cost"]


def test_development_mode_is_for_trying_things_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in SAFE_UP_TO.items():
        assert load(monkeypatch, ENFILADE_DEV="true", **{variable(name): str(most + 1)})


def test_the_defaults_are_safe() -> None:
    for name, most in SAFE_UP_TO.items():
        assert Settings.model_fields[name].default <= most, name


def test_the_example_file_alone_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text((Path(__file__).parents[2] / ".env.example").read_text())
    assert "ENFILADE_ALLOWED_HOSTS: must" in refusal(monkeypatch)
