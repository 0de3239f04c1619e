"""Who may change and remove which media, and who sees them (rules 1, 4, 16, 17, 67)."""

import asyncio

from sqlalchemy import select

from models.tables.audit import AuditRecord
from models.tables.galleries import GalleryRole
from schema.context import Context
from schema.root import schema
from tests.support.media import (
    ADD,
    CRANE,
    GOOD,
    INTERVIEW,
    POSTER,
    REMOVE,
    UPDATE,
    add,
    ids_of,
    listed,
    new_gallery,
    node,
    pending,
    remove,
    review,
)
from tests.support.people import absent, give_role, local
from tests.support.statement_counts import _counted
from tests.support.world import World


async def cast(world: World) -> dict[str, str]:
    """Prepares a person of each role. Returns the id of a medium that each owns."""
    await give_role(world, "auditor", GalleryRole.MEMBER)
    await give_role(world, "former", GalleryRole.CONTRIBUTOR)
    owned = {who: (await add(world, who))["id"] for who in ("manager", "moderator", "student-001", "former")}
    await give_role(world, "former", GalleryRole.MEMBER)
    return owned


# owner of the medium, actor, outcome; the students' media wait for review
ALLOWED = [
    ("student-001", "student-001", None),
    ("moderator", "moderator", None),
    ("manager", "manager", None),
    ("student-001", "manager", None),
    ("moderator", "manager", None),
    ("student-001", "moderator", "FORBIDDEN"),
    ("manager", "moderator", "FORBIDDEN"),
    ("manager", "student-001", "FORBIDDEN"),
    ("manager", "auditor", "FORBIDDEN"),
    ("former", "former", "FORBIDDEN"),
    ("student-001", "student-002", "NOT_FOUND"),
    ("student-001", "auditor", "NOT_FOUND"),
    ("student-001", "outsider", "NOT_FOUND"),
    ("manager", "outsider", "NOT_FOUND"),
]


async def test_who_may_change_and_remove_which_media(world: World) -> None:
    """Rules 1, 4, 16."""
    for owner, who, code in ALLOWED:
        media_id = (await cast(world))[owner]
        for document, given in ((UPDATE, {"title": f"By {who}"}), (REMOVE, {})):
            wanted = {"mediaId": media_id, **given}
            if code is None:
                await world.mutate(who, document, input=wanted)
            else:
                assert (await world.refused(who, document, input=wanted))["code"] == code, (owner, who)


async def test_who_may_add_media(world: World) -> None:
    """Rules 1, 4."""
    await cast(world)
    for who, code in (("auditor", "FORBIDDEN"), ("former", "FORBIDDEN"), ("outsider", "NOT_FOUND")):
        refusal = await world.refused(who, ADD, input={"galleryId": world.gallery, **GOOD})
        assert (refusal["code"], refusal["field"]) == (code, ["input", "galleryId"])
    for gallery in (absent("Gallery"), world.room, "no id"):
        refusal = await world.refused("manager", ADD, input={"galleryId": gallery, **GOOD})
        assert refusal["code"] == "NOT_FOUND"


async def test_hidden_media_are_answered_like_absent_ones(world: World) -> None:
    """Rules 4, 16: to another contributor, a member and an outsider."""
    hidden = (await cast(world))["student-001"]
    for who in ("student-002", "auditor", "outsider"):
        for document in (UPDATE, REMOVE):
            answers = [
                await world.refused(who, document, input={"mediaId": media_id})
                for media_id in (hidden, absent("Media"), world.gallery, "no id")
            ]
            assert answers == [answers[0]] * 4
            assert answers[0]["code"] == "NOT_FOUND"
        assert await node(world, who, hidden) is None


async def test_what_waits_or_was_rejected_is_seen_by_its_owner_and_reviewers_alone(world: World) -> None:
    """Rule 16: in lists, search, counts, and by id."""
    (mine,) = await ids_of(world, POSTER)
    for status in ("PENDING", "REJECTED"):
        for who, sees in {"student-001": True, "moderator": True, "manager": True, "student-002": False}.items():
            assert ((await node(world, who, mine)) is not None) is sees
            for chosen in (None, {"search": "poster"}, {"statuses": [status]}, {"tags": ["design"]}):
                assert (POSTER in await listed(world, who, filter=chosen)) is sees
        if status == "PENDING":
            await review(world, "moderator", "REJECT", mine)


async def test_the_count_is_for_those_who_may_review(world: World) -> None:
    """Rule 17."""
    assert {who: (await pending(world, who))[0] for who in ("manager", "moderator", "student-001", "chatmod")} == {
        "manager": 3, "moderator": 3, "student-001": None, "chatmod": None,
    }  # fmt: skip


async def test_what_managers_do_with_the_media_of_others_is_audited(world: World) -> None:
    """Rule 67: refused acts are audited too; acts on one's own media are not."""
    mine = (await add(world, "student-001"))["id"]
    shown = (await add(world, "manager"))["id"]
    await world.mutate("student-001", UPDATE, input={"mediaId": mine, "title": "Other"})
    await world.refused("student-001", REMOVE, input={"mediaId": shown})
    await remove(world, "manager", mine)
    of = select(AuditRecord).where(AuditRecord.target_id.in_([local(mine), local(shown)])).order_by(AuditRecord.id)
    records = [(each.action, each.target, each.role, each.outcome) for each in await world.database.reads.all(of)]
    assert records == [("removeMedia", "media", None, "FORBIDDEN"), ("removeMedia", "media", "MANAGER", "DONE")]


async def test_media_of_one_gallery_are_not_in_another(world: World) -> None:
    """Rules 4, 16: a reviewer of one gallery has no rights in another."""
    other = await new_gallery(world, "student-005", moderateMedia=True)
    mine = await add(world, "student-005", galleryId=other, title="Theirs")
    assert await listed(world, "student-005", other, filter={"search": "theirs"}) == ["Theirs"]
    assert await listed(world, "student-005", filter={"search": "theirs"}) == []
    assert await node(world, "manager", mine["id"]) is None


async def test_hidden_media_take_the_statements_that_absent_ones_take(world: World) -> None:
    """Rules 4, 16: as many statements, so timing does not tell them apart."""
    (hidden,) = await ids_of(world, POSTER)
    for who in ("student-002", "outsider"):
        viewer = (await world.process.accounts.of_token(world.token(who))).viewer
        context = Context(world.process.services, viewer)
        for document in (UPDATE, REMOVE):
            seen = [await refusing(document, media_id, context) for media_id in (hidden, absent("Media"))]
            assert len(seen[0]) == len(seen[1]) > 0


async def refusing(document: str, media_id: str, context: Context) -> list[str]:
    """Returns the SQL of a mutation that is refused with NOT_FOUND."""
    with _counted() as seen:
        given = {"input": {"mediaId": media_id}}
        result = await schema.execute(document, variable_values=given, context_value=context)
    assert result.data
    (payload,) = result.data.values()
    assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
    return seen


async def test_of_many_who_remove_one_medium_at_once_one_does(world: World) -> None:
    """Rule 4: the others get NOT_FOUND, although the medium existed when they began to wait for the lock."""
    given = {"mediaId": (await ids_of(world, POSTER))[0]}
    people = ("manager", "student-001") * 4
    answers = await asyncio.gather(*(world.query(who, REMOVE, input=given) for who in people))
    codes = sorted(error["code"] for answer in answers for error in answer["removeMedia"]["userErrors"])
    assert codes == ["NOT_FOUND"] * 7
    assert await pending(world, "moderator") == (2, [CRANE, INTERVIEW])
