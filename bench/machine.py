"""What the figures were measured on: the date, the machine, and the versions."""

import os
import platform
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import orjson

from bench.servers import PEERS

PACKAGES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "sqlalchemy", "asyncpg", "orjson")
NODE_PACKAGES = ("mercurius", "fastify", "graphql", "graphql-yoga", "graphql-ws", "ws", "pg")


def described() -> dict[str, str]:
    """Returns the date, the machine and the versions of everything that is measured."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.release()}",
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        **_node(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _node() -> dict[str, str]:
    if not shutil.which("node") or not (PEERS / "node_modules").exists():
        return {}
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    installed = orjson.loads((PEERS / "node_modules" / ".package-lock.json").read_bytes())["packages"]
    peers = ", ".join(f"{name} {installed[f'node_modules/{name}']['version']}" for name in NODE_PACKAGES)
    return {"Node.js": f"{node}: {peers}"}
