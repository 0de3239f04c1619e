"""The production profile: the environment that it needs, and a server outside development mode on the demo's database."""

from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings, SettingsError, load_settings, variable

HOST = "127.0.0.1"
PRODUCTION = {
    "ENFILADE_CURSOR_SECRET": "c" * 32,
    "ENFILADE_JWT_SECRET": "t" * 32,
    "ENFILADE_JWT_ISSUER": "https://id.example.org",
    "ENFILADE_JWT_AUDIENCE": "https://api.example.org",
    "ENFILADE_ALLOWED_HOSTS": "api.example.org",
}
"""The environment variables that a server needs outside development mode."""


def production(settings: Settings, **changes: Any) -> Settings:
    """Returns these settings outside development mode. Issuer and secrets stay, so that the demo's people have tokens."""
    return settings.model_copy(update={"dev": False, "allowed_hosts": (HOST,), **changes})


def forget_environment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Removes all settings from the environment, and changes to a folder without a `.env` file."""
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.chdir(folder)


def load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    """Returns the settings with these variables."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """Returns why the server does not start with these variables."""
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, **environment)
    return str(refused.value)
