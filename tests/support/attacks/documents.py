"""Attacks with documents: what is expensive to parse, to validate, to execute or to keep."""

from tests.support.attacks.attacker import Attacker, subscribe

NODES = "edges { node { gallery { memberships(first: SIZE) { INNER } } } }"


def nested(levels: int, size: int) -> str:
    """Returns a query of memberships of galleries of memberships, and so on."""
    inner = "edges { node { id } }"
    for _ in range(levels):
        inner = NODES.replace("SIZE", str(size)).replace("INNER", inner)
    return f'{{ gallery(by: {{externalId: "KEY"}}) {{ memberships(first: {size}) {{ {inner} }} }} }}'


def fragments(number: int, aliases: int, of: str = "f") -> str:
    """Returns a query of fragments that all select the same fields under other names, and all spread each other."""
    fields = " ".join(f"a{at}: id" for at in range(aliases))
    parts = [f"fragment {of}{at} on User {{ {fields} ...{of}{at + 1} }}" for at in range(number)]
    spreads = " ".join(f"...{of}{at}" for at in range(number))
    return f"{{ viewer {{ {spreads} }} }} {' '.join(parts)} fragment {of}{number} on User {{ id }}"


def doubling(levels: int) -> str:
    """Returns a query whose fragments each spread the next one twice."""
    parts = [f"fragment f{at} on User {{ a: id ...f{at + 1} b: id ...f{at + 1} }}" for at in range(levels)]
    return f"{{ viewer {{ ...f0 }} }} {' '.join(parts)} fragment f{levels} on User {{ id }}"


async def nested_lists(attacker: Attacker) -> None:
    key = attacker.client.gallery
    await attacker.ask_each(
        nested(levels, size).replace('externalId: "KEY"', f'id: "{key}"')
        for levels, size in [(3, 100), (4, 20), (8, 10), (12, 1)]
    )


async def overlapping_fragments(attacker: Attacker) -> None:
    await attacker.flood(subscribe(at, fragments(40, 10, f"f{at}x")) for at in range(40))
    await attacker.ask_each(fragments(40, 10, f"g{at}x") for at in range(10))


async def fragments_that_double(attacker: Attacker) -> None:
    await attacker.ask_each(doubling(levels) for levels in (10, 20, 40, 200))
    await attacker.ask("{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a }")


async def many_aliases(attacker: Attacker) -> None:
    for field in ("id", "__typename"):
        await attacker.ask("{ viewer { " + " ".join(f"a{at}: {field}" for at in range(100_000)) + " } }")
        await attacker.ask("{ viewer { " + " ".join([field] * 100_000) + " } }")
    await attacker.ask("{ " + " ".join(f"a{at}: viewer {{ id }}" for at in range(30_000)) + " }")


async def many_directives(attacker: Attacker) -> None:
    await attacker.ask("{ viewer { id " + "@include(if: true) " * 10_000 + "} }")
    await attacker.ask("query " + "@a " * 50_000 + "{ viewer { id } }")


async def deep_documents(attacker: Attacker) -> None:
    await attacker.ask("{ viewer " * 5_000 + "}" * 5_000)
    await attacker.ask("query ($a: " + "[" * 20_000 + "ID" + "]" * 20_000 + ") { viewer { id } }")
    await attacker.ask("{ node(id: " + "[" * 50_000 + "]" * 50_000 + ") { id } }")
    await attacker.post(b'{"query": ' + b"[" * 200_000 + b"]" * 200_000 + b"}")


async def many_tokens(attacker: Attacker) -> None:
    await attacker.ask("{" + "," * 900_000 + "viewer{id}}")
    await attacker.ask("{" + "#\n" * 400_000 + "viewer{id}}")
    await attacker.ask('{ node(id: "' + "\\u0041" * 100_000 + '") { id } }')
    await attacker.ask("".join(f"query q{at} {{ viewer {{ id }} }} " for at in range(20_000)))


async def documents_that_are_kept(attacker: Attacker) -> None:
    """520 documents of 640 aliases, which are all different and all valid."""
    for first in range(0, 520, 20):
        await attacker.ask_each(
            "{ viewer { " + " ".join(f"b{at}x{number}: id" for number in range(640)) + " } }"
            for at in range(first, first + 20)
        )


async def wrong_fields(attacker: Attacker) -> None:
    """Each is an error of its own, and some are near to the names of fields."""
    await attacker.ask("{ viewer { " + " ".join(f"nam{at}" for at in range(5_000)) + " } }")
    await attacker.ask("query ($a: ID!) { node(id: $a) { id } }", {"a": ["x" * 900_000]})
    await attacker.ask("query ($a: EventCursor!) { viewer { id } }", {"a": {"b": "x" * 900_000}})


async def introspection(attacker: Attacker) -> None:
    type_ = "fields { type { fields { type { fields { type { fields { name type { fields { name } } } } } } } } }"
    await attacker.ask_each([f"{{ __schema {{ types {{ {type_} }} }} }}"] * 4)


async def mutations_in_bulk(attacker: Attacker) -> None:
    gallery, room = attacker.client.gallery, attacker.client.room
    one = (
        f'addMedia(input: {{galleryId: "{gallery}", title: "x", kind: VIDEO, url: "https://x.example/"}}) {{ cursor }}'
    )
    for number in (110, 330):
        await attacker.ask("mutation { " + " ".join(f"a{at}: {one}" for at in range(number)) + " }")
    ids = [f"x{at}" for at in range(80_000)]
    document = 'mutation ($ids: [ID!]!) { admitParticipants(input: {sessionId: "x", participantIds: $ids}) { cursor } }'
    await attacker.ask(document, {"ids": ids})
    listed = (
        'mutation ($ids: [ID!]!) { configureRoom(input: {galleryId: "'
        + room
        + '", chatModeratorIds: $ids}) { cursor } }'
    )
    await attacker.ask(listed, {"ids": ids})
