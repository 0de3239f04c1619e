"""Users that site admins create before their first sign-in (rules 14, 20)."""

from tests.support.admin_mutations import UPSERT, as_admin, not_as_admin
from tests.support.people import id_of
from tests.support.world import World


async def test_a_user_is_made_and_brought_up_to_date(world: World) -> None:
    """All columns are replaced, by issuer and subject; a token for these then names the same user."""
    given = {"issuer": world.settings.jwt_issuer, "subject": "nora", "name": "Nora New", "email": "nora@example.org"}
    made = (await as_admin(world, UPSERT, **given, avatarUrl="https://example.org/n.png"))["user"]
    assert (made["name"], made["email"]) == ("Nora New", "nora@example.org")
    later = (await as_admin(world, UPSERT, **(given | {"name": " Nora Newer ", "email": None})))["user"]
    assert later == {"id": made["id"], "name": "Nora Newer", "email": None, "avatarUrl": None}
    assert await id_of(world, "nora") == made["id"]


async def test_an_e_mail_address_is_stored_as_it_was_given(world: World) -> None:
    """Rule 20: in any script, but trimmed."""
    given = {"issuer": world.settings.jwt_issuer, "subject": "nora", "name": "Nora"}
    plain = (
        "n@localhost",
        "nora.o'new+list@mail-1.example.org",
        "!#$%&*/=?^_`{|}~-@a.example",
        "n@xn--bcher-kva.example",
    )
    for address in (
        *plain,
        "n\u00f6ra@b\u00fccher.example",
        "\u7528\u6237@\u4f8b\u3048.\u4f8b",
        f"{'x' * 64}@a.example",
    ):
        assert (await as_admin(world, UPSERT, **given, email=f" {address}\n"))["user"]["email"] == address


async def test_bad_users_are_refused(world: World) -> None:
    """Rule 20: each refusal names the wrong field."""
    good = {"issuer": "https://id.example.org", "subject": "nora", "name": "Nora"}
    cases = [
        ("issuer", ["", " x", "x" * 256]),
        ("subject", ["", "x ", "x\n", "e\u0301", "x" * 256]),
        ("name", ["", " ", "x" * 201, "a\nb"]),
        ("username", ["a\nb", "x" * 201]),
        ("email", ["nora", "@example.org", "nora@", "no ra@example.org", "x" * 250 + "@x.org"]),
        ("avatarUrl", ["javascript:alert(1)", "example.org/nora.png", "https://"]),
    ]
    for field, values in cases:
        for value in values:
            answer = await not_as_admin(world, UPSERT, **(good | {field: value}))
            assert answer == ("INVALID", ["input", field]), (field, value)
