"""The settings, read from the environment and a `.env` file in the working directory."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from server.limit_settings import LimitSettings
from server.loopback import is_loopback
from server.safe_settings import faults_of
from server.setting_types import (
    Count,
    DatabaseUrl,
    FilePath,
    Headers,
    Hosts,
    KeySetSource,
    Networks,
    Origins,
    RedisUrl,
    Scope,
    Seconds,
    Secret,
)

ENV_FILE = ".env"
PREFIX = "ENFILADE_"


class SettingsError(Exception):
    """The environment has wrong or missing settings. The message names the variables and never their values."""


class Settings(LimitSettings):
    """All settings, checked. `.env.example` shows the docstring of each setting.

    This class reads only the environment. `load_settings` reads the `.env` file, so that a developer's file never
    reaches a test.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    dev: bool = False
    """Development mode: accepts the well-known secrets, issuer and audience below. Anyone can forge a token then."""
    dev_outside_loopback: bool = False
    """Allows development mode with a HOST that other machines reach. All of them can be a site admin then."""
    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    """The address to listen on; 0.0.0.0 for every interface."""
    port: int = Field(default=8000, ge=0, le=65535, validation_alias="PORT")
    """The TCP port to listen on; 0 takes a free one."""
    database_url: DatabaseUrl = Field(default="sqlite:///var/enfilade.db", repr=False, validation_alias="DATABASE_URL")
    """The database: sqlite:///path/to/file.db or postgresql://user:password@host/database."""
    redis_url: RedisUrl | None = Field(default=None, repr=False, validation_alias="REDIS_URL")
    """Redis or Valkey, redis://host:6379, which wakes streams in other processes; empty for a single process."""
    database_connections: Count = 10
    """How many PostgreSQL connections each process opens at most."""
    database_statement_seconds: Seconds = 5
    """How long a reading statement, or a new connection, may take on PostgreSQL; a writing statement may take twice as long."""
    database_lock_seconds: Seconds = 3
    """How long a change waits for a lock before it is refused with UNAVAILABLE."""
    database_idle_seconds: Seconds = 2
    """How long a PostgreSQL transaction may do nothing, because its process hangs, before it is ended and its locks are free."""

    cursor_secret: Secret = SecretStr("development-cursor-secret-that-everyone-knows")
    """Encrypts event cursors; the same in all processes, at least 32 characters. A change invalidates all cursors."""
    jwt_algorithm: Literal["HS256", "RS256", "ES256"] = "HS256"
    """The one algorithm that tokens may be signed with: HS256, RS256 or ES256."""
    jwt_secret: Secret = SecretStr("development-token-secret-that-everyone-knows")
    """Verifies tokens signed with HS256; at least 32 characters."""
    jwt_jwks: KeySetSource = None
    """Verifies tokens signed with RS256 or ES256: the issuer's JSON Web Key Set, a file or an http(s) URL."""
    jwt_revocations: KeySetSource = None
    """Revoked tokens: a JSON file, read again every second, or an http(s) URL, read every 5 seconds; empty for none."""
    jwt_issuer: str = Field(default="enfilade-development", min_length=1)
    """The issuer (iss) that tokens must name."""
    jwt_audience: str = Field(default="enfilade-development", min_length=1)
    """The audience (aud) that tokens must name."""
    jwt_leeway_seconds: float = Field(default=2, ge=0, le=5)
    """By how many seconds the issuer's clock may be off, at most 5."""
    admin_scope: Scope = "enfilade:admin"
    """The scope that makes a token's user a site admin."""
    media_server_scope: Scope = "enfilade:media-server"
    """The scope in a token that lets the media server report on recordings."""
    webhook_secret: Secret | None = None
    """Encrypts the secrets of webhooks in the database; at least 32 characters. Empty for none outside development mode."""
    webhook_networks: Networks = ()
    """Networks that webhooks may be sent to besides the public internet, separated by commas; loopback in development mode only."""
    allowed_origins: Origins = ()
    """Web pages that may call, as origins separated by commas, for HTTP and WebSocket; empty for the same origin."""
    allowed_hosts: Hosts = ()
    """The names and addresses that clients reach the server by, separated by commas; * for any, where a proxy checks them."""
    trusted_proxies: Networks = ()
    """Addresses or networks of reverse proxies, separated by commas, whose X-Forwarded-For names the client; empty to ignore it."""
    allowed_headers: Headers = ()
    """Request headers that those pages may send besides the usual ones of GraphQL clients and tracing, separated by commas."""

    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """The TCP port of /metrics for Prometheus, without a token; empty for none."""
    metrics_host: str = "127.0.0.1"
    """The address that this port listens on."""
    metrics_token: Secret | None = None
    """A bearer token for /metrics on the port of the API, at least 32 characters; empty: not there."""
    tracing: bool = False
    """Whether each operation is a span of OpenTelemetry; needs the extra `otel`, and OTEL_EXPORTER_OTLP_ENDPOINT."""

    log_retention_entries: Count = 100_000
    """How many entries each gallery's event log keeps; older cursors cannot be resumed."""
    log_retention_days: Count = 30
    """For how many days each gallery's event log keeps entries."""
    stream_poll_seconds: Seconds = 1.5
    """How often an idle stream reads the log, in case a wake-up was lost."""
    stream_checkpoint_seconds: Seconds = 10
    """How often an idle stream sends its cursor."""
    stream_silence_seconds: Seconds = 20
    """How long a stream may be unable to tell anything before it ends with UNAVAILABLE, at least two checkpoints; a read may take half of it."""
    stream_ring_entries: Count = 1024
    """How many recent log entries of each gallery a process holds in memory."""
    stream_stall_seconds: Seconds = 20
    """How long a subscriber may accept nothing before its stream is cut; it can resume."""
    deadline_look_seconds: Seconds = 1
    """How often each process looks for due deadlines, such as absent participants and sessions without a moderator."""
    webhook_calls: Count = 100
    """How many calls to receivers of webhooks a process makes at once."""
    webhook_seconds: Seconds = 15
    """How long a receiver of a webhook may take to answer."""
    webhook_look_seconds: Seconds = 1
    """How often each process looks for webhooks that are new, to be tried again, or left behind by another process."""
    webhook_lease_seconds: Seconds = 60
    """After how many seconds another process takes over the webhooks of one that died; at least twice as many as a receiver may take."""
    websocket_deflate: bool = False
    """Whether WebSocket messages are compressed, for less traffic and several times the processor time."""
    websocket_ping_seconds: Seconds = 20
    """For how long a WebSocket may answer no ping, a quarter more or less, until it is closed and the client can resume; it is pinged twice in this time."""
    introspection: bool = False
    """Whether everyone may read the schema: by introspection, /schema.graphql and hints in errors; site admins always may."""
    persisted_queries: bool = True
    """Whether clients may send the hash of a document that they have sent before (automatic persisted queries)."""
    trusted_documents: FilePath = None
    """A manifest of documents that clients name by id, as Apollo's, Relay's and GraphQL Code Generator's tools write it."""
    trusted_documents_only: bool = False
    """Whether only the documents of that manifest are executed. GraphiQL then shows no schema."""
    fast_paths: bool = True
    """Whether queries are compiled and events are rendered once for many subscribers; without it, answers are the same and slower."""
    drain_seconds: float = Field(default=5, ge=0, allow_inf_nan=False)
    """How long running requests may take to finish when the process is told to stop."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = "INFO"
    """The least important log lines to write: DEBUG, INFO, WARNING or ERROR."""

    @model_validator(mode="after")
    def nothing_is_missing_or_unsafe(self) -> Self:
        faults = [f"{variable(name)}: {fault}" for name, fault in faults_of(self)]
        if not self.dev and faults:
            faults.append(f"On a developer's own machine {variable('dev')}=true does instead.")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    @model_validator(mode="after")
    def development_is_for_this_machine(self) -> Self:
        if self.dev and not self.dev_outside_loopback and not is_loopback(self.host):
            raise ValueError(
                f"{variable('host')}: must be 127.0.0.1, ::1 or localhost in development mode, in which anyone who"
                f" reaches the server can make a token for it, also a site admin's.\nTurn {variable('dev')} off and set"
                f" secrets of your own, or say {variable('dev_outside_loopback')}=true where nobody else is in the network."
            )
        return self


class WithEnvFile(Settings, env_file=ENV_FILE):
    pass


def variable(name: str) -> str:
    """Returns the environment variable of a field."""
    field = Settings.model_fields.get(name)
    if field is None:
        return name
    return str(field.validation_alias or f"{PREFIX}{name.upper()}")


def load_settings() -> Settings:
    """Returns the settings of this process. Raises SettingsError with everything that is wrong with them."""
    try:
        refuse_unknown({*os.environ, *dotenv_values(ENV_FILE)})
        return WithEnvFile()
    except ValidationError as invalid:
        raise SettingsError(explain(invalid)) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The file {ENV_FILE} cannot be read.") from None


def refuse_unknown(present: Iterable[str]) -> None:
    known = [variable(name) for name in Settings.model_fields]
    unknown = sorted(name for name in present if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise SettingsError("\n".join(f"{name} is not a setting.{suggestion(name, known)}" for name in unknown))


def suggestion(name: str, known: list[str]) -> str:
    return "".join(f" Did you mean {near}?" for near in get_close_matches(name.upper(), known, n=1))


def explain(invalid: ValidationError) -> str:
    faults = [(error["loc"], str(error.get("ctx", {}).get("error", error["msg"]))) for error in invalid.errors()]
    return "\n".join(f"{variable(str(place[0]))}: {fault}" if place else fault for place, fault in faults)


def env_example() -> str:
    """Returns the text of `.env.example`: each variable with its default, below its description."""
    limits = LimitSettings.model_fields
    fields = sorted(Settings.model_fields.items(), key=lambda field: field[0] in limits)
    return "\n".join(f"# {field.description}\n{variable(name)}={written(field.default)}\n" for name, field in fields)


def written(value: object) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case bool():
            return str(value).lower()
        case None:
            return ""
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


if __name__ == "__main__":
    print(env_example(), end="")
