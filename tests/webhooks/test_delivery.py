"""What a webhook is sent: all that its account may see, in order and signed (rules 91 to 93)."""

import pytest

from server import webhook_payloads
from server.accounts import THE_SERVER
from tests.support.admin_mutations import remove_member, set_member
from tests.support.audit_records import audited, records
from tests.support.chat import TALK
from tests.support.event_streams import GALLERY, is_live, next_event
from tests.support.people import absent, id_of, local
from tests.support.receiver import Receiver, receiving
from tests.support.webhooks import VERBS, act, add_media, attempts, create, given_webhook, read, wait_until
from tests.support.world import World

MEDIA = """subscription ($galleryId: ID!) { galleryEvents(galleryId: $galleryId) {
  __typename ... on MediaAdded { media { id title status } gallery { pendingCount } } } }"""
CHAT = "subscription ($roomId: ID!) { chat(roomId: $roomId) { ... on MessageEvent { message { text deletedAt } } } }"


async def test_events_arrive_signed_and_in_order(world: World, receiver: Receiver) -> None:
    """Rules 92, 93: thin payloads, which the reference implementation of Standard Webhooks accepts."""
    made = await create(world, receiver.url)
    media = await add_media(world, "One", "Two", "Three")
    received = await receiver.wait_for(3)
    assert [each.verify(made["secret"]) for each in received] == [each.payload for each in received]
    assert [each.payload["data"]["ids"]["mediaId"] for each in received] == media
    assert {each.type for each in received} == {"MediaAdded"}
    assert received[0].payload.keys() == {"type", "timestamp", "data"}
    assert received[0].payload["data"].keys() == {"cursor", "ids"}
    assert received[0].payload["data"]["ids"].keys() == {"galleryId", "roomId", "mediaId"}
    assert len({each.id for each in received}) == 3
    webhook = await wait_until(world, made["webhook"]["id"], lambda of: len(of["deliveries"]) == 3)
    assert webhook["lastDeliveredAt"]
    assert attempts(webhook) == [("MediaAdded", "SUCCEEDED", 1, None, 204)] * 3


async def test_it_is_sent_what_its_account_sees_at_each_delivery(world: World, receiver: Receiver) -> None:
    """Rules 63, 92: a manager's is told of pending media; after a demotion only of published ones."""
    account = await id_of(world, "outsider")
    await set_member(world, account, "MANAGER")
    made = await create(world, receiver.url, "outsider", eventTypes=["MediaAdded"])
    pending = await add_media(world, "Pending", who="student-001")
    await receiver.wait_for(1)
    await set_member(world, account, "MEMBER")
    await add_media(world, "Pending too", who="student-001")
    published = await add_media(world, "Published")
    received = await receiver.wait_for(2)
    assert [each.payload["data"]["ids"]["mediaId"] for each in received] == [*pending, *published]
    async with world.socket("manager") as socket:
        stream = await socket.subscribe(GALLERY, gallery=world.gallery)
        await is_live(stream)
        await remove_member(world, account)
        kinds = [(await next_event(stream))["__typename"] for _ in range(2)]
    assert kinds == ["AccessChanged", "WebhookDisabled"]
    webhook = await read(world, made["webhook"]["id"])
    assert (webhook["enabled"], webhook["disabledReason"]) == (False, "ACCESS_LOST")
    assert len(receiver.received) == 2
    last = (await records(world))[-1]
    assert (last.actor_id, last.action, last.outcome) == (THE_SERVER.id, "deliverWebhook", "ACCESS_LOST")
    assert (last.target, last.target_id) == ("webhook", local(webhook["id"]))


async def test_a_suspended_account_gets_nothing_more(world: World, receiver: Receiver) -> None:
    """Rule 66."""
    await set_member(world, await id_of(world, "student-009"), "MANAGER")
    made = await create(world, receiver.url, "student-009")
    await world.suspend("student-009")
    await add_media(world, "Unseen")
    webhook = await wait_until(world, made["webhook"]["id"], lambda of: not of["enabled"])
    assert (webhook["disabledReason"], receiver.received) == ("ACCESS_LOST", [])


async def test_a_document_of_its_own_is_rendered_as_its_account(world: World, receiver: Receiver) -> None:
    """Rule 92: its answer is added to events of its stream; others stay thin."""
    made = await create(world, receiver.url, document=MEDIA, eventTypes=["MediaAdded", "WebhookSaved"])
    (medium,) = await add_media(world, "Shown", who="student-001")
    await act(world, "updateWebhook", made["webhook"]["id"], name="Renamed")
    added, saved = await receiver.wait_for(2)
    answer = added.payload["data"]["document"]["data"]["galleryEvents"]
    assert answer["media"] == {"id": medium, "title": "Shown", "status": "PENDING"}
    assert answer["gallery"]["pendingCount"] > 0
    assert saved.payload["data"]["document"] == {"data": {"galleryEvents": {"__typename": "WebhookSaved"}}}
    assert added.verify(made["secret"])


async def test_of_a_stream_that_does_not_deliver_the_event_there_is_no_answer(world: World, receiver: Receiver) -> None:
    await create(world, receiver.url, document=CHAT)
    await add_media(world, "No message")
    (added,) = await receiver.wait_for(1)
    assert added.payload["data"]["document"] is None


async def test_what_was_deleted_before_a_retry_is_not_sent(world: World, receiver: Receiver) -> None:
    """Rules 46, 92: a payload is made for each attempt, so it has no text that is gone."""
    await world.enter("manager", "student-001")
    receiver.status = 500
    made = await create(world, receiver.url, document=CHAT, eventTypes=["MessagePosted"])
    message = (await world.post("student-001", "Oh no"))["message"]["id"]
    (first,) = await receiver.wait_for(1)
    assert first.payload["data"]["document"]["data"]["chat"]["message"]["text"] == "Oh no"
    await wait_until(world, made["webhook"]["id"], lambda of: of["nextAttemptAt"])
    await world.mutate("student-001", TALK["deleteMessage"], input={"messageId": message})
    receiver.status = 204
    world.clock.advance(seconds=10)
    _, again = await receiver.wait_for(2)
    assert again.id == first.id
    assert again.payload["data"]["document"]["data"]["chat"]["message"]["text"] is None
    await world.query("manager", "mutation ($r: ID!) { leaveRoom(input: {roomId: $r}) { cursor } }", r=world.room)


async def test_an_answer_that_is_too_large_is_left_out(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_payloads, "LARGEST_BYTES", 500)
    await create(world, receiver.url, document=MEDIA)
    await add_media(world, "Large " * 30)
    (added,) = await receiver.wait_for(1)
    (error,) = added.payload["data"]["document"]["errors"]
    assert error["extensions"]["code"] == "TOO_EXPENSIVE"


async def test_who_changes_where_or_what_it_sends_becomes_its_account(world: World, receiver: Receiver) -> None:
    """Rule 92: nobody reads with the rights of another manager."""
    await set_member(world, await id_of(world, "student-008"), "MANAGER")
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    renamed = await act(world, "updateWebhook", webhook, "student-008", name="Renamed")
    assert renamed["webhook"]["account"]["name"] == "Mara Manager"
    for change in ({"url": f"{receiver.url}/2"}, {"document": MEDIA}, {"eventTypes": ["MediaAdded"]}):
        await act(world, "updateWebhook", webhook, eventTypes=[], document="")
        assert (await read(world, webhook))["account"]["name"] in {"Mara Manager", "Student 008"}
        taken = await act(world, "updateWebhook", webhook, "student-008", **change)
        assert taken["webhook"]["account"]["name"] == "Student 008", change
    await act(world, "updateWebhook", webhook, enabled=False)
    assert (await read(world, webhook))["account"]["name"] == "Student 008"
    on = await act(world, "updateWebhook", webhook, enabled=True)
    assert on["webhook"]["account"]["name"] == "Mara Manager"


async def test_what_managers_do_is_audited(world: World, receiver: Receiver) -> None:
    """Rule 67."""
    async with audited(world) as audit:
        webhook = (await create(world, receiver.url))["webhook"]["id"]
        await act(world, "rotateWebhookSecret", webhook)
        await world.refused("student-001", VERBS["deleteWebhook"], input={"webhookId": webhook})
    assert audit.lines == [
        ("manager", "createWebhook", "MANAGE_GALLERY", "gallery", "MANAGER", "DONE"),
        ("manager", "rotateWebhookSecret", "MANAGE_GALLERY", "webhook", "MANAGER", "DONE"),
        ("student-001", "deleteWebhook", "MANAGE_GALLERY", "webhook", None, "NOT_FOUND"),
    ]


async def test_a_gallery_has_at_most_ten(world: World, receiver: Receiver) -> None:
    """Rule 91: the refusal stores nothing; a deleted one makes room."""
    made = [(await create(world, receiver.url))["webhook"]["id"] for _ in range(10)]
    refused = await world.refused("manager", VERBS["createWebhook"], input=given_webhook(world.gallery, receiver.url))
    assert (refused["code"], refused["field"]) == ("CONFLICT", ["input", "galleryId"])
    assert (await act(world, "deleteWebhook", made[0]))["webhookId"] == made[0]
    await create(world, receiver.url)
    gone = {"webhookId": made[0], "enabled": False}
    assert (await world.refused("manager", VERBS["updateWebhook"], input=gone))["code"] == "NOT_FOUND"
    assert (await world.refused("manager", VERBS["testWebhook"], input={"webhookId": absent("Webhook")}))[
        "code"
    ] == "NOT_FOUND"


async def test_one_that_slept_catches_up_past_what_is_not_for_it(world: World, receiver: Receiver) -> None:
    """Rule 92: switched on again, it goes on after the last event that was delivered."""
    webhook = (await create(world, receiver.url, eventTypes=["PlaylistDeleted", "WebhookSaved"]))["webhook"]["id"]
    await act(world, "updateWebhook", webhook, enabled=False)
    await add_media(world, *map(str, range(12)))
    await act(world, "updateWebhook", webhook, enabled=True)
    received = await receiver.wait_for(2)
    assert [each.type for each in received] == ["WebhookSaved", "WebhookSaved"]


async def test_two_webhooks_have_places_of_their_own(world: World, receiver: Receiver) -> None:
    async with receiving() as other:
        for each in (receiver, other):
            await create(world, each.url, eventTypes=["MediaAdded"])
        media = await add_media(world, "Both")
        for each in (receiver, other):
            (added,) = await each.wait_for(1)
            assert added.payload["data"]["ids"]["mediaId"] == media[0]
        assert receiver.received[0].id != other.received[0].id
