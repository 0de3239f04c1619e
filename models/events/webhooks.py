"""Events of a gallery's webhooks. They are for the managers of the gallery (rule 91)."""

from dataclasses import dataclass
from typing import Literal

from models.audiences import MANAGERS
from models.tables.webhooks import WebhookFacts


@dataclass(frozen=True, slots=True)
class OfWebhook:
    """An event about one webhook, as it was after it."""

    webhook: WebhookFacts

    audience = MANAGERS
    changes_access_of = None
    subject_id = None
    session_id = None


@dataclass(frozen=True, slots=True)
class WebhookSaved(OfWebhook):
    """A webhook was created or changed by a manager."""

    kind: Literal["WebhookSaved"] = "WebhookSaved"


@dataclass(frozen=True, slots=True)
class WebhookDisabled(OfWebhook):
    """The server has disabled a webhook (rule 94)."""

    kind: Literal["WebhookDisabled"] = "WebhookDisabled"


@dataclass(frozen=True, slots=True)
class WebhookDeleted(OfWebhook):
    """A webhook was deleted. The facts are its last ones."""

    kind: Literal["WebhookDeleted"] = "WebhookDeleted"


WebhookEvent = WebhookSaved | WebhookDisabled | WebhookDeleted
