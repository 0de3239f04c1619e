"""The types of settings: what a value may be, and how it is written in the environment."""

import re
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from server.loopback import is_loopback

SHORTEST_SECRET = 32
HOST_NAME = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+|\*")
_NEVER_CALLED = [ip_network(each) for each in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "::/80", "fe80::/10")]
HEADER_NAME = re.compile(r"[a-z0-9-]+")
BARE_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")


def long_secret(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters.")
    return secret


def url_with(*prefixes: str) -> AfterValidator:
    def check(url: str) -> str:
        if not url.startswith(prefixes) or url in prefixes:
            raise ValueError(f"must be a URL that begins with {' or '.join(prefixes)}.")
        return url

    return AfterValidator(check)


def one_word(scope: str) -> str:
    if scope.split() != [scope]:
        raise ValueError("must be one word.")
    return scope


def key_set_source(source: str | None) -> str | None:
    if source and not is_url(source) and not Path(source).is_file():
        raise ValueError("must be an http(s) URL or the path of a file that exists.")
    return source


def existing_file(path: str | None) -> str | None:
    if path and not Path(path).is_file():
        raise ValueError("must be the path of a file that exists.")
    return path


def is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def is_open_to_change(url: str | None) -> bool:
    """Returns whether somebody on the way to this URL can change what it answers: http:// to another machine."""
    parts = urlsplit(url or "")
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_never_called(network: str) -> bool:
    """Returns whether the network has addresses of this machine, or those where clouds tell secrets."""
    given = ip_network(network)
    return any(given.version == each.version and given.overlaps(each) for each in _NEVER_CALLED)


def bare_origins(value: str | Iterable[str]) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    return tuple(as_browsers_write(origin.strip()) for origin in listed if origin.strip())


def host_names(value: str | Iterable[str]) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    names = tuple(name.strip().lower().strip("[]") for name in listed if name.strip())
    if not all(HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("must be names such as api.example.org or addresses, without ports, separated by commas.")
    return names


def header_names(value: str | Iterable[str]) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    names = tuple(name.strip().lower() for name in listed if name.strip())
    if not all(HEADER_NAME.fullmatch(name) for name in names):
        raise ValueError("must be names of headers, separated by commas.")
    return names


def addresses_or_networks(value: str | Iterable[str]) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(str(ip_network(each.strip())) for each in listed if each.strip())
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas.") from None


def as_browsers_write(origin: str) -> str:
    origin = origin.lower()
    if origin != "*" and not BARE_ORIGIN.fullmatch(origin):
        raise ValueError("must be bare origins such as https://app.example.org, separated by commas.")
    return without_default_port(origin)


def without_default_port(origin: str) -> str:
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")


Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Depth = Annotated[int, Field(ge=1, le=50)]
Scope = Annotated[str, AfterValidator(one_word)]
Secret = Annotated[SecretStr, AfterValidator(long_secret)]
DatabaseUrl = Annotated[str, url_with("sqlite:///", "postgresql://", "postgres://")]
RedisUrl = Annotated[str, url_with("redis://", "rediss://", "unix://")]
KeySetSource = Annotated[str | None, AfterValidator(key_set_source)]
FilePath = Annotated[str | None, AfterValidator(existing_file)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(host_names)]
Headers = Annotated[tuple[str, ...], NoDecode, BeforeValidator(header_names)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(bare_origins)]
Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(addresses_or_networks)]
