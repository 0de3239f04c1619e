"""The header Retry-After of a receiver's answer (RFC 9110, section 10.2.3)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_SECONDS: Final = re.compile(r"[0-9]{1,9}")


def asked_pause(header: str, now: datetime) -> timedelta | None:
    """Returns the pause that the header asks for: seconds, or a date. Returns None if it is neither, or no pause."""
    text = header.strip()
    if _SECONDS.fullmatch(text):
        pause = timedelta(seconds=int(text))
    else:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        # A date of HTTP is in UTC, also in the old form that does not say so.
        pause = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return pause if pause > timedelta(0) else None
