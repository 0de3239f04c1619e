"""The query of the audit."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.storage.base import new_id
from models.storage.paging import PageArguments
from resolvers.audit import AuditFilter, begin_audit, read_audit
from schema.context import Info
from schema.execution.ahead import load_ahead
from schema.types.audit import AuditRecord, audit_record
from schema.types.connections import After, Before, Connection, First, Last, connect
from schema.types.ids import local_or_unknown_id, parse


@strawberry.type
class AuditQueries:
    @strawberry.field(
        description="The audit, newest first: every privileged act, and every refusal of one. For site admins. Its first page "
        "is audited itself. FORBIDDEN."
    )
    async def audit_records(
        self,
        info: Info,
        actor_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what this user did or tried.")
        ] = None,
        action: Annotated[str | None, strawberry.argument(description="Only this mutation: `endSession`.")] = None,
        target_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what was done to the object with this id.")
        ] = None,
        recorded_after: Annotated[
            datetime | None, strawberry.argument(description="Only what was recorded after this.")
        ] = None,
        recorded_before: Annotated[
            datetime | None, strawberry.argument(description="Only what was recorded before this.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[AuditRecord] | None:
        wanted = AuditFilter(
            local_or_unknown_id(actor_id, "User"), action, _target(target_id), recorded_after, recorded_before
        )
        if after is None and before is None:
            await info.context.services.database.transact(info.context.viewer, "auditRecords", begin_audit)
        page = await read_audit(info.context.snapshot, wanted, PageArguments(first, after, last, before))
        return await load_ahead(info, connect(page, audit_record, None), info.context.snapshot)


def _target(text: str | None) -> UUID | None:
    if text is None:
        return None
    parsed = parse(text)
    return parsed[1] if parsed else new_id()  # nothing was done to an object that does not exist
