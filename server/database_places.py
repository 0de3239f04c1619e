"""Where the database and the broker are, in words for a person: without passwords."""

from pathlib import Path
from urllib.parse import urlsplit


def sqlite_path(url: str) -> Path | None:
    """Returns the file of a SQLite database, or None for another database."""
    # As SQLAlchemy reads it: three slashes stand before a relative path, and four before an absolute one.
    return Path(url.removeprefix("sqlite:///").partition("?")[0]) if url.startswith("sqlite:") else None


def database_place(url: str) -> str:
    """Returns the kind and the place of the database, such as "PostgreSQL enfilade at db.example.org:5432"."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415  most commands have no other need of SQLAlchemy

    if path := sqlite_path(url):
        return f"SQLite {path}"
    parsed = make_url(url)
    host = parsed.host or parsed.query.get("host") or "localhost"
    return f"PostgreSQL {parsed.database} at {host}" + (f":{parsed.port}" if parsed.port else "")


def bus_place(url: str | None) -> str:
    """Returns the kind and the place of the bus, such as "Redis at redis.example.org:6379"."""
    if not url:
        return "memory, for this process alone"
    parts = urlsplit(url)
    return f"Redis at {parts.hostname or parts.path}" + (f":{parts.port}" if parts.port else "")
