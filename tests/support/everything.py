"""One thing of each type and state around the demo's room, and one of each in a gallery elsewhere, by name."""

from typing import Any

from sqlalchemy import select

from models.tables.galleries import Gallery, Membership
from schema.types.ids import global_id
from tests.support import interactions, questions, shelf
from tests.support.admission import LOCK
from tests.support.chat import TALK
from tests.support.media import ADD, GOOD
from tests.support.people import configure, group_id, id_of, local
from tests.support.playlists import CREATE as CREATE_PLAYLIST
from tests.support.recordings import START
from tests.support.webhooks import VERBS as ON_WEBHOOKS
from tests.support.webhooks import given_webhook
from tests.support.world import CONFIGURE, CREATE, ENTER, POST, World

KINDS = {
    "gallery": "Gallery", "room": "Room", "membership": "GalleryMembership", "published": "Media", "pending": "Media",
    "playlist": "Playlist", "session": "RoomSession", "inside": "Participant", "waiting": "Participant",
    "group chat": "ChatMessage", "backchannel": "ChatMessage", "announced": "ChatMessage", "deleted": "ChatMessage",
    "thread": "Question", "answered": "Question", "draft": "Interaction", "poll": "Interaction", "recording": "Recording",
    "user": "User", "group": "Group", "item": "ContentItem",
    "webhook": "Webhook", "delivery": "WebhookDelivery",
}  # fmt: skip
ELSEWHERE = (
    "gallery", "room", "membership", "published", "playlist", "session", "inside", "group chat", "thread", "poll", "draft", "recording", "item", "webhook",
)  # fmt: skip
STRANGER = "stranger"
"""The manager of the gallery elsewhere, and the only one who knows it."""


async def do(world: World, who: str, document: str, *scopes: str, **variables: Any) -> dict[str, Any]:
    """Sends a mutation, which must succeed. Skips the replay check, because there are many."""
    (payload,) = (await world.query(who, document, *scopes, **variables)).values()
    assert payload["userErrors"] == [], (who, document, payload)
    return dict(payload)


async def things_elsewhere(world: World) -> dict[str, str]:
    """Fills a gallery of the stranger's. Returns the ids by name."""
    form = {"title": "Elsewhere", "externalId": "course-elsewhere", "managerIds": [await id_of(world, STRANGER)]}
    made = await do(world, "admin", CREATE, "enfilade:admin", input=form)
    gallery = made["galleryId"]
    me = [await id_of(world, STRANGER)]
    await do(
        world,
        STRANGER,
        CONFIGURE,
        input={"galleryId": gallery, "enabled": True, "qna": "ENABLED", "chatModeratorIds": me},
    )
    room = (await world.query(STRANGER, "query ($id: ID!) { gallery(by: {id: $id}) { room { id } } }", id=gallery))[
        "gallery"
    ]["room"]["id"]
    entered = await do(world, STRANGER, ENTER, room=room)
    session = entered["session"]["id"]
    medium = (await do(world, STRANGER, ADD, input={"galleryId": gallery, **GOOD}))["media"]["id"]
    given = {"roomId": room, "text": "Why?"}
    draft, poll = [
        (
            await do(
                world, STRANGER, interactions.VERBS["createInteraction"], input={"roomId": room, **interactions.DRAFT}
            )
        )["interaction"]["id"]
        for _ in range(2)
    ]
    await do(world, STRANGER, interactions.VERBS["openInteraction"], input={"interactionId": poll})
    item = (await do(world, STRANGER, shelf.VERBS["addContent"], input={"roomId": room, **shelf.SCREEN}))["item"]["id"]
    webhook = (await do(world, STRANGER, ON_WEBHOOKS["createWebhook"], input=given_webhook(gallery)))["webhook"]["id"]
    return {
        "webhook": webhook,
        "gallery": gallery, "item": item, "room": room, "membership": await membership(world, gallery), "published": medium,
        "playlist": (await do(world, STRANGER, CREATE_PLAYLIST, input={"galleryId": gallery, "title": "All"}))["playlist"]["id"],
        "session": session, "inside": entered["participant"]["id"],
        "group chat": (await do(world, STRANGER, POST, room=room, text="Hello"))["message"]["id"],
        "thread": (await do(world, STRANGER, questions.DOCUMENTS["askQuestion"], input=given))["question"]["id"],
        "draft": draft, "poll": poll,
        "recording": (await do(world, STRANGER, START, input={"sessionId": session}))["recording"]["id"],
    }  # fmt: skip


async def membership(world: World, gallery: str) -> str:
    found = select(Membership.id).join(Gallery).where(Gallery.id == local(gallery)).order_by(Membership.id).limit(1)
    return global_id("GalleryMembership", await world.database.reads.value(found))


async def things_here(world: World, *inside: str) -> dict[str, str]:
    """Lets these people enter the demo's room, which the host launches, and fills it. Returns the ids by name.

    The question in a thread, and the messages, are student-005's.
    """
    await configure(world, qna="ENABLED", enabled=True)
    asker = "student-005"
    session = (await do(world, "host", ENTER, room=world.room))["session"]["id"]
    for who in inside:
        await do(world, who, ENTER, room=world.room)
    joined = (await do(world, asker, ENTER, room=world.room))["participant"]["id"]
    said, deleted = [(await do(world, asker, POST, room=world.room, text="Hello"))["message"]["id"] for _ in range(2)]
    await do(world, asker, TALK["deleteMessage"], input={"messageId": deleted})
    among_us = (await do(world, "host", POST, room=world.room, text="Hush", channel="BACKCHANNEL"))["message"]["id"]
    announced = (await do(world, "chatmod", TALK["announce"], input={"roomId": world.room, "text": "News"}))["message"][
        "id"
    ]
    thread, answered = [
        (await do(world, asker, questions.DOCUMENTS["askQuestion"], input={"roomId": world.room, "text": "Why?"}))[
            "question"
        ]["id"]
        for _ in range(2)
    ]
    await questions.publish(world, answered)
    draft, poll = [
        (
            await do(
                world,
                "chatmod",
                interactions.VERBS["createInteraction"],
                input={"roomId": world.room, **interactions.DRAFT},
            )
        )["interaction"]["id"]
        for _ in range(2)
    ]
    await do(world, "chatmod", interactions.VERBS["openInteraction"], input={"interactionId": poll})
    item = (await do(world, "host", shelf.VERBS["addContent"], input={"roomId": world.room, **shelf.SCREEN}))["item"][
        "id"
    ]
    recording = (await do(world, "host", START, input={"sessionId": session}))["recording"]["id"]
    await do(world, "host", LOCK, input={"sessionId": session})
    waiting = (await do(world, "student-006", ENTER, room=world.room))["participant"]["id"]
    pending = (await do(world, asker, ADD, input={"galleryId": world.gallery, **GOOD}))["media"]["id"]
    published = (await do(world, "manager", ADD, input={"galleryId": world.gallery, **GOOD}))["media"]["id"]
    playlist = (await do(world, "manager", CREATE_PLAYLIST, input={"galleryId": world.gallery, "title": "All"}))[
        "playlist"
    ]["id"]
    webhook = (await do(world, "manager", ON_WEBHOOKS["createWebhook"], input=given_webhook(world.gallery)))["webhook"][
        "id"
    ]
    test = (await do(world, "manager", ON_WEBHOOKS["testWebhook"], input={"webhookId": webhook}))["delivery"]["id"]
    return {
        "webhook": webhook, "delivery": test,
        "gallery": world.gallery, "room": world.room, "membership": await membership(world, world.gallery), "published": published,
        "pending": pending, "playlist": playlist, "session": session, "inside": joined, "waiting": waiting, "group chat": said,
        "backchannel": among_us, "announced": announced, "deleted": deleted, "thread": thread, "answered": answered, "draft": draft,
        "item": item, "poll": poll, "recording": recording, "user": await id_of(world, asker), "group": await group_id(world, "teaching-assistants"),
    }  # fmt: skip
