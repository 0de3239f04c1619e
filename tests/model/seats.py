"""A participant of a session in the model of a room."""

from dataclasses import dataclass

Held = tuple[str, str, str]
"""A role in the room, its source (ASSIGNED or GALLERY_MANAGER), and the user or group that holds it."""


DEVICES = ("camera", "microphone", "screen")


@dataclass
class Seat:
    """A participant in any state."""

    who: str
    number: int
    state: str = ""
    held: tuple[Held, ...] = ()
    roles: tuple[str, ...] = ()
    was_admitted: bool = False
    banned: bool = False
    removed: bool = False  # removed at the end of their last time inside
    stale: bool = False
    came: int = 0  # start of the last time inside; of waiting, if never inside
    went: int | None = None
    since: tuple[int, int] = (0, 0)  # start of waiting: the time, and the act
    stage: int | None = None
    hand: int | None = None
    invited: bool = False
    invited_until: int | None = None
    camera: str = "OFF"
    microphone: str = "OFF"
    screen: str = "OFF"
    declines_stage: bool = False
    may_show: bool = False  # a moderator lets them show content while they are on stage

    @property
    def moderates(self) -> bool:
        return "ROOM_MODERATOR" in self.roles

    @property
    def manages(self) -> bool:
        return any(source == "GALLERY_MANAGER" for _role, source, _via in self.held)

    @property
    def seen_inside(self) -> str:
        """The state that other people see: waiting is hidden from people who were inside (rule 37)."""
        gone = "REMOVED" if self.removed else "LEFT"
        return "ADMITTED" if self.state == "ADMITTED" else gone

    @property
    def devices(self) -> tuple[str, ...]:
        return self.camera, self.microphone, self.screen

    def step_off(self) -> None:
        self.stage = self.hand = self.invited_until = None
        self.invited = self.may_show = False
        self.switch_off()

    def switch_off(self) -> None:
        """Switches all devices off. What is blocked stays so (rule 88)."""
        for device in DEVICES:
            if getattr(self, device) == "ON":
                setattr(self, device, "OFF")
