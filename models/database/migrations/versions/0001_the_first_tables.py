"""the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# The initial settings of a site (rules 22, 33, 39).
SITE = {
    "id": 1,
    "name": "Enfilade",
    "qna_default": True,
    "group_chat_default": True,
    "moderate_media_default": True,
    "host_absence_timeout_seconds": 900,
    "reconnect_grace_seconds": 60,
}
LIMITS = [
    {"mode": "INTERACTIVE", "visible_cameras": 25, "stage_capacity": None, "participant_capacity": 100},
    {"mode": "WEBINAR", "visible_cameras": 10, "stage_capacity": 10, "participant_capacity": 300},
]


def upgrade() -> None:
    op.create_table(
        "audit_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_records")),
    )
    op.create_index(op.f("ix_audit_records_at"), "audit_records", ["at"], unique=False)
    op.create_table(
        "galleries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("moderate_media", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_head", sa.BigInteger(), nullable=False),
        sa.Column("log_mark", sa.Integer(), nullable=False),
        sa.Column("log_floor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleries")),
        sa.UniqueConstraint("external_id", name=op.f("uq_galleries_external_id")),
    )
    op.create_index(op.f("ix_galleries_title_key_id"), "galleries", ["title_key", "id"], unique=False)
    op.create_table(
        "groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_index(op.f("ix_groups_name_key_id"), "groups", ["name_key", "id"], unique=False)
    op.create_table(
        "room_limits",
        sa.Column(
            "mode", sa.Enum("INTERACTIVE", "WEBINAR", name="roommode", native_enum=False, length=32), nullable=False
        ),
        sa.Column("visible_cameras", sa.Integer(), nullable=False),
        sa.Column("stage_capacity", sa.Integer(), nullable=True),
        sa.Column("participant_capacity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mode", name=op.f("pk_room_limits")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("qna_default", sa.Boolean(), nullable=False),
        sa.Column("group_chat_default", sa.Boolean(), nullable=False),
        sa.Column("moderate_media_default", sa.Boolean(), nullable=False),
        sa.Column("host_absence_timeout_seconds", sa.Integer(), nullable=False),
        sa.Column("reconnect_grace_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_users_issuer_subject")),
    )
    op.create_index(op.f("ix_users_name_key_id"), "users", ["name_key", "id"], unique=False)
    op.create_table(
        "group_members",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_group_members_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_group_members")),
    )
    op.create_index(op.f("ix_group_members_user_id"), "group_members", ["user_id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "log_entries",
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("audience_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_log_entries_gallery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gallery_id", "number", name=op.f("pk_log_entries")),
    )
    op.create_index(op.f("ix_log_entries_occurred_at"), "log_entries", ["occurred_at"], unique=False)
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column(
            "kind", sa.Enum("VIDEO", "AUDIO", "IMAGE", name="mediakind", native_enum=False, length=32), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum("PENDING", "PUBLISHED", "REJECTED", name="mediastatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("thumbnail_url", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["gallery_id"], ["galleries.id"], name=op.f("fk_media_gallery_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_media_owner_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index(
        op.f("ix_media_gallery_id_created_at_id"), "media", ["gallery_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_media_gallery_id_status"), "media", ["gallery_id", "status"], unique=False)
    op.create_index(op.f("ix_media_gallery_id_title_key_id"), "media", ["gallery_id", "title_key", "id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column(
            "role",
            sa.Enum("MANAGER", "MODERATOR", "CONTRIBUTOR", "MEMBER", name="galleryrole", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "source", sa.Enum("MANUAL", "ROSTER", name="membershipsource", native_enum=False, length=32), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(user_id IS NULL) != (group_id IS NULL)", name=op.f("ck_memberships_one_principal")),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_memberships_gallery_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_memberships_group_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_gallery_id_group_id"), "memberships", ["gallery_id", "group_id"], unique=True)
    op.create_index(op.f("ix_memberships_gallery_id_user_id"), "memberships", ["gallery_id", "user_id"], unique=True)
    op.create_index(op.f("ix_memberships_group_id"), "memberships", ["group_id"], unique=False)
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "rooms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "mode", sa.Enum("INTERACTIVE", "WEBINAR", name="roommode", native_enum=False, length=32), nullable=False
        ),
        sa.Column(
            "qna",
            sa.Enum("SITE_DEFAULT", "ENABLED", "DISABLED", name="featuresetting", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "group_chat",
            sa.Enum("SITE_DEFAULT", "ENABLED", "DISABLED", name="featuresetting", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["gallery_id"], ["galleries.id"], name=op.f("fk_rooms_gallery_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
        sa.UniqueConstraint("gallery_id", name=op.f("uq_rooms_gallery_id")),
    )
    op.create_table(
        "moderator_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("ROOM_MODERATOR", "CHAT_MODERATOR", "SPEAKER", name="assignedrole", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(user_id IS NULL) != (group_id IS NULL)", name=op.f("ck_moderator_assignments_one_principal")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_moderator_assignments_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_moderator_assignments_room_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_moderator_assignments_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderator_assignments")),
    )
    op.create_index(op.f("ix_moderator_assignments_group_id"), "moderator_assignments", ["group_id"], unique=False)
    op.create_index(
        op.f("ix_moderator_assignments_room_id_role_group_id"),
        "moderator_assignments",
        ["room_id", "role", "group_id"],
        unique=True,
    )
    op.create_index(
        op.f("ix_moderator_assignments_room_id_role_user_id"),
        "moderator_assignments",
        ["room_id", "role", "user_id"],
        unique=True,
    )
    op.create_index(op.f("ix_moderator_assignments_user_id"), "moderator_assignments", ["user_id"], unique=False)
    op.create_table(
        "room_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column(
            "mode", sa.Enum("INTERACTIVE", "WEBINAR", name="roommode", native_enum=False, length=32), nullable=False
        ),
        sa.Column("visible_cameras", sa.Integer(), nullable=False),
        sa.Column("stage_capacity", sa.Integer(), nullable=True),
        sa.Column("participant_capacity", sa.Integer(), nullable=False),
        sa.Column(
            "stage_access",
            sa.Enum("EVERYONE", "BY_REQUEST", "INVITE_ONLY", name="stageaccess", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end_reason",
            sa.Enum(
                "ENDED_BY_MODERATOR",
                "HOST_ABSENT",
                "ROOM_DISABLED",
                name="sessionendreason",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("participant_count", sa.Integer(), nullable=False),
        sa.Column("peak_participants", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_room_sessions_room_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["started_by"], ["users.id"], name=op.f("fk_room_sessions_started_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_sessions")),
    )
    op.create_index(op.f("ix_room_sessions_room_id_id"), "room_sessions", ["room_id", "id"], unique=False)
    op.create_index(
        "uq_room_sessions_open",
        "room_sessions",
        ["room_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "chat_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel", sa.Enum("GROUP", "BACKCHANNEL", name="chatchannel", native_enum=False, length=32), nullable=False
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("author_roles", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_to_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_chat_messages_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_chat_messages_gallery_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reply_to_id"], ["chat_messages.id"], name=op.f("fk_chat_messages_reply_to_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["room_sessions.id"], name=op.f("fk_chat_messages_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
    )
    op.create_index(
        op.f("ix_chat_messages_gallery_id_channel_number"),
        "chat_messages",
        ["gallery_id", "channel", "number"],
        unique=False,
    )
    op.create_index(op.f("ix_chat_messages_session_id"), "chat_messages", ["session_id"], unique=False)
    op.create_table(
        "participants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "WAITING",
                "ADMITTED",
                "LEFT",
                "REMOVED",
                "DECLINED",
                name="participantstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("role_sources", sa.JSON(), nullable=False),
        sa.Column("backchannel", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_participants_gallery_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["room_sessions.id"], name=op.f("fk_participants_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_participants_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("session_id", "user_id", name=op.f("uq_participants_session_id_user_id")),
    )
    op.create_index(
        op.f("ix_participants_session_id_state_id"), "participants", ["session_id", "state", "id"], unique=False
    )
    op.create_index(op.f("ix_participants_user_id_gallery_id"), "participants", ["user_id", "gallery_id"], unique=False)

    op.bulk_insert(sa.table("room_limits", *(sa.column(name) for name in LIMITS[0])), LIMITS)
    op.bulk_insert(sa.table("site", *(sa.column(name) for name in SITE)), [SITE])


def downgrade() -> None:
    op.drop_index(op.f("ix_participants_user_id_gallery_id"), table_name="participants")
    op.drop_index(op.f("ix_participants_session_id_state_id"), table_name="participants")
    op.drop_table("participants")
    op.drop_index(op.f("ix_chat_messages_session_id"), table_name="chat_messages")
    op.drop_index(op.f("ix_chat_messages_gallery_id_channel_number"), table_name="chat_messages")
    op.drop_table("chat_messages")
    op.drop_index(
        "uq_room_sessions_open",
        table_name="room_sessions",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_room_sessions_room_id_id"), table_name="room_sessions")
    op.drop_table("room_sessions")
    op.drop_index(op.f("ix_moderator_assignments_user_id"), table_name="moderator_assignments")
    op.drop_index(op.f("ix_moderator_assignments_room_id_role_user_id"), table_name="moderator_assignments")
    op.drop_index(op.f("ix_moderator_assignments_room_id_role_group_id"), table_name="moderator_assignments")
    op.drop_index(op.f("ix_moderator_assignments_group_id"), table_name="moderator_assignments")
    op.drop_table("moderator_assignments")
    op.drop_table("rooms")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_group_id"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_gallery_id_user_id"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_gallery_id_group_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_media_gallery_id_title_key_id"), table_name="media")
    op.drop_index(op.f("ix_media_gallery_id_status"), table_name="media")
    op.drop_index(op.f("ix_media_gallery_id_created_at_id"), table_name="media")
    op.drop_table("media")
    op.drop_index(op.f("ix_log_entries_occurred_at"), table_name="log_entries")
    op.drop_table("log_entries")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(op.f("ix_group_members_user_id"), table_name="group_members")
    op.drop_table("group_members")
    op.drop_index(op.f("ix_users_name_key_id"), table_name="users")
    op.drop_table("users")
    op.drop_table("site")
    op.drop_table("room_limits")
    op.drop_index(op.f("ix_groups_name_key_id"), table_name="groups")
    op.drop_table("groups")
    op.drop_index(op.f("ix_galleries_title_key_id"), table_name="galleries")
    op.drop_table("galleries")
    op.drop_index(op.f("ix_audit_records_at"), table_name="audit_records")
    op.drop_table("audit_records")
