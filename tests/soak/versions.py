"""The code of the version before the last migration, from the repository's history."""

import subprocess
from pathlib import Path

from tests.support.processes import ROOT

MIGRATIONS = "models/database/migrations/versions"


def unpack_older_version(folder: Path) -> str | None:
    """Writes the older code into the folder. Returns its commit, or None without the history (as in a shallow clone)."""
    added = _git("log", "-1", "--format=%H", "--diff-filter=A", "--", f"{MIGRATIONS}/*.py")
    older = added and _git("rev-parse", "--verify", "--quiet", f"{added}^")
    if not older:
        return None
    archive = subprocess.run(["git", "archive", older], cwd=ROOT, capture_output=True, check=True).stdout
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return older


def _git(*arguments: str) -> str | None:
    try:
        ended = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return ended.stdout.strip() if ended.returncode == 0 else None
