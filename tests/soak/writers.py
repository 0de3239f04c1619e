"""Writers: each act has a key of its own, and is repeated with that key until its outcome is known."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import httpx

from tests.soak.documents import MUTATIONS
from tests.soak.ground import Place, Token
from tests.soak.history import Acknowledged, History, Refused, Tried, Unknown

PAUSE = (0.2, 0.8)  # seconds between two acts of a writer
AGAIN = (0.1, 0.5)
PATIENCE = 15  # seconds; the server stops an operation after 10
UNKNOWN = {"INTERNAL", "TIMEOUT", "UNAVAILABLE"}
"""Codes after which the outcome is not known, or nothing was done yet: docs/errors.md says to repeat with the same key."""
REFUSED_FOR_NOW = {"UNAUTHENTICATED", "TOO_MANY_OPERATIONS", "TOO_MANY_CONNECTIONS"}

Act = tuple[str, str, dict[str, Any]]
"""The mutation, its mark, and its input."""


class Writer:
    def __init__(
        self, name: str, place: Place, servers: Mapping[str, str], token: Token, history: History, seed: str
    ) -> None:
        self.name = name
        self._place = place
        self._servers = servers
        self._token = token
        self._history = history
        self._chance = random.Random(seed)
        self._numbers = count()
        self._recording: str | None = None
        self._interaction: str | None = None
        self._opened = False
        self._has_opened = False
        self._is_absent = False
        self._begun: tuple[str, Act] | None = None  # the key and the act whose outcome is not known yet
        # The server ends connections that were idle for 5 s. A client that waits as long would use some at that moment.
        idle = httpx.Limits(keepalive_expiry=1)
        self._http = httpx.AsyncClient(timeout=PATIENCE, limits=idle, trust_env=False, verify=False)  # noqa: S501  there is no TLS

    async def write(self, until: float) -> None:
        """Writes until then. May be called again, and then begins with the act whose outcome was not known."""
        while time.time() < until:
            self._begun = self._begun or self._new()
            if await self._do(*self._begun, until):
                self._begun = None
            await asyncio.sleep(self._chance.uniform(*PAUSE))

    async def close(self) -> None:
        await self._http.aclose()

    def _new(self) -> tuple[str, Act]:
        act = self._next_act()
        return f"{self.name}-{next(self._numbers)}", act

    def _next_act(self) -> Act:
        if self._is_absent:  # A writer has no stream that would keep it inside.
            return self._enter("")
        if self.name == self._place.manager and not self._has_opened:  # early, so that each run has some
            return self._interact(f"{self.name} says {next(self._numbers)}")
        kinds: list[Callable[[str], Act]] = [self._post, self._post, self._post, self._ask, self._add]
        if self.name == self._place.manager:
            kinds = [self._post, self._post, self._announce, self._add, self._record, self._interact]
        else:
            kinds += [self._raise, self._enter, self._leave_stage]
        return self._chance.choice(kinds)(f"{self.name} says {next(self._numbers)}")

    def _post(self, mark: str) -> Act:
        return "postMessage", mark, {"roomId": self._place.room, "text": mark}

    def _announce(self, mark: str) -> Act:
        return "announce", mark, {"roomId": self._place.room, "text": mark}

    def _ask(self, mark: str) -> Act:
        return "askQuestion", mark, {"roomId": self._place.room, "text": mark}

    def _add(self, mark: str) -> Act:
        where = {"galleryId": self._place.gallery, "kind": "VIDEO", "url": "https://media.example/one"}
        return "addMedia", mark, {**where, "title": mark}

    def _raise(self, _mark: str) -> Act:
        return "raiseHand", "", {"roomId": self._place.room}

    def _enter(self, _mark: str) -> Act:
        return "enterRoom", "", {"roomId": self._place.room}

    def _leave_stage(self, _mark: str) -> Act:
        return "leaveStage", "", {"roomId": self._place.room}

    def _record(self, _mark: str) -> Act:
        if self._recording:
            return "endRecording", "", {"recordingId": self._recording}
        return "startRecording", "", {"sessionId": self._place.session}

    def _interact(self, mark: str) -> Act:
        if not self._interaction:
            question = {"text": mark, "options": ["yes", "no"]}
            return "createInteraction", mark, {"roomId": self._place.room, "kind": "CHOICE", "questions": [question]}
        if not self._opened:
            return "openInteraction", "", {"interactionId": self._interaction}
        return "closeInteraction", "", {"interactionId": self._interaction}

    async def _do(self, key: str, act: Act, until: float) -> bool:
        """Repeats one act until its outcome is known, or the time is over. Returns whether it is known."""
        name, mark, given = act
        while True:
            server = self._chance.choice(list(self._servers))
            self._history.note(Tried(time.time(), self.name, key, mark, name, self._place.gallery, server))
            outcome, payload = await self._ask_server(server, name, {**given, "idempotencyKey": key})
            if outcome == "ok":
                self._history.note(Acknowledged(time.time(), key, payload["cursor"]))
                self._remember(name, payload)
                return True
            if outcome not in UNKNOWN | REFUSED_FOR_NOW and not outcome.startswith(("!", "not JSON")):
                self._history.note(Refused(time.time(), key, outcome))
                self._forget(name, outcome)
                return True
            self._history.note(Unknown(time.time(), key, outcome))
            if time.time() > until:
                return False
            await asyncio.sleep(self._chance.uniform(*AGAIN))

    async def _ask_server(self, server: str, name: str, given: dict[str, Any]) -> tuple[str, Any]:
        """Returns "ok" and the payload, the code of a refusal or an error, or "!" and what went wrong on the way."""
        headers = {"authorization": f"Bearer {self._token(self.name)}"}
        body = {"query": MUTATIONS[name], "variables": {"input": given}}
        try:
            response = await self._http.post(f"{self._servers[server]}/graphql", json=body, headers=headers)
        except httpx.HTTPError as failure:
            return f"!{type(failure).__name__}", None
        try:
            answer = response.json()
        except ValueError:
            return f"not JSON: {response.status_code} {response.text[:80]}", None
        if answer.get("errors"):
            return str(answer["errors"][0]["extensions"]["code"]), None
        payload = answer["data"][name]
        refusals = payload["userErrors"]
        return (refusals[0]["code"] if refusals else "ok"), payload

    def _remember(self, name: str, payload: dict[str, Any]) -> None:
        match name:
            case "startRecording":
                self._recording = payload["recording"]["id"]
            case "endRecording":
                self._recording = None
            case "createInteraction":
                self._interaction, self._opened = payload["interaction"]["id"], False
            case "openInteraction":
                self._opened = self._has_opened = True
            case "closeInteraction":
                self._interaction = None
            case "enterRoom":
                self._is_absent = False
                self._place.session = payload["session"]["id"]

    def _forget(self, name: str, code: str) -> None:
        """After a refusal the writer does not know what there is, for instance because a backup was restored."""
        self._is_absent = self._is_absent or code == "NOT_IN_SESSION"
        if name in {"endRecording", "startRecording"}:
            self._recording = None
        if name in {"openInteraction", "closeInteraction"}:
            self._interaction = None
