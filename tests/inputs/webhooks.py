"""Bad values for the inputs of webhooks; see tests/inputs/rows.py."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.tables.webhooks import DOCUMENT_LIMIT, TYPES_LIMIT
from models.values.text import KEY_LIMIT, TITLE_LIMIT
from tests.inputs.addresses import NO_ADDRESSES
from tests.inputs.rows import Row, cursor, events, no_id, size, text
from tests.support.people import absent
from tests.support.webhooks import URL

VERBS = ("CreateWebhook", "UpdateWebhook", "DeleteWebhook", "RotateWebhookSecret", "TestWebhook", "ReplayWebhook")
LISTS = ("Gallery.webhooks", "Webhook.deliveries")
GOOD: dict[str, dict[str, Any]] = {
    "CreateWebhookInput": {"galleryId": "gallery", "name": "Never made", "url": URL},
    "UpdateWebhookInput": {"webhookId": "webhook"},
    "DeleteWebhookInput": {"webhookId": "webhook"},
    "RotateWebhookSecretInput": {"webhookId": "webhook"},
    "TestWebhookInput": {"webhookId": "webhook"},
    "ReplayWebhookInput": {"webhookId": "webhook", "after": "cursor"},
}
NOT_PUBLIC = (
    *(
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://172.16.3.4:8443/",
        "https://192.168.1.1/",
        "https://0.0.0.0/",
    ),
    *(
        "https://169.254.169.254/latest/meta-data",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://224.0.0.1/",
    ),
    *("https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/"),
    *("https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://[2001:0:a00:1::]/", "https://[::ffff:a00:1]/"),
    *("https://b\u00fccher.example/", "https://receiver.example/\u00e9"),
)
"""URLs to which nothing may be sent, and those that are not ASCII."""
_MEDIA = "media(first: 100) { edges { node { gallery { media(first: 100) { edges { node { id } } } } } } }"
EXPENSIVE = " ".join(f"a{number}: {_MEDIA}" for number in range(9))
NO_DOCUMENTS = (
    *("x", "{", "{ viewer { name } }", 'mutation { testWebhook(input: {webhookId: "x"}) { cursor } }', "query ($a: ID!) { node(id: $a) { id } }"),
    "subscription { nothing }",
    "subscription ($r: ID!) { roomStatus(roomId: $r) { state } }",
    "subscription ($roomId: ID!) { roomStatus(roomId: $roomId) { state } }",
    "subscription ($other: ID!) { roomEvents(roomId: $other) { cursor } }",
    "subscription ($galleryId: ID!) { galleryEvents(galleryId: $galleryId) { cursor nothing } }",
    "subscription A { __typename } subscription B { __typename }",
    "subscription ($galleryId: ID!) { ...A } fragment A on Subscription { galleryEvents(galleryId: $galleryId) { cursor } }",
    f"subscription ($galleryId: ID!) {{ galleryEvents(galleryId: $galleryId) {{ gallery {{ {EXPENSIVE} }} }} }}",
)  # fmt: skip


def webhook_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for webhooks."""
    webhook, gallery = ids["webhook"], ids["gallery"]
    a_webhook = no_id(webhook, gallery, absent("Webhook"))
    url = Row([*NO_ADDRESSES, *NOT_PUBLIC])
    no_types = ["x"], ["Checkpoint"], ["MediaAdded", "MediaAdded"], ["MediaAdded"] * (TYPES_LIMIT + 1), ["\u200b"]
    document = text(DOCUMENT_LIMIT, of_lines=True, may_be_empty=True)
    document = replace(document, bad=[*document.bad, *NO_DOCUMENTS])
    moves = cursor()
    return {
        **{f"{verb}Input.idempotencyKey": text(KEY_LIMIT) for verb in VERBS},
        **{f"{verb}Input.webhookId": a_webhook for verb in VERBS[1:]},
        **{f"{of}({end}:)": size() for of in LISTS for end in ("first", "last")},
        **{f"{of}({end}:)": moves for of in LISTS for end in ("after", "before")},
        "CreateWebhookInput.galleryId": no_id(gallery, ids["room"], absent("Gallery")),
        **{f"{verb}Input.name": text(TITLE_LIMIT) for verb in VERBS[:2]},
        **{f"{verb}Input.url": url for verb in VERBS[:2]},
        **{f"{verb}Input.eventTypes": Row(no_types) for verb in VERBS[:2]},
        **{f"{verb}Input.document": document for verb in VERBS[:2]},
        "UpdateWebhookInput.enabled": Row(),
        "RotateWebhookSecretInput.overlapSeconds": Row((-1, 604_801, 2**31 - 1, -(2**31))),
        "ReplayWebhookInput.after": replace(events(), code="INVALID"),
    }
