"""The version of Enfilade, as pyproject.toml says it: the application is never installed, so no package knows it."""

import tomllib
from pathlib import Path

_PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
VERSION: str = tomllib.loads(_PYPROJECT.read_text("utf-8"))["project"]["version"]
