"""Validates date-times in inputs."""

from datetime import UTC, datetime

from models.errors import Invalid


def clean_moment(given: datetime, *field: str) -> datetime:
    """Returns the moment in UTC. A moment without a time zone is read as UTC. Raises Invalid naming `field`."""
    try:
        return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    except OverflowError:
        raise Invalid("This date is out of range.", *field) from None
