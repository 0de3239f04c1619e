"""The tour: the tabs of GraphiQL in development, from a gallery's page to a meeting in its room."""

import json
import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypedDict

from server.demo import ASSISTANTS, COURSE, HANDOUT, PENDING, PUBLISHED
from server.demo_people import VISITORS

_FOLDER: Final = Path(__file__).with_name("ide_tabs")
_PLACEHOLDER: Final = re.compile(r'"\{\{(.+?)\}\}"')


def _id(name: str) -> str:
    return f"{{{{{name}}}}}"


_GALLERY: Final = _id("gallery")
_ROOM: Final = _id("room")
_ASSISTANTS: Final = _id(f"group:{ASSISTANTS}")
# These ids are not known beforehand: ide/src/lately.js fills in the last id of that kind in an answer.
_SESSION: Final = "the last RoomSession"
_PARTICIPANT: Final = "the last Participant"
_RECORDING: Final = "the last Recording"
_MESSAGE: Final = "the last ChatMessage"
_QUESTION: Final = "the last Question"
_INTERACTION: Final = "the last Interaction"
_NEWCOMER: Final = _id("user:student-030")

# Each tab has the name of its operation, the account, and the variables. The file of the operation has the same name.
_TABS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "Gallery",
        "manager",
        {"course": COURSE, "filter": {"search": "design", "kinds": ["VIDEO"]}, "orderBy": "TITLE", "first": 10},
    ),
    ("FindPeople", "manager", {"gallery": _GALLERY, "role": "MEMBER", "user": "stud", "group": "teach"}),
    ("SetMember", "manager", {"input": {"galleryId": _GALLERY, "principalId": _ASSISTANTS, "role": "MODERATOR"}}),
    (
        "KeepPeople",
        "admin",
        {
            "group": {"name": "exhibition-crew", "idempotencyKey": "tour-of-groups"},
            "members": {"groupId": _ASSISTANTS, "userIds": [_NEWCOMER]},
            "roster": {
                "galleryId": _GALLERY,
                "members": [
                    {"principalId": who, "role": "MEMBER"}
                    for who in [*(_id(f"user:{username}") for username in VISITORS), _NEWCOMER]
                ],
            },
        },
    ),
    ("WatchGallery", "moderator", {"gallery": _GALLERY}),
    (
        "AddMedia",
        "student-001",
        {
            "input": {
                "galleryId": _GALLERY,
                "title": "Poster draft, third try",
                "kind": "IMAGE",
                "url": "https://media.example/poster",
                "tags": ["design", "poster"],
            }
        },
    ),
    (
        "ReviewMedia",
        "moderator",
        {
            "input": {
                "galleryId": _GALLERY,
                "mediaIds": [_id(f"media:{title}") for title, *_ in PENDING],
                "decision": "APPROVE",
                "reason": "Well done, all three.",
            }
        },
    ),
    (
        "CreatePlaylist",
        "moderator",
        {
            "input": {
                "galleryId": _GALLERY,
                "title": "Shown in class",
                "mediaIds": [_id(f"media:{title}") for title in (PENDING[2][0], PUBLISHED[0][0])],
                "idempotencyKey": "tour-of-playlists",
            }
        },
    ),
    (
        "UpdateSite",
        "admin",
        {
            "input": {
                "qnaDefault": False,
                "roomLimits": [
                    {"mode": "WEBINAR", "visibleCameras": 10, "stageCapacity": 10, "participantCapacity": 500}
                ],
            }
        },
    ),
    (
        "ConfigureRoom",
        "manager",
        {
            "input": {
                "galleryId": _GALLERY,
                "enabled": True,
                "mode": "WEBINAR",
                "roomModeratorIds": [_ASSISTANTS],
                "chatModeratorIds": [_id("user:chatmod")],
                "groupChat": "ENABLED",
                "qna": "ENABLED",
            }
        },
    ),
    ("WatchRoom", "moderator", {"roomId": _ROOM}),
    ("LaunchRoom", "moderator", {"input": {"roomId": _ROOM}}),
    ("LockRoom", "moderator", {"lock": {"sessionId": _SESSION}, "recording": {"sessionId": _SESSION}}),
    ("JoinRoom", "student-001", {"input": {"roomId": _ROOM}}),
    (
        "AdmitWaiting",
        "moderator",
        {"admit": {"sessionId": _SESSION, "all": True}, "unlock": {"sessionId": _SESSION}},
    ),
    (
        "PostMessage",
        "student-001",
        {"input": {"roomId": _ROOM, "text": "Hello from the last row."}, "hand": {"roomId": _ROOM}},
    ),
    (
        "InviteToStage",
        "moderator",
        {"invite": {"participantId": _PARTICIPANT}, "recording": {"recordingId": _RECORDING}},
    ),
    ("AcceptStage", "student-001", {"input": {"roomId": _ROOM}}),
    ("WatchTalk", "student-001", {"roomId": _ROOM}),
    (
        "ModerateChat",
        "chatmod",
        {
            "enter": {"roomId": _ROOM},
            "reaction": {"messageId": _MESSAGE, "emoji": "👋"},
            "pin": {"messageId": _MESSAGE},
            "backchannel": {"roomId": _ROOM, "channel": "BACKCHANNEL", "text": "Shall we take questions now?"},
        },
    ),
    ("WatchQuestions", "chatmod", {"roomId": _ROOM}),
    (
        "AskQuestion",
        "student-001",
        {"input": {"roomId": _ROOM, "text": "Will this be in the exam?", "anonymous": True}},
    ),
    (
        "ReplyToQuestion",
        "chatmod",
        {
            "claim": {"questionId": _QUESTION},
            "reply": {"questionId": _QUESTION, "text": "All of it."},
            "quiz": {
                "roomId": _ROOM,
                "kind": "QUIZ",
                "questions": [
                    {
                        "text": "Which of these has serifs?",
                        "options": ["Futura", "Garamond"],
                        "rightOptions": [1],
                        "explanation": "Garamond has feet, Futura has none.",
                    }
                ],
                "shareResults": "AFTER_CLOSING",
            },
        },
    ),
    (
        "PublishAnswer",
        "chatmod",
        {
            "publish": {"questionId": _QUESTION, "replyId": "the last QuestionReply"},
            "open": {"interactionId": _INTERACTION},
        },
    ),
    (
        "AnswerQuiz",
        "student-001",
        {"input": {"interactionId": _INTERACTION, "answers": [{"optionIds": ["the last InteractionOption"]}]}},
    ),
    (
        "CloseQuiz",
        "chatmod",
        {
            "close": {"interactionId": _INTERACTION},
            "delete": {"messageId": _MESSAGE},
            "cloud": {
                "roomId": _ROOM,
                "kind": "WORDS",
                "questions": [{"text": "What makes a poster good?"}],
                "changeable": True,
                "shareResults": "LIVE",
            },
        },
    ),
    ("OpenWordCloud", "chatmod", {"input": {"interactionId": _INTERACTION, "durationSeconds": 600}}),
    (
        "GiveWords",
        "student-001",
        {"input": {"interactionId": _INTERACTION, "answers": [{"words": ["contrast", "Rhythm", "air"]}]}},
    ),
    (
        "ShowDocument",
        "moderator",
        {
            "add": {"roomId": _ROOM, "kind": "WHITEBOARD", "title": "Sketches", "idempotencyKey": "tour-of-content"},
            "show": {"contentId": _id(f"content:{HANDOUT}")},
            "turn": {"sessionId": _SESSION, "page": 2},
        },
    ),
    ("TurnPage", "moderator", {"turn": {"sessionId": _SESSION, "page": 3}, "stop": {"sessionId": _SESSION}}),
)
# GraphiQL opens one chapter at a time.
CHAPTERS: Final[dict[str, tuple[str, ...]]] = {
    "Gallery and people": ("Gallery", "FindPeople", "SetMember", "KeepPeople"),
    "Media": ("WatchGallery", "AddMedia", "ReviewMedia", "CreatePlaylist", "UpdateSite"),
    "Room": ("ConfigureRoom", "WatchRoom", "LaunchRoom", "LockRoom"),
    "Waiting room and stage": ("JoinRoom", "AdmitWaiting", "PostMessage", "InviteToStage", "AcceptStage"),
    "Chat": ("WatchTalk", "ModerateChat"),
    "Questions": ("WatchQuestions", "AskQuestion", "ReplyToQuestion", "PublishAnswer"),
    "Quiz and words": ("AnswerQuiz", "CloseQuiz", "OpenWordCloud", "GiveWords"),
    "Document": ("ShowDocument", "TurnPage"),
}
# For each kind of "the last …", the tab whose answer has the id first.
SOURCES: Final = {
    "RoomSession": "LaunchRoom",
    "Recording": "LockRoom",
    "Participant": "JoinRoom",
    "ChatMessage": "PostMessage",
    "Question": "AskQuestion",
    "QuestionReply": "ReplyToQuestion",
    "Interaction": "ReplyToQuestion",
    "InteractionOption": "PublishAnswer",
}
PLACEHOLDERS: Final = frozenset(_PLACEHOLDER.findall(json.dumps(_TABS)))


class Tab(TypedDict):
    """A tab as GraphiQL's page reads it."""

    number: int
    """Its place in the whole tour, from 1."""
    chapter: str
    title: str
    """The name of its operation."""
    account: str
    query: str
    variables: str


def example_tabs(accounts: Container[str], ids: Mapping[str, str]) -> Iterator[Tab]:
    """Yields the tabs in order, each with its number, its chapter and the account that it uses.

    The tabs of other accounts are left out; numbers do not change by that. `ids` has an id for each of PLACEHOLDERS. A
    tab is left out if one of its ids is missing, for example because the object was removed.
    """
    chapter_of = {title: chapter for chapter, titles in CHAPTERS.items() for title in titles}
    for number, (operation, username, variables) in enumerate(_TABS, start=1):
        text = json.dumps(variables, indent=2)
        if username in accounts and ids.keys() >= set(_PLACEHOLDER.findall(text)):
            yield {
                "number": number,
                "chapter": chapter_of[operation],
                "title": operation,
                "account": username,
                "query": (_FOLDER / f"{operation}.graphql").read_text("utf-8"),
                "variables": _PLACEHOLDER.sub(lambda name: json.dumps(ids[name[1]]), text),
            }
