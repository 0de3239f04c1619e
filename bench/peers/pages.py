"""The gallery page's rows for the peers in Python, from PostgreSQL by asyncpg or from SQLite.

The statements are those of site.js. On SQLite they run in the event loop, which is faster than any thread.
"""

import json
import os
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

_HIGHEST_FIRST = ("MANAGER", "MODERATOR", "CONTRIBUTOR", "MEMBER")
GALLERY = """
SELECT g.id, g.title, v.id AS viewer, held.role
FROM galleries g CROSS JOIN (SELECT id FROM users WHERE issuer = $1 AND subject = $2 AND suspended_at IS NULL) v
JOIN LATERAL (
  SELECT role FROM memberships WHERE gallery_id = g.id AND user_id = v.id
  UNION ALL
  SELECT role FROM memberships JOIN group_members USING (group_id)
  WHERE gallery_id = g.id AND group_members.user_id = v.id
) held ON true
WHERE g.external_id = $3"""
GALLERY_ON_SQLITE = """
SELECT g.id, g.title, v.id AS viewer, m.role FROM galleries g, users v JOIN memberships m
  ON m.gallery_id = g.id AND m.user_id = v.id
WHERE v.issuer = ?1 AND v.subject = ?2 AND v.suspended_at IS NULL AND g.external_id = ?3
UNION ALL
SELECT g.id, g.title, v.id, m.role FROM galleries g, users v JOIN group_members i ON i.user_id = v.id
  JOIN memberships m ON m.gallery_id = g.id AND m.group_id = i.group_id
WHERE v.issuer = ?1 AND v.subject = ?2 AND v.suspended_at IS NULL AND g.external_id = ?3"""
MEDIA = """
SELECT m.id, m.title, m.status, m.duration_seconds, m.tags, m.created_at, m.owner_id, u.name AS owner_name
FROM media m LEFT JOIN users u ON u.id = m.owner_id
WHERE m.gallery_id = $1 AND (m.status = 'PUBLISHED' OR m.owner_id = $2 OR $3)
ORDER BY m.created_at DESC, m.id DESC LIMIT $4"""
OWNERS = "SELECT id, name FROM users WHERE id = ANY($1)"


@dataclass
class Found:
    """A gallery whose member the viewer is."""

    id: UUID
    title: str
    viewer: UUID
    role: str

    @property
    def reviews(self) -> bool:
        return self.role in ("MANAGER", "MODERATOR")


def _found(rows: Sequence[Mapping[str, Any]]) -> Found | None:
    if not rows:
        return None
    roles = {row["role"] for row in rows}
    role = next(role for role in _HIGHEST_FIRST if role in roles)
    return Found(_uuid(rows[0]["id"]), rows[0]["title"], _uuid(rows[0]["viewer"]), role)


def _uuid(value: Any) -> UUID:
    return UUID(value) if isinstance(value, str) else value


class Postgres:
    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=10)

    async def gallery(self, claims: Mapping[str, Any], external_id: str) -> Found | None:
        return _found(await self._pool.fetch(GALLERY, claims["iss"], claims["sub"], external_id))

    async def media(self, of: Found, first: int) -> Sequence[Mapping[str, Any]]:
        """Returns one row more than `first`, if there is one."""
        rows: Sequence[Mapping[str, Any]] = await self._pool.fetch(MEDIA, of.id, of.viewer, of.reviews, first + 1)
        return rows

    async def owners(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        return {row["id"]: row["name"] for row in await self._pool.fetch(OWNERS, list(set(ids)))}


class SQLite:
    """The same from SQLite, in which ids are hexadecimal text and times are text without a zone."""

    async def open(self) -> None:
        self._connection = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
        self._connection.row_factory = sqlite3.Row

    async def gallery(self, claims: Mapping[str, Any], external_id: str) -> Found | None:
        asked = (claims["iss"], claims["sub"], external_id)
        return _found(self._connection.execute(GALLERY_ON_SQLITE, asked).fetchall())

    async def media(self, of: Found, first: int) -> Sequence[Mapping[str, Any]]:
        asked = (of.id.hex, of.viewer.hex, of.reviews, first + 1)
        rows = self._connection.execute(MEDIA.replace("$", "?"), asked).fetchall()
        return [_typed(dict(row)) for row in rows]

    async def owners(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        keys = [each.hex for each in set(ids)]
        statement = OWNERS.replace("= ANY($1)", f"IN ({', '.join('?' * len(keys))})")  # only question marks
        return {UUID(row["id"]): row["name"] for row in self._connection.execute(statement, keys)}


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromisoformat(row["created_at"]).replace(tzinfo=UTC)
    return row | {"id": UUID(row["id"]), "owner_id": UUID(row["owner_id"]), "created_at": moment}


def store() -> Postgres | SQLite:
    return SQLite() if os.environ["DATABASE_URL"].startswith("sqlite") else Postgres()


def tags_of(row: Mapping[str, Any]) -> list[str]:
    tags: list[str] = json.loads(row["tags"])
    return tags


def cursor_of(row: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps([row["created_at"], str(row["id"])])).decode().rstrip("=")
