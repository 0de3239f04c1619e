"""What ends a person's right in mid-stream: removed from the gallery, suspended, with a token that expires."""

import asyncio
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import update

from models.tables.people import User
from server.accounts import THE_SERVER
from server.app import open_database
from tests.soak.faults import Kind
from tests.soak.history import Revoked
from tests.soak.servers import Site
from tests.soak.watchers import Shape, Watcher
from tests.support.world import SECONDS_TO_END

GALLERY = Shape(
    "victim",
    "galleryEvents",
    "subscription ($id: ID!, $after: EventCursor) { galleryEvents(galleryId: $id, after: $after) { __typename cursor } }",
)
REFUSED_WITHIN = 30.0  # seconds; servers may be down meanwhile
PATIENCE = 120.0  # seconds for a mutation of the run itself, on a machine that is busy
MAKE = """mutation ($issuer: String!, $name: String!, $key: String!) {
    upsertUser(input: {issuer: $issuer, subject: $name, username: $name, name: $name, idempotencyKey: $key}) {
        user { id } userErrors { code } } }"""
ADD = """mutation ($gallery: ID!, $user: ID!, $key: String!) {
    setGalleryMember(input: {galleryId: $gallery, principalId: $user, role: MEMBER, idempotencyKey: $key}) { userErrors { code } } }"""
ADD_MEDIUM = """mutation ($gallery: ID!, $key: String!) {
    addMedia(input: {
        galleryId: $gallery, title: "After", kind: VIDEO, url: "https://media.example/after", idempotencyKey: $key}) {
        userErrors { code } } }"""
REMOVE = """mutation ($gallery: ID!, $user: ID!, $key: String!) {
    removeGalleryMember(input: {galleryId: $gallery, principalId: $user, idempotencyKey: $key}) { cursor userErrors { code } } }"""


async def remove(site: Site, target: str, seconds: float) -> int:
    victim, user = await _invited(site, target)
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_refused(victim))
        await asyncio.sleep(seconds)
        removed = await _done(site, site.managers[victim.gallery], REMOVE, gallery=victim.gallery, user=user)
        _note(site, victim, "access", removed["cursor"])
        # At once there is something that the victim may not be told any more.
        await _done(site, site.managers[victim.gallery], ADD_MEDIUM, gallery=victim.gallery)
    return watching.result()


async def suspend(site: Site, target: str, seconds: float) -> int:
    victim, _user = await _invited(site, target)
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_refused(victim))
        await asyncio.sleep(seconds)
        await _suspend(site, victim.name)
        _note(site, victim, "suspended")
    return watching.result()


async def expire(site: Site, target: str, seconds: float) -> int:
    victim, _user = await _invited(site, target)
    victim.token = site.token(victim.name, seconds)
    ends = time.time() + seconds
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_refused(victim))
        await asyncio.sleep(ends - time.time())
        _note(site, victim, "token")
    return watching.result()


async def _invited(site: Site, target: str) -> tuple[Watcher, str]:
    """Makes a new person a member of a gallery. Returns them, and the id of their user."""
    name, gallery = f"victim-{uuid4()}", site.chance.choice(list(site.managers))
    made = await _done(site, "admin", MAKE, issuer=site.settings.jwt_issuer, name=name)
    user = made["user"]["id"]
    await _done(site, site.managers[gallery], ADD, gallery=gallery, user=user)
    # Past the links, so that nothing that was sent earlier arrives later.
    past = {target: site.direct[target]}
    return Watcher(name, site.token(name), gallery, gallery, GALLERY, past, site.history), user


async def _refused(victim: Watcher) -> int:
    with suppress(TimeoutError):
        async with asyncio.timeout(REFUSED_WITHIN + PATIENCE):  # the mutation that ends the right may take as long
            await victim.watch()
            return 1
    return 0


def _note(site: Site, victim: Watcher, why: str, cursor: str | None = None) -> None:
    """Notes from when on nothing may be told. Rule 66 gives the end of a token, or of a user, some seconds."""
    promised = 0 if cursor else SECONDS_TO_END
    site.history.note(Revoked(time.time() + promised, victim.name, victim.gallery, why, cursor))


async def _done(site: Site, who: str, document: str, **variables: Any) -> dict[str, Any]:
    """Runs a mutation until it is done, at one server after the other. Returns its payload.

    It has a key: the answer of the first attempt may be lost, and the second would be refused.
    """
    variables["key"] = str(uuid4())
    async with asyncio.timeout(PATIENCE):
        while True:
            for server in site.direct:
                with suppress(httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
                    (payload,) = (await site.ask(server, who, document, **variables))["data"].values()
                    if not payload["userErrors"]:
                        return dict(payload)
            await asyncio.sleep(0.2)


async def _suspend(site: Site, name: str) -> None:
    database = open_database(site.settings)
    change = update(User).where(User.subject == name).values(suspended_at=database.clock())
    try:
        await site.patiently(lambda: database.transact(THE_SERVER, "suspend", lambda tx: tx.execute(change)))
    finally:
        await database.close()


KINDS = [
    Kind("access revoked", "people", ("a", "b"), remove, takes=1),
    Kind("user suspended", "people", ("a", "b"), suspend, takes=2),
    # In the part of the servers, because their clocks must not jump meanwhile.
    Kind("token expired", "servers", ("a", "b"), expire, (1.5, 3), takes=1),
]
