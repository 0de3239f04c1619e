"""A client for the demo's people. It uses plain HTTP, and tokens that the server's own code issues."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from http.client import HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from server.demo_people import PEOPLE, scopes_of
from server.settings import Settings
from server.tokens import issue_token


class Trouble(Exception):
    """The demo cannot go on. The message says why."""


class Refused(Trouble):
    """The server returned a userError."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """Sends requests to the server, each as one of the demo's people."""

    def __init__(self, settings: Settings) -> None:
        host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104  no socket listens here
        self.address = f"http://{host}:{settings.port}"
        self._settings = settings
        self._open = build_opener(ProxyHandler({})).open

    def ask(self, username: str, document: str, **variables: object) -> dict[str, Any]:
        """Returns the value of the operation's one field. Raises Refused for a userError."""
        with self._asked(username, document, variables, "application/json") as response:
            value = _value(json.load(response)) or {}
        for error in value.get("userErrors", ()):
            raise Refused(error["code"], error["message"])
        return value

    def act(self, username: str, mutation: str, wanted: str = "", **given: object) -> dict[str, Any]:
        """Runs a mutation with this input. Returns its `cursor` and the wanted fields. Raises Refused."""
        input_type = f"{mutation[0].upper()}{mutation[1:]}Input"
        selected = f"{{ {wanted} cursor userErrors {{ code message }} }}"
        return self.ask(
            username, f"mutation ($input: {input_type}!) {{ {mutation}(input: $input) {selected} }}", input=given
        )

    def listen(self, username: str, document: str, **variables: object) -> Iterator[dict[str, Any]]:
        """Yields the values of a subscription's one field as they arrive over server-sent events."""
        with self._asked(username, document, variables, "text/event-stream") as response:
            for line in response:
                if line.startswith(b"data: {"):
                    yield _value(json.loads(line.removeprefix(b"data: "))) or {}

    def record(self, username: str, session: str) -> list[dict[str, Any]]:
        """Returns the whole record of a session. Each line of the response is one event."""
        with self._request(username, f"/sessions/{session}/record", None, "application/jsonl") as response:
            return [json.loads(line) for line in response]

    def _asked(
        self, username: str, document: str, variables: Mapping[str, object], accept: str
    ) -> AbstractContextManager[HTTPResponse]:
        return self._request(username, "/graphql", {"query": document, "variables": variables}, accept)

    @contextmanager
    def _request(self, username: str, path: str, content: object, accept: str) -> Iterator[HTTPResponse]:
        name, scopes = PEOPLE.get(username), scopes_of(self._settings, username)
        token = issue_token(self._settings, username, name=name, scopes=scopes, lifetime=timedelta(hours=1))
        body = json.dumps(content).encode() if content else None
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "accept": accept}
        try:
            with self._open(Request(f"{self.address}{path}", body, headers), timeout=30) as response:
                yield response
        except HTTPError as status:
            raise Trouble(f"{self.address} refuses the demo's tokens or is no Enfilade: {status}.") from None
        except (URLError, OSError, ValueError):
            raise Trouble(
                f"No server answers at {self.address}. Start `make run` in another terminal; PORT must be the same."
            ) from None


def _value(answer: dict[str, Any]) -> dict[str, Any] | None:
    if errors := answer.get("errors"):
        raise Trouble(errors[0]["message"])
    (value,) = answer["data"].values()
    return value and dict(value)


def tell(what: str) -> None:
    """Prints a line about what happens, with the time."""
    print(time.strftime("%H:%M:%S"), what, flush=True)
