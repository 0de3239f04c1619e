"""Every setting with its value and where it comes from, without secrets."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dotenv import dotenv_values
from pydantic import SecretStr

from server.settings import ENV_FILE, Settings, variable, written

HIDDEN = "(hidden)"
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*(?=@)|(?<=://).*(?=@)")
"""What stands before the host of a URL: a name, and perhaps a password."""

Source = Literal["environment", ".env", "default"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it is in this process."""

    variable: str
    value: str
    source: Source


def settings_told(settings: Settings) -> list[Setting]:
    """Returns all settings, in the order of `.env.example`'s groups."""
    places: list[tuple[Source, Mapping[str, str | None]]] = [
        ("environment", os.environ),
        (".env", dotenv_values(ENV_FILE)),
    ]
    # As in the settings, letter case does not count, and an empty variable is none.
    given: list[tuple[Source, set[str]]] = [
        (source, {name.upper() for name, value in values.items() if value}) for source, values in places
    ]

    def source_of(name: str) -> Source:
        found: Source = "default"
        for source, names in reversed(given):
            found = source if name in names else found
        return found

    fields = [(variable(name), getattr(settings, name)) for name in Settings.model_fields]
    return [Setting(name, shown(value), source_of(name)) for name, value in fields]


def shown(value: object) -> str:
    """Returns the value as it is written in the environment, without what is secret in it."""
    if isinstance(value, SecretStr):
        return HIDDEN
    return CREDENTIALS.sub(HIDDEN, written(value))
