<%
def lines(commands):
    """Without the comments that Alembic writes around them, and pass where nothing is left."""
    return "\n".join(line for line in commands.splitlines() if "###" not in line).strip() or "pass"
%>\
"""${message.rstrip(".")}."""

import sqlalchemy as sa
from alembic import op
% if imports:
${imports}
% endif

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${lines(upgrades or "")}


def downgrade() -> None:
    ${lines(downgrades or "")}
