"""Moments that people and machines give."""

from datetime import UTC, datetime

from models.errors import Invalid


def clean_moment(given: datetime, *field: str) -> datetime:
    """The moment in UTC; one without a zone is taken for UTC. Raises Invalid naming `field`."""
    try:
        return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    except OverflowError:
        raise Invalid("This lies outside the calendar.", *field) from None
