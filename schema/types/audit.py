"""Records of the audit, as site admins read them."""

from datetime import datetime
from uuid import UUID

import strawberry

from models.tables import audit
from resolvers.audit import target_id
from schema.execution.ahead import Loaded
from schema.types.people import User, user_link


@strawberry.type(
    description="A privileged act, or the refusal of one: who did what, to what, by which role, and when. It never changes."
)
class AuditRecord(Loaded):
    actor_id: strawberry.Private[UUID]
    recorded_at: datetime = strawberry.field(description="When it was done or refused.")
    actor: User | None = user_link(
        "Who did it, or tried to; null where it was done on the server's command line, or the account is gone.",
        lambda record: record.actor_id,
    )
    action: str = strawberry.field(
        description="The mutation, or the query that is audited: `endSession`, `sessionRecord`."
    )
    permission: str = strawberry.field(description="The permission that it needs: `END_SESSION`.")
    target_kind: str = strawberry.field(
        description="The kind of what it was done to: `gallery`, `room`, `session`, `message`, `site` and so on."
    )
    target_id: strawberry.ID | None = strawberry.field(
        description="The id that the request named, whether or not there is such an object; null for the site."
    )
    role: str | None = strawberry.field(description="The role that allowed it; null where none did.")
    outcome: str = strawberry.field(description="`DONE`, or the error code of the refusal.")


def audit_record(row: audit.AuditRecord) -> AuditRecord:
    """Returns the record as clients see it."""
    target = target_id(row)
    return AuditRecord(
        actor_id=row.actor_id,
        recorded_at=row.at,
        action=row.action,
        permission=row.permission,
        target_kind=row.target,
        target_id=strawberry.ID(target) if target else None,
        role=row.role,
        outcome=row.outcome,
    )
