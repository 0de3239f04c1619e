"""A process that is killed in the middle of a delivery (rules 92, 96)."""

import os
from contextlib import ExitStack

import pytest

from server.settings import Settings
from tests.support.databases import Databases
from tests.support.media import ADD, GOOD
from tests.support.processes import ServerProcess, client_of
from tests.support.receiver import receiving
from tests.support.two_servers import done
from tests.support.webhooks import SENDING, VERBS, given_webhook

pytestmark = pytest.mark.second_tier
TITLES = [f"Film {number}" for number in range(8)]


async def test_what_a_killed_process_was_sending_is_sent_by_another(
    postgres: Databases, postgres_template: str, redis_url: str
) -> None:
    """Rule 96: nothing is lost, and the order is kept; what was under way comes again, with the same id."""
    name = f"enfilade_{os.getpid()}_webhooks"
    with ExitStack() as stack:
        stack.callback(postgres.drop_database, name)
        url = postgres.create_database(name, postgres_template)
        quick = SENDING | {"webhook_seconds": 1.5, "webhook_lease_seconds": 1}
        settings = Settings(dev=True, database_url=url, redis_url=redis_url, drain_seconds=0, **quick)
        first = stack.enter_context(ServerProcess(settings))
        second = stack.enter_context(ServerProcess(settings))
        second.pause()  # so that the first one sends
        async with receiving() as receiver, client_of(first) as client:
            made = await done(
                client, "manager", VERBS["createWebhook"], input=given_webhook(client.gallery, receiver.url)
            )
            await done(client, "manager", ADD, input={"galleryId": client.gallery, **GOOD, "title": TITLES[0]})
            await receiver.wait_for(1)
            receiver.open.clear()
            for title in TITLES[1:]:
                await done(client, "manager", ADD, input={"galleryId": client.gallery, **GOOD, "title": title})
            await receiver.wait_for(2)
            first.kill()
            second.resume()
            receiver.open.set()
            received = await receiver.wait_for(len(TITLES) + 1)
            assert second.is_running()
        ids = [each.id for each in received]
        assert ids[1] == ids[2]
        assert len(set(ids)) == len(TITLES)
        assert all(each.is_signed_by(made["secret"]) for each in received)
        numbers = [each.payload["data"]["ids"]["mediaId"] for each in received]
        assert len(dict.fromkeys(numbers)) == len(TITLES)
