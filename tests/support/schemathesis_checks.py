"""What schemathesis checks of each answer. It reads this file by SCHEMATHESIS_HOOKS."""

from importlib import import_module
from typing import Any


def nothing_failed_inside(_context: Any, response: Any, _case: Any) -> None:
    """Refusals are fine, also of whole queries. Failures of the server are not."""
    assert response.status_code < 500
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert not {"INTERNAL", "TIMEOUT"} & set(codes)


import_module("schemathesis").check(nothing_failed_inside)
