"""How much the large site has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`members` to `sessions` are those of each course. `inside` and what follows are those of each session."""

    courses: int
    students: int
    members: int
    groups: int
    media: int
    media_of_first: int  # the first course has more, so that there is one long list
    playlists: int
    sessions: int  # one a week
    inside: int
    messages: int
    questions: int

    def media_in(self, course: int) -> int:
        """Returns how many media are added to this course, from 0."""
        return self.media if course else self.media_of_first

    @property
    def people(self) -> int:
        """How many people there are: students, and a teacher and an assistant for each course."""
        return self.students + 2 * self.courses

    @property
    def acts(self) -> int:
        """How many steps a session has, for telling how far the work is."""
        return 2 * self.inside + self.messages + 3 * self.questions

    def steps_of(self, course: int) -> int:
        """Returns the number of steps of this course: one for each medium, and those of the sessions."""
        return self.media_in(course) + self.sessions * self.acts


LARGE = Scale(
    courses=40,
    students=2_000,
    members=120,
    groups=4,
    media=50,
    media_of_first=500,
    playlists=4,
    sessions=6,
    inside=16,
    messages=24,
    questions=3,
)
