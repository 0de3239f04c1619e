"""The permission matrix of tests/access/test_permissions.py, continued: webhooks, which managers alone see."""

from typing import Any

import pytest

from tests.support.permission_acts import OF_WEBHOOKS
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, outcome
from tests.support.webhooks import URL, create, given_webhook
from tests.support.world import World

# The outcome for each caller, from left to right, on a webhook of the manager's.
MATRIX = """
                        create   update   rotate   test     replay   delete
manager                 yes      yes      yes      yes      yes      yes
manager-by-group        yes      yes      yes      yes      yes      yes
gallery-moderator       no       unseen   unseen   unseen   unseen   unseen
contributor             no       unseen   unseen   unseen   unseen   unseen
member                  no       unseen   unseen   unseen   unseen   unseen
room-moderator          no       unseen   unseen   unseen   unseen   unseen
room-moderator-inside   no       unseen   unseen   unseen   unseen   unseen
room-moderator-guest    unseen   unseen   unseen   unseen   unseen   unseen
chat-moderator          no       unseen   unseen   unseen   unseen   unseen
speaker                 no       unseen   unseen   unseen   unseen   unseen
attendee                no       unseen   unseen   unseen   unseen   unseen
outsider                unseen   unseen   unseen   unseen   unseen   unseen
media-server            unseen   unseen   unseen   unseen   unseen   unseen
suspended               unknown  unknown  unknown  unknown  unknown  unknown
no-token                unknown  unknown  unknown  unknown  unknown  unknown
site-admin              unseen   unseen   unseen   unseen   unseen   unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())


@pytest.mark.second_tier
async def test_what_each_caller_may_do_with_webhooks(world: World) -> None:
    """Rules 4, 91: a refusal changes nothing and logs no event."""
    await fill(world)
    got = [[name, *await outcomes(world, caller)] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act on a new webhook, which is deleted at the end."""
    made = await create(world, URL)
    webhook = made["webhook"]["id"]
    of_act: dict[str, dict[str, Any]] = {
        "create": given_webhook(world.gallery),
        "update": {"webhookId": webhook, "enabled": False},
        "replay": {"webhookId": webhook, "after": made["cursor"]},
    }
    got = []
    for act in ACTS:
        given = of_act.get(act, {"webhookId": webhook})
        got.append(WORDS[await outcome(world, caller, OF_WEBHOOKS[act], {"input": given})])
    for each in await listed(world):
        await world.query("manager", OF_WEBHOOKS["delete"], input={"webhookId": each})
    return got


async def listed(world: World) -> list[str]:
    asked = "query ($id: ID!) { gallery(by: {id: $id}) { webhooks { edges { node { id } } } } }"
    found = (await world.query("manager", asked, id=world.gallery))["gallery"]["webhooks"]["edges"]
    return [each["node"]["id"] for each in found]
