"""What this process has done since it started, as plain numbers. server/metrics.py shows them."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Counts of one process. They only grow, except `deadlines_late_seconds`."""

    wake_ups: int = 0
    """Wake-ups that the bus brought."""
    found_by_polling: int = 0
    """How often the poll found a log that had grown: its wake-up was lost, or is late."""
    replayed_pages: int = 0
    """Pages that were read from the database for subscribers who were further behind than the ring goes."""
    expired: int = 0
    """Logs whose reader ended because entries were deleted before they were read."""
    resets: int = 0
    """Logs whose reader ended because the database was restored from a backup."""
    renderings: int = 0
    """Items that were executed and encoded, each once for all subscribers who see the same."""
    personal_renderings: int = 0
    """Items that were executed for one subscriber alone."""
    deliveries: int = 0
    """Items that were sent to subscribers."""
    deadlines_done: int = 0
    deadlines_failed: int = 0
    deadlines_late_seconds: float = 0
    """How late the oldest due deadline was at the last look."""


COUNTS = Counts()
