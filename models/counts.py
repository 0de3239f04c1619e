"""What this process has done since it started, as plain numbers. server/metrics.py says what each is, and shows them."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Counts of one process. They only grow, except `deadlines_late_seconds`."""

    wake_ups: int = 0
    found_by_polling: int = 0
    replayed_pages: int = 0
    expired: int = 0
    resets: int = 0
    renderings: int = 0
    personal_renderings: int = 0
    deliveries: int = 0
    deadlines_done: int = 0
    deadlines_failed: int = 0
    deadlines_late_seconds: float = 0


COUNTS = Counts()
