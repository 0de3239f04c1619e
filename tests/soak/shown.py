"""A rule of the checker: what each event shows, field by field, is what this viewer may see of it.

Many subscribers share one rendering, so what one of them may see could be sent to another.
"""

from tests.soak.history import Logged, Told
from tests.soak.verdict import Verdict

RESTRICTED: dict[str, dict[str, set[str]]] = {
    # A question's results are not shared by those who ask: docs/interactions.md#totals.
    "InteractionOpened": {"interaction.questions.options.votes": {"all"}},
    "InteractionClosed": {"interaction.questions.options.votes": {"all"}},
    # docs/subscriptions.md#caches
    "AccessChanged": {"memberships": {"members", "inside", "all"}, "listsChanged": {"all"}},
}
"""By event: the paths of a document that selects them, and the classes of viewers to whom they are shown."""
DOCUMENT = "room"
SAID = {
    "room": {"MessagePosted", "Announced", "QuestionAsked", "InteractionOpened"},
    "chat": {"MessagePosted", "Announced"},
    "questions": {"QuestionAsked"},
    "gallery": {"MediaAdded"},
}
"""By document: the events of which it selects the writer's text."""


def check_shown(verdict: Verdict, document: str, sees: str, told: Told, entry: Logged) -> None:
    """Compares what a subscriber with this document was told of an entry with the entry, and with what the viewer may see."""
    if told.event in SAID.get(document, ()) and told.mark != entry.mark:
        verdict.blame("told otherwise", f"{told} of {entry}")
    paths = told.shown.split()
    for path, may in RESTRICTED.get(told.event, {}).items() if document == DOCUMENT and paths else ():
        within = any(f"{each}.".startswith(f"{path}.") for each in paths)
        if within and sees not in may:
            verdict.blame("shows too much", f"{path} to {sees}: {told}")
        if not within and sees in may:
            verdict.blame("shows too little", f"{path} not to {sees}: {told}")
