"""What schemathesis checks of each answer. It reads this file by SCHEMATHESIS_HOOKS."""

from typing import Any

import schemathesis


@schemathesis.check
def nothing_failed_inside(_context: Any, response: Any, _case: Any) -> None:
    """Refusals are fine, also of whole queries. Failures of the server are not."""
    assert response.status_code < 500
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert not {"INTERNAL", "TIMEOUT"} & set(codes)
