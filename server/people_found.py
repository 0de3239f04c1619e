"""Finding a user by what an operator knows of them, and what is shown of a user."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from models.storage.statements import Statements
from models.tables.galleries import Gallery, Membership
from models.tables.people import Group, GroupMember, User
from models.values import global_ids
from server.command_failed import CommandFailed

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A user, with their groups and the titles of the galleries in which they have a role by themselves."""

    user: User
    groups: list[str]
    galleries: list[str]

    def lines(self) -> Mapping[str, object]:
        """Returns what is shown, by its heading."""
        user = self.user
        return {
            "Name": user.name,
            "Id": global_ids.write("User", user.id),
            "Username": user.username,
            "E-mail": user.email,
            "Issuer": user.issuer,
            "Subject": user.subject,
            "Since": moment(user.created_at),
            "Suspended": f"since {moment(user.suspended_at)}" if user.suspended_at else "no",
            "Groups": ", ".join(self.groups),
            "Galleries": ", ".join(self.galleries),
        }


def moment(at: datetime) -> str:
    """Returns a moment to the second, in UTC."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


async def user_named(reads: Statements, who: str) -> User:
    """Returns the only user with this id, subject, username or e-mail address. Raises CommandFailed."""
    found = await reads.all(select(User).where(_named(who)).order_by(User.created_at).limit(SHOWN + 1))
    match found:
        case []:
            raise CommandFailed(f"There is no user with the id, subject, username or e-mail address {who}.")
        case [user]:
            return user
    several = "\n".join(
        f"  {global_ids.write('User', user.id)}  {user.name}, of {user.issuer}" for user in found[:SHOWN]
    )
    raise CommandFailed(f"Several users are called {who}. Name one by its id:\n{several}")


def _named(who: str) -> ColumnElement[bool]:
    parsed = global_ids.parse(who)
    if parsed and parsed[0] == "User":
        return User.id == parsed[1]
    return or_(User.subject == who, User.username == who, func.lower(User.email) == who.lower())


async def all_about(reads: Statements, user: User) -> Found:
    """Returns the user with their groups and galleries."""
    groups = (
        select(Group.name).join(GroupMember, GroupMember.group_id == Group.id).where(GroupMember.user_id == user.id)
    )
    galleries = select(Gallery.title, Membership.role).join(Membership, Membership.gallery_id == Gallery.id)
    rows = await reads.rows(galleries.where(Membership.user_id == user.id).order_by(Gallery.title_key, Gallery.id))
    names = await reads.values(groups.order_by(Group.name_key))
    return Found(user, list(names), [f"{title} ({role})" for title, role in rows])
