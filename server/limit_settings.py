"""The settings that limit what a client may send, hold and ask for, in each process."""

from pydantic_settings import BaseSettings, SettingsConfigDict

from server.setting_types import Count, Depth, Seconds


class LimitSettings(BaseSettings):
    """The limits. docs/limits.md and docs/security.md tell what happens above each."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    connection_init_seconds: Seconds = 10
    """How long a new WebSocket may take to send connection_init."""
    max_body_bytes: Count = 1024 * 1024
    """The largest HTTP body that is accepted, in bytes."""
    header_bytes: Count = 32 * 1024
    """The largest head of an HTTP request or WebSocket handshake that is accepted, in bytes, all headers together."""
    receive_seconds: Seconds = 10
    """How many seconds a client may take to send the head of a request, and again for its body."""
    websocket_message_bytes: Count = 64 * 1024
    """The largest WebSocket message that is accepted, in bytes; before the acknowledgement at most 16 KiB."""
    websocket_frames_per_second: Count = 50
    """How many messages, pings and fragments a client may send on a WebSocket each second, and ten times as many at once."""
    connections: Count = 10_000
    """How many connections a process holds at most, and fewer if it may not open so many files; probes get in beyond it."""
    address_connections: Count = 4_000
    """How many connections a process holds of one address (a /64 network with IPv6); trusted proxies have no such limit."""
    address_connections_per_second: Count = 200
    """How many connections one address may open each second, and ten times as many at once; trusted proxies have no such limit."""
    address_streams: Count = 3_000
    """How many WebSockets and HTTP streams a process holds of one address."""
    address_subscriptions: Count = 10_000
    """How many subscriptions a process runs at once for one address."""
    address_operations: Count = 2_000
    """How many queries and mutations a process runs at once for one address."""
    user_streams: Count = 100
    """How many WebSockets and HTTP streams a process holds of one user."""
    user_subscriptions: Count = 500
    """How many subscriptions a process runs at once for one user."""
    user_operations: Count = 100
    """How many queries and mutations a process runs at once for one user."""
    document_cache_mebibytes: Count = 32
    """How much memory a process uses for parsed documents; the ones that were not used for the longest time are dropped."""
    document_characters: Count = 100_000
    """How many characters a document may have."""
    document_tokens: Count = 2_000
    """How many tokens a document may have, comments included."""
    document_fields: Count = 2_000
    """How many fields a document may select, with fragments spread out."""
    document_depth: Depth = 25
    """How many fields a document may nest, with fragments spread out, at most 50."""
    document_root_fields: Count = 20
    """How many root fields an operation may select, with fragments spread out."""
    document_aliases: Count = 200
    """How many aliases a document may have."""
    document_directives: Count = 200
    """How many directives a document may use."""
    document_operations: Count = 50
    """How many operations a document may have."""
    document_characters_per_minute: Count = 300_000
    """How many characters of documents that a process does not know each caller may send to it within a minute."""
    operation_cost: Count = 10_000
    """How many fields the answer to one operation may hold, counted from its lists and page sizes before it runs."""
    operation_seconds: Seconds = 10
    """How long an operation, or the delivery of one event, may take before it is stopped with TIMEOUT."""
