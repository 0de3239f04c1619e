"""Writes docs/permissions.md: python -m tests.support.permissions_page > docs/permissions.md."""

from models.permissions import GRANTS, PRIVILEGED, Permission, Role

ROLES = {
    Role.MEMBER: "gallery member",
    Role.CONTRIBUTOR: "contributor",
    Role.MODERATOR: "gallery moderator",
    Role.MANAGER: "manager",
    Role.ATTENDEE: "attendee",
    Role.SPEAKER: "speaker",
    Role.CHAT_MODERATOR: "chat moderator",
    Role.ROOM_MODERATOR: "room moderator",
    Role.SITE_ADMIN: "site admin",
    Role.MEDIA_SERVER: "media server",
}
MEANINGS = {
    Permission.VIEW_GALLERY: "see the gallery, its members and its media",
    Permission.ADD_MEDIA: "add media, and edit and remove one's own",
    Permission.REVIEW_MEDIA: "see and review pending media",
    Permission.EDIT_PLAYLISTS: "make, edit and delete playlists",
    Permission.MANAGE_GALLERY: "edit the gallery, its members and webhooks, edit and remove any media",
    Permission.READ_RECORDS: "read the whole records of sessions",
    Permission.READ_REPORTS: "read the reports of sessions",
    Permission.CONFIGURE: "save the room's settings",
    Permission.ENTER: "see the room, and join a running session",
    Permission.POST_MESSAGE: "write in the group chat",
    Permission.BACKCHANNEL: "read and write the backchannel",
    Permission.MODERATE_CHAT: "pin, delete and clear messages, block people from chat",
    Permission.ANSWER_QUESTIONS: "answer, publish and dismiss questions",
    Permission.RUN_INTERACTIONS: "make, open and close interactions",
    Permission.ANNOUNCE: "announce something to everyone inside",
    Permission.LAUNCH: "launch a session",
    Permission.END_SESSION: "end the session for everyone",
    Permission.ADMIT: "let waiting people in",
    Permission.LOCK: "make newcomers wait",
    Permission.MANAGE_STAGE: "run the stage: invite, take off, lower hands, switch off",
    Permission.REMOVE_PARTICIPANT: "remove someone from the session",
    Permission.RECORD: "start and end recordings",
    Permission.REPORT_RECORDING: "report on a recording",
    Permission.MANAGE_CONTENT: "manage what the room shows",
    Permission.CREATE_GALLERY: "create a gallery, naming its first managers",
    Permission.MANAGE_PEOPLE: "keep and suspend users, keep groups and the rosters of galleries",
    Permission.READ_AUDIT: "read the audit",
    Permission.MANAGE_SITE: "change the site's settings",
    Permission.SEARCH_DIRECTORY: "look for users and groups",
}

PAGE = """# Who may do what

`python -m tests.support.permissions_page > docs/permissions.md` makes this page from `GRANTS` in
`models/permissions.py`, and a test compares the two. Numbers in brackets are those of [the rules](rules.md).

A user has the permissions of all of their roles:

- **A gallery role**: the highest of the roles of the user and of their groups (2). Each role includes the ones before
  it (1). Every role may join the room (31).
- **Room roles**: those that the room's form assigns to the user or to one of their groups, also where the user is not a
  member of the gallery (11). A user who sees the room and has no such role is an attendee. Room and chat moderators are
  independent of each other (8). A **manager of the gallery is also a room moderator**, without an assignment, and not a
  chat moderator (9).
- **Site roles** come from scopes in the token. By themselves they show no gallery's content (14).

Inside a session the room roles are those of the moment of entering, until the participant leaves (32). What a user may
not see gets the same answer as what does not exist (4).

{table}

Changes by a permission marked * are audited, and so are their refusals (67).
"""


def page() -> str:
    """Returns the page as Markdown."""
    head = ["Permission", *ROLES.values(), "To"]
    rows = [_row(permission) for permission in MEANINGS]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *(f":{'-' * (width - 2)}:" for width in widths[1:-1]), "-" * widths[-1]]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, rule, *rows)
    ]
    return PAGE.format(table="\n".join(f"| {line} |" for line in lines))


def _row(permission: Permission) -> list[str]:
    marks = ["yes" if permission in GRANTS[role] else "" for role in ROLES]
    return [f"`{permission}`{'*' if permission in PRIVILEGED else ''}", *marks, MEANINGS[permission]]


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  a command prints
