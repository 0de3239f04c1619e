"""docs/security.md: its table of limits is made from the settings, and it names what an operator must set."""

from server.safe_settings import SAFE_UP_TO
from server.settings import Settings, variable
from tests.support.limits_table import PAGE, parts, table
from tests.support.production import PRODUCTION


def test_the_table_of_limits_is_made_from_the_settings() -> None:
    _, written, _ = parts()
    assert written == table(), "write it anew with: python -m tests.support.limits_table"
    for name in SAFE_UP_TO:
        assert f"`{variable(name)}`" in written


def test_what_an_operator_must_set_is_named() -> None:
    part = PAGE.read_text().partition("## What an operator must set\n")[2].partition("\n## ")[0]
    assert [name for name in PRODUCTION if f"`{name}`" not in part] == []


def test_every_setting_that_it_names_exists() -> None:
    known = {variable(name) for name in Settings.model_fields}
    named = {word.strip("`,.():") for word in PAGE.read_text().split() if word.startswith("`ENFILADE_")}
    assert {name.partition("=")[0] for name in named} <= known
