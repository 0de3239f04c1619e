"""Somebody in a session, in the model of a room."""

from dataclasses import dataclass

Held = tuple[str, str, str]
"""A role in the room, why it is held (ASSIGNED or GALLERY_MANAGER), and the user or group that it was given to."""


@dataclass
class Seat:
    """Somebody in a session, in whatever state."""

    who: str
    number: int
    state: str = ""
    held: tuple[Held, ...] = ()
    roles: tuple[str, ...] = ()
    was_admitted: bool = False
    banned: bool = False
    removed: bool = False  # from their last time inside
    stale: bool = False
    came: int = 0  # of their last time inside; or, of whoever never was, of waiting
    went: int | None = None
    since: tuple[int, int] = (0, 0)  # when they began to wait, and by which act
    stage: int | None = None
    hand: int | None = None
    invited: bool = False
    invited_until: int | None = None

    @property
    def moderates(self) -> bool:
        return "ROOM_MODERATOR" in self.roles

    @property
    def manages(self) -> bool:
        return any(source == "GALLERY_MANAGER" for _role, source, _via in self.held)

    @property
    def seen_inside(self) -> str:
        """Their state for those who are or were inside, who learn nothing of waiting (rule 37)."""
        gone = "REMOVED" if self.removed else "LEFT"
        return "ADMITTED" if self.state == "ADMITTED" else gone

    def step_off(self) -> None:
        self.stage = self.hand = self.invited_until = None
        self.invited = False
