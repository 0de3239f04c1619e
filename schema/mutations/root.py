"""The mutation root."""

from strawberry.tools import create_type
from strawberry.utils.str_converters import to_camel_case

from schema.mutations import (
    admission,
    answers,
    chat,
    chat_moderation,
    content,
    crowd_reactions,
    devices,
    galleries,
    groups,
    hands,
    interactions,
    media,
    members,
    playlists,
    presence,
    questions,
    recordings,
    rooms,
    sessions,
    site,
    stage,
    suspensions,
    webhooks,
)
from schema.mutations.declare import declared_in

CHAPTERS = (
    ("Site", (site,)),
    ("People", (groups, suspensions)),
    ("Galleries", (galleries, members)),
    ("Media", (media, playlists)),
    ("Webhooks", (webhooks,)),
    ("Rooms", (rooms,)),
    ("Sessions", (sessions, admission, presence, crowd_reactions)),
    ("Stage", (stage, hands)),
    ("Devices", (devices,)),
    ("Content", (content,)),
    ("Recordings", (recordings,)),
    ("Chat", (chat, chat_moderation)),
    ("Interactions", (interactions, answers)),
    ("Questions", (questions,)),
)
"""Every module of mutations, by chapter. The schema has the mutations in this order.

GraphiQL reads the chapters from the description of the type, which other tools show as it is.
"""


def _contents() -> str:
    lines = []
    for title, modules in CHAPTERS:
        names = [to_camel_case(field.python_name) for field in declared_in(modules)]
        lines.append(f"- {title}: {', '.join(f'`{name}`' for name in names)}.")
    return "\n".join(lines)


Mutation = create_type(
    "Mutation",
    declared_in(module for _, modules in CHAPTERS for module in modules),
    description="All changes. Each is one transaction: all of it happens, with its events, or nothing does.\n\n"
    + _contents(),
)
