"""What a webhook is sent: everything that its account may see, in order, signed (rules 91 to 93)."""

from tests.support.media import ADD, GOOD
from tests.support.receiver import Receiver
from tests.support.webhooks import create, read
from tests.support.world import World


async def add(world: World, title: str, who: str = "manager") -> str:
    given = {"galleryId": world.gallery, **GOOD, "title": title}
    return str((await world.mutate(who, ADD, input=given))["media"]["id"])


async def test_events_arrive_signed_in_order(world: World, receiver: Receiver) -> None:
    """Rules 92, 93: thin payloads, which the reference implementation of Standard Webhooks accepts."""
    made = await create(world, receiver.url)
    media = [await add(world, f"Film {number}") for number in range(3)]
    received = await receiver.wait_for(3)
    assert [each.verify(made["secret"]) for each in received] == [each.payload for each in received]
    assert [each.payload["data"]["ids"]["mediaId"] for each in received] == media
    assert {each.type for each in received} == {"MediaAdded"}
    assert received[0].payload["data"]["ids"].keys() == {"galleryId", "roomId", "mediaId"}
    assert len({each.id for each in received}) == 3
    webhook = await read(world, made["webhook"]["id"])
    assert webhook["lastDeliveredAt"]
    assert [(each["state"], each["status"], each["attempt"]) for each in webhook["deliveries"]] == [
        ("SUCCEEDED", 204, 1)
    ] * 3
