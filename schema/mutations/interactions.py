"""Mutations of interactions, with their inputs and payloads."""

from datetime import datetime
from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from models.values.answers import InGallery
from resolvers import interaction_changes, interaction_moderation, tallies
from resolvers.interaction_changes import Settings
from resolvers.interaction_questions import QuestionDraft
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, former_id, gallery_of, id_of, shown
from schema.mutations.targets import IN_ROOM, InRoom
from schema.types.enums import InteractionKind, ResultsSharing
from schema.types.ids import local_id
from schema.types.interactions import Interaction, load_interactions
from schema.types.rooms import Room, load_rooms


@mutation_input("Which interaction.")
class OnInteraction(Keyed):
    interaction_id: strawberry.ID = strawberry.field(description="The interaction, of the running session.")


@strawberry.type(description="Answers with an interaction.")
class InteractionPayload(Payload):
    interaction: Interaction | None = shown("The interaction as it is now.", load_interactions)


INTERACTION = Target("Interaction", "interaction_id", OnInteraction, InteractionPayload)


@strawberry.input(description="A question of an interaction. Which fields it takes depends on its kind.")
class InteractionQuestionInput:
    text: str = strawberry.field(description="What to ask: 1 to 500 characters of plain text.")
    kind: InteractionKind | None = strawberry.field(
        default=None, description="In a SURVEY: CHOICE, RATING or TEXT. Elsewhere it is the interaction's kind."
    )
    options: list[str] | None = strawberry.field(
        default=None,
        description="Of CHOICE and QUIZ: what can be chosen, in order: 2 to 10, no two the same, each a line of 1 to 200 "
        "characters.",
    )
    right_options: list[int] | None = strawberry.field(
        default=None,
        description="Of QUIZ: the positions of the right options, from 0; one, or several with `multipleAnswers`.",
    )
    multiple_answers: bool | None = strawberry.field(
        default=None,
        description="Of CHOICE and QUIZ: whether an answer may choose several; if not, it chooses exactly one.",
    )
    explanation: str | None = strawberry.field(
        default=None, description="Of QUIZ: why that is right, 1 to 1,000 characters; shown once it is closed."
    )
    highest: int | None = strawberry.field(
        default=None, description="Of RATING: the highest value, 3 to 10. The lowest is 1."
    )
    lowest_label: str | None = strawberry.field(
        default=None, description="Of RATING: what 1 means, a line of 1 to 100 characters."
    )
    highest_label: str | None = strawberry.field(
        default=None, description="Of RATING: what the highest value means, a line of 1 to 100 characters."
    )
    emoji: str | None = strawberry.field(default=None, description="Of VOTE: the one emoji to vote with.")


def _drafts(given: list[InteractionQuestionInput]) -> list[QuestionDraft]:
    return [
        QuestionDraft(
            text=each.text,
            kind=each.kind,
            options=each.options,
            right_options=each.right_options,
            multiple_answers=each.multiple_answers,
            highest=each.highest,
            lowest_label=each.lowest_label,
            highest_label=each.highest_label,
            explanation=each.explanation,
            emoji=each.emoji,
        )
        for each in given
    ]


@mutation_input("A new interaction, a draft at first.")
class CreateInteractionInput(InRoom):
    kind: InteractionKind = strawberry.field(description="What it is; it stays so.")
    questions: list[InteractionQuestionInput] = strawberry.field(
        description="What to ask, in order: exactly one question, in a SURVEY 1 to 20."
    )
    changeable: bool = strawberry.field(
        default=False, description="Whether an answer can be changed until it closes; if not, it is final."
    )
    anonymous: bool = strawberry.field(
        default=False, description="Whether even chat moderators do not see who answered what."
    )
    share_results: ResultsSharing = strawberry.field(
        default=ResultsSharing.NEVER, description="When everyone inside sees the results."
    )


@mutation(
    "Draft an interaction in the running session. For chat moderators inside. NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=IN_ROOM,
    argument="The interaction.",
    payload=InteractionPayload,
    rate=RateKind.INTERACTIONS,
)
async def create_interaction(tx: Transaction, room_id: UUID, input: CreateInteractionInput) -> UUID:
    settings = Settings(input.changeable, input.anonymous, input.share_results)
    return await interaction_changes.create_interaction(tx, room_id, input.kind, _drafts(input.questions), settings)


@mutation(
    "Draft the same again in the running session, from an interaction of this or an earlier session of the room that the "
    "viewer was in. For chat moderators inside. NOT_IN_SESSION, SESSION_ENDED.",
    on=INTERACTION,
    argument="What to copy.",
    input_description="Which interaction to copy; it may be of an earlier session.",
    rate=RateKind.INTERACTIONS,
)
async def copy_interaction(tx: Transaction, interaction_id: UUID) -> UUID:
    return await interaction_changes.copy_interaction(tx, interaction_id)


@strawberry.input(description="What to change of a draft; what is null or not given stays as it is.")
class UpdateInteractionInput(OnInteraction):
    questions: list[InteractionQuestionInput] | None = strawberry.field(
        default=None,
        description="All questions, as for a new one. Questions and options get new ids where anything differs.",
    )
    changeable: bool | None = strawberry.field(default=None, description="Whether answers can be changed.")
    anonymous: bool | None = strawberry.field(default=None, description="Whether nobody sees who answered what.")
    share_results: ResultsSharing | None = strawberry.field(
        default=None, description="When everyone inside sees the results."
    )


@mutation(
    "Change a draft, or what is scheduled. For chat moderators inside. CONFLICT once it was opened and in the last two "
    "minutes before it opens by itself, NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=INTERACTION,
    argument="The changes.",
)
async def update_interaction(tx: Transaction, interaction_id: UUID, input: UpdateInteractionInput) -> UUID:
    drafts = None if input.questions is None else _drafts(input.questions)
    settings = Settings(input.changeable, input.anonymous, input.share_results)
    return await interaction_changes.update_interaction(tx, interaction_id, drafts, settings)


@strawberry.type(description="Answers `deleteInteraction`.")
class DeleteInteractionPayload(Payload):
    interaction_id: strawberry.ID | None = former_id("Interaction", "The id that the draft had.", id_of)
    room: Room | None = shown("The room that it was for.", load_rooms, gallery_of)


@mutation(
    "Delete a draft, or what is scheduled. For chat moderators inside. CONFLICT once it was opened and in the last two "
    "minutes before it opens by itself, NOT_IN_SESSION, SESSION_ENDED.",
    on=INTERACTION,
    argument="Which one.",
    input_description="Which draft to delete.",
    payload=DeleteInteractionPayload,
)
async def delete_interaction(tx: Transaction, interaction_id: UUID) -> InGallery:
    return await interaction_changes.delete_interaction(tx, interaction_id)


@strawberry.input(description="When to open an interaction, and for how long.")
class ScheduleInteractionInput(OnInteraction):
    opens_at: datetime = strawberry.field(
        description="When it opens by itself, if the session still runs: within the next 24 hours."
    )
    duration_seconds: int | None = strawberry.field(
        default=None,
        description="It closes by itself after so long, 10 to 86,400. If not given, somebody has to close it.",
    )


@mutation(
    "Let a draft open by itself, or change when it does. For chat moderators inside. CONFLICT once it was opened and in "
    "the last two minutes before it opens by itself, NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=INTERACTION,
    argument="Which one, when.",
)
async def schedule_interaction(tx: Transaction, interaction_id: UUID, input: ScheduleInteractionInput) -> UUID:
    return await interaction_changes.schedule_interaction(tx, interaction_id, input.opens_at, input.duration_seconds)


@mutation(
    "Make what is scheduled a draft again; a draft stays one. For chat moderators inside. CONFLICT once it was opened and "
    "in the last two minutes before it opens by itself, NOT_IN_SESSION, SESSION_ENDED.",
    on=INTERACTION,
    argument="Which one.",
    input_description="What not to open by itself.",
)
async def unschedule_interaction(tx: Transaction, interaction_id: UUID) -> UUID:
    return await interaction_changes.unschedule_interaction(tx, interaction_id)


@strawberry.input(description="What to open, and for how long.")
class OpenInteractionInput(OnInteraction):
    duration_seconds: int | None = strawberry.field(
        default=None,
        description="It closes by itself after so long, 10 to 86,400. If not given, somebody has to close it.",
    )


@mutation(
    "Open a draft, or what is scheduled, to answers. For chat moderators inside. CONFLICT where it was opened otherwise "
    "or is closed, NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=INTERACTION,
    argument="Which one, how long.",
)
async def open_interaction(tx: Transaction, interaction_id: UUID, input: OpenInteractionInput) -> UUID:
    return await interaction_changes.open_interaction(tx, interaction_id, input.duration_seconds)


@mutation(
    "Close an open interaction; one that is closed stays so. For chat moderators inside. INTERACTION_NOT_OPEN for one "
    "that was not opened, NOT_IN_SESSION, SESSION_ENDED.",
    on=INTERACTION,
    argument="Which one.",
    input_description="Which interaction to close.",
)
async def close_interaction(tx: Transaction, interaction_id: UUID) -> UUID:
    return await tallies.close_interaction(tx, interaction_id)


@strawberry.input(description="Which word to hide.")
class HideWordInput(OnInteraction):
    option_id: strawberry.ID = strawberry.field(description="The word: an option of this word cloud.")
    hidden: bool = strawberry.field(default=True, description="Whether to hide it; false shows it again.")


@mutation(
    "Hide a word of a word cloud from all but chat moderators, or show it again. The answers still count. For chat "
    "moderators inside. NOT_FOUND for what is no word of it, NOT_IN_SESSION, SESSION_ENDED.",
    on=INTERACTION,
    argument="Which word.",
)
async def hide_word(tx: Transaction, interaction_id: UUID, input: HideWordInput) -> UUID:
    option_id = local_id(input.option_id, "InteractionOption", "input", "optionId")
    return await interaction_moderation.hide_word(tx, interaction_id, option_id, hidden=input.hidden)


@strawberry.input(description="Which answer to publish.")
class PublishInteractionTextInput(OnInteraction):
    text_id: strawberry.ID = strawberry.field(description="The answer to an open question of this interaction.")
    published: bool = strawberry.field(default=True, description="Whether to publish it; false withdraws it.")


@mutation(
    "Show an answer to an open question to everyone inside, without its author, or withdraw it. For chat moderators "
    "inside. NOT_FOUND for what is no answer to it, CONFLICT where 100 are published, NOT_IN_SESSION, SESSION_ENDED.",
    on=INTERACTION,
    argument="Which answer.",
)
async def publish_interaction_text(tx: Transaction, interaction_id: UUID, input: PublishInteractionTextInput) -> UUID:
    text_id = local_id(input.text_id, "InteractionText", "input", "textId")
    return await interaction_moderation.publish_text(tx, interaction_id, text_id, published=input.published)
