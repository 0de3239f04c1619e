"""The version of Enfilade, from pyproject.toml. The application is never installed, so no package has its version."""

import tomllib
from pathlib import Path

_PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
VERSION: str = tomllib.loads(_PYPROJECT.read_text("utf-8"))["project"]["version"]
