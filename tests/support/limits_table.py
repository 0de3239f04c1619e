"""Writes the table of limits in docs/security.md: python -m tests.support.limits_table."""

from typing import get_args

from pydantic.fields import FieldInfo

from server.safe_settings import SAFE_UP_TO
from server.settings import Settings, variable
from tests.support.commands import ROOT

PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- limits -->\n", "<!-- end of limits -->\n"
HEAD = "| setting | default | at most in production | what it limits |\n| --- | --- | --- | --- |\n"


def table() -> str:
    """Returns a row for each setting that is a number, in the order of `.env.example`."""
    return HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items() if _is_limit(name, field))


def _is_limit(name: str, field: FieldInfo) -> bool:
    return name not in {"port", "metrics_port"} and bool({int, float} & {field.annotation, *get_args(field.annotation)})


def _row(name: str, field: FieldInfo) -> str:
    most = f"{SAFE_UP_TO[name]:,}" if name in SAFE_UP_TO else ""
    return f"| `{variable(name)}` | {field.default:,} | {most} | {field.description} |\n"


def parts() -> tuple[str, str, str]:
    """Returns the page before the table, the table, and the page after it."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after


if __name__ == "__main__":
    before, _, after = parts()
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}")
