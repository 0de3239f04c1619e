"""What makes settings unsafe: the server refuses to start with any of it (docs/security.md)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from server.setting_types import is_never_called, is_open_to_change

if TYPE_CHECKING:
    from server.settings import Settings

SAFE_UP_TO = {
    "operation_cost": 100_000,
    "operation_seconds": 60,
    "document_characters": 500_000,
    "document_tokens": 10_000,
    "document_fields": 10_000,
    "document_root_fields": 100,
    "document_aliases": 2_000,
    "document_directives": 1_000,
    "document_operations": 200,
    "max_body_bytes": 16 * 1024 * 1024,
    "header_bytes": 256 * 1024,
    "receive_seconds": 120,
    "websocket_message_bytes": 1024 * 1024,
    "websocket_frames_per_second": 1_000,
    "connection_init_seconds": 60,
    "stream_stall_seconds": 120,
    "websocket_ping_seconds": 120,
    "webhook_calls": 1_000,
    "webhook_seconds": 60,
    "database_lock_seconds": 30,
    "database_statement_seconds": 60,
}
"""The largest values with which one client cannot keep the server from the others, outside development mode."""

Faults = Iterator[tuple[str, str]]
"""Names of settings, each with what it must be."""


def faults_of(settings: "Settings") -> Faults:
    """Yields everything that is missing or unsafe."""
    yield from _missing(settings)
    if not settings.dev:
        yield from _left_out(settings)
        yield from _unsafe(settings)


def _missing(settings: "Settings") -> Faults:
    if settings.jwt_algorithm != "HS256" and not settings.jwt_jwks:
        yield "jwt_jwks", f"must be set, because tokens are signed with {settings.jwt_algorithm}."
    if settings.trusted_documents_only and not settings.trusted_documents:
        yield "trusted_documents", "must be set, because only trusted documents are executed."
    if settings.admin_scope == settings.media_server_scope:
        yield "media_server_scope", "must differ from the scope of site admins."


def _left_out(settings: "Settings") -> Faults:
    needed = ["cursor_secret", "jwt_issuer", "jwt_audience"] + ["jwt_secret"] * (settings.jwt_algorithm == "HS256")
    for name in needed:
        if getattr(settings, name) == type(settings).model_fields[name].default:
            yield name, "must be set to a value of your own."
    if not settings.allowed_hosts:
        yield "allowed_hosts", "must name the hosts that clients use, or be * where a proxy checks them."


def _unsafe(settings: "Settings") -> Faults:
    if settings.cursor_secret == settings.jwt_secret:
        yield "cursor_secret", "must differ from the secret of tokens."
    if is_open_to_change(settings.jwt_jwks):
        yield "jwt_jwks", "must be a file or begin with https://, because anyone on the way could add a key."
    if "*" in settings.allowed_origins:
        yield "allowed_origins", "must not be * outside development mode."
    if any(is_open_to_change(origin) for origin in settings.allowed_origins):
        yield "allowed_origins", "must begin with https://, except on this machine."
    if settings.webhook_secret and settings.webhook_secret in (settings.cursor_secret, settings.jwt_secret):
        yield "webhook_secret", "must differ from the other secrets."
    if any(is_never_called(network) for network in settings.webhook_networks):
        yield "webhook_networks", "must not have loopback or link-local addresses outside development mode."
    for name, most in SAFE_UP_TO.items():
        if getattr(settings, name) > most:
            yield name, f"must be at most {most} outside development mode."
