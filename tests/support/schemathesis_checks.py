"""What schemathesis checks of each answer. It reads this file by SCHEMATHESIS_HOOKS."""

from importlib import import_module
from typing import Any

from hypothesis import strategies as st


def nothing_failed_inside(_context: Any, response: Any, _case: Any) -> None:
    """Refusals are fine, also of whole queries. Failures of the server are not."""
    assert response.status_code < 500
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert not {"INTERNAL", "TIMEOUT"} & set(codes)


schemathesis = import_module("schemathesis")
schemathesis.check(nothing_failed_inside)
schemathesis.graphql.scalar(
    "EventCursor", st.text(max_size=100).map(import_module("schemathesis.graphql").nodes.String)
)
