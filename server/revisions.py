"""The migrations that this version has, by the names of their files: Alembic takes long to import."""

from pathlib import Path

_VERSIONS = Path(__file__).parent.parent / "models" / "database" / "migrations" / "versions"


def revisions() -> list[str]:
    """Returns the numbers of all migrations, oldest first."""
    return sorted(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def newest_revision() -> str:
    """Returns the number of the newest migration."""
    return revisions()[-1]
