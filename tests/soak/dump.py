"""Notes what is in the database at the end: the log of each gallery, with the writers' marks."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from models.cursors import Cursors, Position
from models.events.log import LogEntry
from models.storage.statements import Statements
from models.tables.chat import ChatMessage
from models.tables.interactions import InteractionQuestion
from models.tables.media import Media
from models.tables.people import User
from models.tables.questions import Question
from schema.types.ids import global_id
from server.app import open_database
from server.settings import Settings
from tests.soak.ground import Ground
from tests.soak.history import History, Logged
from tests.soak.profiles import SETTINGS

MARKED = {
    "MessagePosted": select(ChatMessage.id, ChatMessage.text),
    "Announced": select(ChatMessage.id, ChatMessage.text),
    "QuestionAsked": select(Question.id, Question.text),
    "MediaAdded": select(Media.id, Media.title),
    "InteractionOpened": select(InteractionQuestion.interaction_id, InteractionQuestion.text),
}
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ENTRIES = select(
    LogEntry.gallery_id, LogEntry.number, LogEntry.mark, LogEntry.kind, LogEntry.audience, LogEntry.audience_id,
    LogEntry.audience_user_id, LogEntry.payload, LogEntry.occurred_at,
).order_by(LogEntry.gallery_id, LogEntry.number)  # fmt: skip


async def dump(database_url: str, ground: Ground, folder: Path) -> None:
    settings = Settings(database_url=database_url, **SETTINGS)
    cursors, history = Cursors(settings.cursor_secret.get_secret_value()), History(folder / "log.jsonl")
    database = open_database(settings)
    ours = {place.gallery for place in ground.places}
    try:
        marks = {kind: await _texts(database.reads, statement) for kind, statement in MARKED.items()}
        names = await _texts(database.reads, select(User.id, User.subject))
        for gallery, number, mark, kind, audience, of, user, payload, at in await database.reads.rows(ENTRIES):
            if global_id("Gallery", gallery) in ours:
                cursor = cursors.of_entry(gallery, Position(number, mark))
                whose = names.get(user) or names.get(of) or ""
                text = (
                    next((marks[kind][UUID(each)] for each in ID.findall(payload) if UUID(each) in marks[kind]), "")
                    if kind in marks
                    else ""
                )
                seen_by = f"{audience} {whose}".strip()
                history.note(Logged(global_id("Gallery", gallery), number, cursor, kind, text, seen_by, at.timestamp()))
    finally:
        history.close()
        await database.close()


async def _texts(run: Statements, statement: Select[*tuple[UUID, Any]]) -> dict[UUID, str]:
    return {row[0]: row[1] for row in await run.rows(statement)}
