"""Asks the advisory sources of PyPI and npm for known vulnerabilities of all pinned packages.

Fails if there are any. Where no source answers, nothing is known: that is said, and it is no failure.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements-dev.lock", "requirements-bench.lock")
NPM_FOLDERS = ("ide", "bench/peers")


def asked(command: list[str], folder: Path) -> dict[str, Any]:
    """Returns the JSON that a tool prints; an empty object if it prints none."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603  our own commands
    try:
        told = json.loads(ran.stdout)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def python_packages(lock: str) -> list[str]:
    """Tells what is known of the packages in a lock file. Returns the vulnerable ones."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        lock,
        "--disable-pip",
        "--no-deps",
        "--format",
        "json",
    ]
    packages = asked([*command, "--progress-spinner", "off"], ROOT).get("dependencies", [])
    known = [each for each in packages if "vulns" in each]
    tell(lock, len(known), len(packages))
    return [f"{each['name']} {each['version']}: {found['id']}" for each in known for found in each["vulns"]]


def npm_packages(folder: str) -> list[str]:
    """Does the same for a folder with a package-lock.json."""
    npm = shutil.which("npm")
    told = asked([npm, "audit", "--json", "--package-lock-only"], ROOT / folder) if npm else {}
    total = told.get("metadata", {}).get("dependencies", {}).get("total", 0)
    tell(f"{folder}/package-lock.json", total, total)
    return [f"{name}: {found['severity']}" for name, found in told.get("vulnerabilities", {}).items()]


def tell(where: str, known: int, total: int) -> None:
    if known:
        print(f"{where}: {known} of {total} packages were looked up.")
    else:
        print(f"{where}: *** NO ADVISORY SOURCE ANSWERS. Nothing is known about these packages. ***")


def main() -> int:
    vulnerable = [each for lock in LOCKS for each in python_packages(lock)]
    vulnerable += [each for folder in NPM_FOLDERS for each in npm_packages(folder)]
    print("\n".join(vulnerable) or "No known vulnerability was reported.")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
