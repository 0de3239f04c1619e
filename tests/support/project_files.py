"""The project's own files, without what tools install or build in its folders."""

import ast
import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_OURS = {"node_modules", "dist", "__pycache__"}
"""Names of folders that are not entered: reading tens of thousands of foreign files takes long."""


@cache
def files_in(folder: str) -> tuple[Path, ...]:
    """Returns the files in this folder of the project and below, in the order of their names."""
    found: list[Path] = []
    for path, folders, names in os.walk(ROOT / folder):
        folders[:] = set(folders) - NOT_OURS
        found += [Path(path, name) for name in names]
    return tuple(sorted(found))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())
