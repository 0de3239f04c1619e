"""The mutation root."""

from strawberry.tools import create_type

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

_MODULES = (
    *(site, groups, suspensions, galleries, members, media, playlists, webhooks),
    *(rooms, sessions, admission, stage, devices, hands, content, recordings, presence),
    *(chat, interactions, answers, chat_moderation, questions, crowd_reactions),
)
"""Every module of mutations, in the order of the mutations in the schema."""

Mutation = create_type(
    "Mutation",
    declared_in(_MODULES),
    description="All changes. Each is one transaction: all of it happens, with its events, or nothing does.",
)
