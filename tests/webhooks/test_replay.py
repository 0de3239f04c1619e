"""Replay: a webhook is sent again what followed a cursor, with the same ids (rule 92)."""

from functools import partial

from models.events import log
from server.accounts import THE_SERVER
from tests.support.media import new_gallery
from tests.support.people import local
from tests.support.receiver import Receiver
from tests.support.webhooks import VERBS, act, add_media, create, wait_until
from tests.support.world import World


async def test_all_that_followed_a_cursor_is_sent_again(world: World, receiver: Receiver) -> None:
    """Rule 92: the cursor of a payload, or of the mutation that made the webhook."""
    made = await create(world, receiver.url, eventTypes=["MediaAdded"])
    webhook = made["webhook"]["id"]
    await add_media(world, "One", "Two", "Three")
    first = [*await receiver.wait_for(3)]
    await wait_until(world, webhook, lambda of: len(of["deliveries"]) == 3)
    await act(world, "replayWebhook", webhook, after=first[0].payload["data"]["cursor"])
    await receiver.wait_for(5)
    await wait_until(world, webhook, lambda of: len(of["deliveries"]) == 5)
    await act(world, "replayWebhook", webhook, after=made["cursor"])
    received = await receiver.wait_for(8)
    ids = [each.id for each in first]
    assert [each.id for each in received] == [*ids, *ids[1:], *ids]
    assert [each.body for each in received[5:]] == [each.body for each in first]


async def test_a_replay_during_a_delivery_is_not_lost(world: World, receiver: Receiver) -> None:
    """Rule 92: the delivery that was under way does not move the webhook forward again."""
    made = await create(world, receiver.url, eventTypes=["MediaAdded"])
    await add_media(world, "One")
    await receiver.wait_for(1)
    await wait_until(world, made["webhook"]["id"], lambda of: len(of["deliveries"]) == 1)
    receiver.open.clear()
    await add_media(world, "Two")
    await receiver.wait_for(2)
    await act(world, "replayWebhook", made["webhook"]["id"], after=made["cursor"])
    receiver.open.set()
    received = await receiver.wait_for(4)
    ids = [each.id for each in received]
    assert ids[2:] == ids[:2]


async def test_a_cursor_of_another_gallery_or_of_what_is_gone_is_refused(world: World, receiver: Receiver) -> None:
    """Rule 61: nothing is left out silently. A webhook that stands before what is kept is disabled, and told."""
    made = await create(world, receiver.url)
    webhook = made["webhook"]["id"]
    other = await new_gallery(world)
    asked = "query ($id: ID!) { gallery(by: {id: $id}) { cursor } }"
    foreign = (await world.query("manager", asked, id=other))["gallery"]["cursor"]
    for after in (foreign, "nonsense"):
        refused = await world.refused("manager", VERBS["replayWebhook"], input={"webhookId": webhook, "after": after})
        assert (refused["code"], refused["field"]) == ("INVALID", ["input", "after"])
    await act(world, "updateWebhook", webhook, enabled=False)
    await add_media(world, "One", "Two")
    pruned = partial(log.prune, gallery_id=local(world.gallery), keep=1, oldest=world.clock())
    await world.database.transact(THE_SERVER, "test", pruned)
    gone = {"webhookId": webhook, "after": made["cursor"]}
    assert (await world.refused("manager", VERBS["replayWebhook"], input=gone))["code"] == "CONFLICT"
    await act(world, "updateWebhook", webhook, enabled=True)
    disabled = await wait_until(world, webhook, lambda of: of["disabledReason"] == "CURSOR_EXPIRED")
    assert receiver.received == []
    head = (await world.query("manager", asked, id=world.gallery))["gallery"]["cursor"]
    await act(world, "replayWebhook", disabled["id"], after=head)
    await act(world, "updateWebhook", webhook, enabled=True)
    assert (await receiver.wait_for(1))[0].type == "WebhookSaved"
