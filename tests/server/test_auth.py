import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from server import auth, keys
from server.auth import Authenticator, bearer, connection_token
from server.claims import AuthUnavailable, Claims, Unauthenticated
from server.settings import Settings
from server.tokens import issue_token
from tests.support.issuers import NOON, SHARED, Clock, Issuer, claims, refusal, signed

LEEWAY = timedelta(seconds=2)
RSA_KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, **fields: object) -> dict[str, object]:
    algorithm: Any = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return dict(algorithm.to_jwk(key.public_key(), as_dict=True)) | fields


def by_keys(source: str, clock: Clock, algorithm: Any = "RS256") -> Authenticator:
    return Authenticator(Settings(dev=True, jwt_algorithm=algorithm, jwt_jwks=source), clock)


async def test_a_good_token_tells_who_is_calling(clock: Clock) -> None:
    token = signed(
        name="Ada Lovelace",
        preferred_username="ada",
        email="ada@example.org",
        picture="https://example.org/ada.png",
        scope="enfilade:admin openid",
    )
    assert await Authenticator(SHARED, clock).verify(token) == Claims(
        issuer=SHARED.jwt_issuer,
        subject="u-1",
        name="Ada Lovelace",
        username="ada",
        email="ada@example.org",
        avatar_url="https://example.org/ada.png",
        scopes=frozenset({"enfilade:admin", "openid"}),
        expires_at=NOON + timedelta(hours=1) + LEEWAY,
    )


@pytest.mark.parametrize("missing", ["exp", "iss", "aud", "sub"])
async def test_a_token_without_a_required_claim_is_refused(clock: Clock, missing: str) -> None:
    assert missing in await refusal(Authenticator(SHARED, clock), signed(**{missing: None}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iss": "https://evil.example"}, "The token is from another issuer."),
        ({"aud": "another"}, "The token is for another audience."),
        ({"aud": ["another", "one more"]}, "The token is for another audience."),
        ({"aud": []}, "The token lacks one of exp, iss, aud and sub."),
        ({"sub": ""}, "The token's subject is not valid."),
        ({"sub": "u" * 256}, "The token's subject is not valid."),
        ({"sub": "u\u00001"}, "The token's subject is not valid."),
        ({"sub": " u-1"}, "The token's subject is not valid."),
        ({"sub": "e\u0301"}, "The token's subject is not valid."),
        ({"sub": "\ud800"}, "The token's subject is not valid."),
        ({"sub": "\u200b"}, "The token's subject is not valid."),
        ({"sub": "\u202eu-1"}, "The token's subject is not valid."),
        ({"iat": "yesterday"}, "The token's dates are not valid."),
        ({"sub": 1}, "The token is not valid."),
        ({"exp": "tomorrow"}, "The token's dates are not valid."),
        ({"exp": 1e300}, "The token's dates are not valid."),
        ({"exp": float("nan")}, "The token's dates are not valid."),
        ({"nbf": []}, "The token's dates are not valid."),
    ],
)
async def test_a_token_with_another_value_is_refused(clock: Clock, change: dict[str, object], message: str) -> None:
    assert await refusal(Authenticator(SHARED, clock), signed(**change)) == message


async def test_an_audience_may_be_one_of_several(clock: Clock) -> None:
    assert await Authenticator(SHARED, clock).verify(signed(aud=["another", SHARED.jwt_audience]))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "x" * 9000, "eyJ\udc80.eyJ.x", "é.é.é", f"{signed()}.x", f" {signed()}", signed()[:-4]],
)
async def test_what_is_no_token_is_refused(clock: Clock, token: str) -> None:
    assert await refusal(Authenticator(SHARED, clock), token)


async def test_a_token_that_is_too_long_is_refused(clock: Clock) -> None:
    assert await refusal(Authenticator(SHARED, clock), signed(name="x" * 6000)) == "The token is malformed."


async def test_a_token_lasts_until_its_expiry_and_the_leeway(clock: Clock) -> None:
    authenticator = Authenticator(SHARED, clock)
    token = signed()
    clock.advance(seconds=3601.9)
    assert await authenticator.verify(token)
    clock.advance(seconds=0.1)
    assert await refusal(authenticator, token) == "The token has expired."
    assert await refusal(Authenticator(SHARED, clock), token) == "The token has expired."


async def test_a_token_begins_when_it_says_less_the_leeway(clock: Clock) -> None:
    authenticator = Authenticator(SHARED, clock)
    token = signed(nbf=int(NOON.timestamp()) + 10)
    clock.advance(seconds=7.9)
    assert await refusal(authenticator, token) == "The token is not valid yet."
    clock.advance(seconds=0.1)
    assert await authenticator.verify(token)


def tampered(token: str, **changes: object) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{unsigned(claims(**changes))}.{signature}"


def unsigned(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def forged(header: Mapping[str, object], secret: bytes = b"") -> str:
    content = f"{unsigned(header)}.{unsigned(claims())}"
    signature = hmac.new(secret, content.encode(), hashlib.sha256).digest() if secret else b""
    return f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def test_a_token_that_was_changed_or_signed_by_another_is_refused(clock: Clock) -> None:
    authenticator = Authenticator(SHARED, clock)
    await authenticator.verify(signed())
    for token in (tampered(signed(), sub="u-2"), signed("another secret that is long enough")):
        assert await refusal(authenticator, token) == "The token's signature is not valid."


@pytest.mark.parametrize("algorithm", ["none", "None", "HS384", "RS256", "ES256", "", None, ["HS256"], {"HS256": 1}])
async def test_a_token_signed_with_another_algorithm_is_refused(clock: Clock, algorithm: object) -> None:
    secret = SHARED.jwt_secret.get_secret_value().encode()
    for token in (forged({"alg": algorithm}), forged({"alg": algorithm}, secret), forged({"typ": "JWT"}, secret)):
        assert "algorithm" in await refusal(Authenticator(SHARED, clock), token)


@pytest.mark.parametrize("header", [{"kid": 1}, {"crit": ["x"], "x": 1}, {"crit": ["b64"], "b64": False}])
async def test_a_token_with_a_strange_header_is_refused(clock: Clock, header: dict[str, object]) -> None:
    secret = SHARED.jwt_secret.get_secret_value().encode()
    assert await refusal(Authenticator(SHARED, clock), forged({"alg": "HS256"} | header, secret))


@pytest.mark.parametrize("form", [serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1])
async def test_a_public_key_is_never_taken_for_a_shared_secret(
    issuer: Issuer, clock: Clock, form: serialization.PublicFormat
) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"))
    pem = RSA_KEYS[0].public_key().public_bytes(serialization.Encoding.PEM, form)
    assert "algorithm" in await refusal(by_keys(issuer.url, clock), forged({"alg": "HS256", "kid": "a"}, pem))


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", RSA_KEYS[0]), ("ES256", EC_KEY)])
async def test_a_token_of_a_published_key_is_accepted(issuer: Issuer, clock: Clock, algorithm: str, key: Any) -> None:
    issuer.publish(public(key, kid="a"))
    authenticator = by_keys(issuer.url, clock, algorithm)
    assert (await authenticator.verify(signed(key, algorithm, "a"))).subject == "u-1"
    assert "signature" in await refusal(authenticator, tampered(signed(key, algorithm, "a"), sub="u-2"))


async def test_a_key_in_the_token_itself_is_not_believed(issuer: Issuer, clock: Clock) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"))
    headers = {"kid": "a", "jwk": public(RSA_KEYS[1]), "jku": "http://127.0.0.1:9/jwks.json"}
    token = jwt.encode(claims(), RSA_KEYS[1], "RS256", headers)
    assert await refusal(by_keys(issuer.url, clock), token) == "The token's signature is not valid."


async def test_a_token_that_names_no_key_is_accepted_where_there_is_only_one(issuer: Issuer, clock: Clock) -> None:
    issuer.publish(public(RSA_KEYS[0]), public(EC_KEY, kid="b"))
    assert await by_keys(issuer.url, clock).verify(signed(RSA_KEYS[0], "RS256"))
    issuer.publish(public(RSA_KEYS[0], kid="a"), public(RSA_KEYS[1], kid="b"))
    assert "unknown key" in await refusal(by_keys(issuer.url, clock), signed(RSA_KEYS[0], "RS256"))


SECRET_ENTRY = {"kty": "oct", "kid": "a", "k": unsigned({"a": "secret that is long enough for all"})}


@pytest.mark.parametrize(
    "entry",
    [
        SECRET_ENTRY,
        SECRET_ENTRY | {"alg": "RS256"},
        public(RSA_KEYS[0], kid="a", use="enc"),
        public(RSA_KEYS[0], kid="a", alg="RS512"),
        dict(RSAAlgorithm.to_jwk(RSA_KEYS[0], as_dict=True)) | {"kid": "a"},
        public(RSA_KEYS[0], kid=["a"]),
        public(RSA_KEYS[0], kid="a", n=1),
        public(EC_KEY, kid="a"),
        {"kty": "RSA", "kid": "a"},
        {},
        "a",
        None,
    ],
)
async def test_a_published_key_for_another_purpose_is_not_used(issuer: Issuer, clock: Clock, entry: Any) -> None:
    issuer.publish(entry, public(RSA_KEYS[1], kid="b"))
    authenticator = by_keys(issuer.url, clock)
    assert "unknown key" in await refusal(authenticator, signed(RSA_KEYS[0], "RS256", "a"))
    assert await authenticator.verify(signed(RSA_KEYS[1], "RS256", "b"))


async def test_a_key_that_is_too_short_is_not_used(issuer: Issuer, clock: Clock) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  the test is about such keys
    issuer.publish(public(short, kid="a"))
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = signed(short, "RS256", "a")
    assert await refusal(by_keys(issuer.url, clock), token) == "The token is not valid."


async def test_keys_are_fetched_once_for_many(issuer: Issuer, clock: Clock) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"))
    authenticator = by_keys(issuer.url, clock)
    tokens = [signed(RSA_KEYS[0], "RS256", "a", sub=f"u-{n}") for n in range(20)]
    await asyncio.gather(*(authenticator.verify(token) for token in tokens))
    assert issuer.requests == 1


async def test_an_unknown_key_has_the_set_fetched_at_most_every_30_seconds(issuer: Issuer, clock: Clock) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"))
    authenticator = by_keys(issuer.url, clock)
    await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a"))
    issuer.publish(public(RSA_KEYS[0], kid="a"), public(RSA_KEYS[1], kid="b"))
    new = signed(RSA_KEYS[1], "RS256", "b")
    clock.advance(seconds=29)
    for _ in range(3):
        assert await refusal(authenticator, new) == "The token is signed with an unknown key."
    assert issuer.requests == 1
    clock.advance(seconds=1)
    assert await authenticator.verify(new)
    for n in range(3):
        assert "unknown key" in await refusal(authenticator, signed(RSA_KEYS[1], "RS256", f"c{n}"))
    assert issuer.requests == 2


async def test_all_who_wait_for_a_new_key_get_it_from_one_fetch(issuer: Issuer, clock: Clock) -> None:
    authenticator = by_keys(issuer.url, clock)
    await refusal(authenticator, signed(RSA_KEYS[0], "RS256", "a"))
    issuer.publish(public(RSA_KEYS[0], kid="a"))
    clock.advance(seconds=30)
    tokens = [signed(RSA_KEYS[0], "RS256", "a", sub=f"u-{n}") for n in range(5)]
    await asyncio.gather(*(authenticator.verify(token) for token in tokens))
    assert issuer.requests == 2


async def test_a_slow_issuer_holds_up_only_those_who_lack_a_key(issuer: Issuer, clock: Clock) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"), public(RSA_KEYS[1], kid="b"))
    authenticator = by_keys(issuer.url, clock)
    await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a"))
    clock.advance(minutes=6)
    issuer.may_answer.clear()
    issuer.asked.clear()
    refused = asyncio.create_task(refusal(authenticator, signed(RSA_KEYS[1], "RS256", "c")))
    await asyncio.to_thread(issuer.asked.wait, 10)
    assert await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a", sub="u-2"))
    assert not refused.done()
    issuer.may_answer.set()
    assert "unknown key" in await refused


async def test_a_withdrawn_key_is_refused_after_at_most_six_minutes(issuer: Issuer, clock: Clock) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"), public(RSA_KEYS[1], kid="b"))
    authenticator = by_keys(issuer.url, clock)
    token = signed(RSA_KEYS[0], "RS256", "a")
    await authenticator.verify(token)
    issuer.publish(public(RSA_KEYS[1], kid="b"))
    clock.advance(minutes=4, seconds=59)
    await authenticator.verify(token)
    clock.advance(minutes=1)
    assert "unknown key" in await refusal(authenticator, token)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b"{}"),
        (404, b"sorry"),
        (302, b""),
        (200, b"<html>"),
        (200, b"\xff"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": {}}'),
        (200, b"[" * 100_000),
    ],
)
async def test_a_failed_fetch_keeps_the_keys_and_is_no_crash(
    issuer: Issuer, clock: Clock, status: int, answer: bytes
) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"))
    authenticator = by_keys(issuer.url, clock)
    await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a"))
    issuer.status, issuer.answer = status, answer
    clock.advance(minutes=6)
    assert await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a", sub="u-2"))
    assert issuer.requests == 2
    with pytest.raises(AuthUnavailable):
        await authenticator.verify(signed(RSA_KEYS[1], "RS256", "b"))
    assert issuer.requests == 2
    issuer.status = 200
    issuer.publish(public(RSA_KEYS[1], kid="b"))
    clock.advance(seconds=30)
    assert await authenticator.verify(signed(RSA_KEYS[1], "RS256", "b"))


async def test_an_issuer_that_is_not_there_is_unavailability(issuer: Issuer, clock: Clock) -> None:
    issuer.server.socket.close()
    with pytest.raises(AuthUnavailable, match="cannot be checked at present"):
        await by_keys(issuer.url, clock).verify(signed(RSA_KEYS[0], "RS256", "a"))


@pytest.mark.parametrize("limit", ["of silence", "in all"])
async def test_an_issuer_that_never_answers_is_unavailability(
    issuer: Issuer, clock: Clock, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    issuer.may_answer.clear()
    patient = by_keys(issuer.url, clock)
    monkeypatch.setattr(keys, "FETCH_SECONDS", 0.01)
    authenticator = patient if limit == "in all" else by_keys(issuer.url, clock)
    with pytest.raises(AuthUnavailable):
        await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a"))


async def test_keys_arrive_though_whoever_asked_has_gone(issuer: Issuer, clock: Clock) -> None:
    issuer.publish(public(RSA_KEYS[0], kid="a"))
    issuer.may_answer.clear()
    authenticator = by_keys(issuer.url, clock)
    asking = asyncio.create_task(authenticator.verify(signed(RSA_KEYS[0], "RS256", "a")))
    await asyncio.to_thread(issuer.asked.wait, 10)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    issuer.may_answer.set()
    assert await once_available(authenticator, signed(RSA_KEYS[0], "RS256", "a"))
    assert issuer.requests == 1


async def once_available(authenticator: Authenticator, token: str) -> Claims:
    async with asyncio.timeout(10):
        while True:
            with suppress(AuthUnavailable):
                return await authenticator.verify(token)
            await asyncio.sleep(0)


async def test_a_key_file_is_read_again_when_it_changes(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [public(RSA_KEYS[0], kid="a")]}))
    authenticator = by_keys(str(file), clock)
    assert await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a"))
    before = file.stat()
    file.write_text(json.dumps({"keys": [public(RSA_KEYS[1], kid="b")]}))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    clock.advance(seconds=1)
    assert await authenticator.verify(signed(RSA_KEYS[1], "RS256", "b"))
    assert "unknown key" in await refusal(authenticator, signed(RSA_KEYS[0], "RS256", "a", sub="u-2"))


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_text('{"keys": [')])
async def test_a_damaged_key_file_keeps_the_keys(tmp_path: Path, clock: Clock, damage: Any) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [public(RSA_KEYS[0], kid="a")]}))
    authenticator = by_keys(str(file), clock)
    await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a"))
    damage(file)
    clock.advance(seconds=1)
    assert await authenticator.verify(signed(RSA_KEYS[0], "RS256", "a", sub="u-2"))
    with pytest.raises(AuthUnavailable):
        await authenticator.verify(signed(RSA_KEYS[1], "RS256", "b"))


async def test_a_token_that_was_found_good_is_not_checked_again_for_a_minute(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = 0

    def counting(*arguments: Any, **named: Any) -> Any:
        nonlocal checked
        checked += 1
        return decode(*arguments, **named)

    decode = jwt.decode
    monkeypatch.setattr(jwt, "decode", counting)
    authenticator = Authenticator(SHARED, clock)
    token = signed()
    first = await authenticator.verify(token)
    clock.advance(seconds=59)
    assert await authenticator.verify(token) is first
    assert checked == 1
    clock.advance(seconds=1)
    assert await authenticator.verify(token) == first
    assert checked == 2


async def test_only_so_many_tokens_are_remembered_and_the_idle_one_goes_first(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "REMEMBERED_TOKENS", 2)
    authenticator = Authenticator(SHARED, clock)
    tokens = [signed(sub=f"u-{n}") for n in range(3)]
    first = await authenticator.verify(tokens[0])
    second = await authenticator.verify(tokens[1])
    assert await authenticator.verify(tokens[0]) is first
    await authenticator.verify(tokens[2])
    assert await authenticator.verify(tokens[0]) is first
    assert await authenticator.verify(tokens[1]) is not second


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"name": "  Ada\u0000 \u0007Lovelace\n"}, "Ada Lovelace"),
        ({"name": "Zoe\u0308"}, "Zoë"),
        ({"name": "A\ud800da"}, "Ada"),
        ({"name": "x" * 300}, "x" * 200),
        ({"name": "👩‍🚀"}, "👩‍🚀"),
        ({"name": " ", "preferred_username": "ada"}, "ada"),
        ({"name": "\u200b\ufeff", "preferred_username": "ada"}, "ada"),
        ({"name": "\u202eada", "preferred_username": "\u2067"}, "u-1"),
        ({"name": "a" + "\u0330" * 150}, "u-1"),
        ({"name": "\u2800", "preferred_username": "\u3164"}, "u-1"),
        ({"name": 7, "preferred_username": "ada"}, "ada"),
        ({"preferred_username": ["ada"]}, "u-1"),
        ({}, "u-1"),
    ],
)
async def test_a_name_is_clean_text_or_the_username_or_the_subject(
    clock: Clock, given: dict[str, object], name: str
) -> None:
    assert (await Authenticator(SHARED, clock).verify(signed(**given))).name == name


@pytest.mark.parametrize(
    "given",
    [
        {"scope": "a b"},
        {"scope": ["a", "b", 3]},
        {"scp": ["a", "b"]},
        {"scp": "a b"},
        {"scopes": ["b", "a"]},
        {"scope": "a", "scp": ["b"], "scopes": None},
    ],
)
async def test_scopes_are_a_string_or_a_list(clock: Clock, given: dict[str, object]) -> None:
    assert (await Authenticator(SHARED, clock).verify(signed(**given))).scopes == {"a", "b"}


@pytest.mark.parametrize("given", [None, 7, {"enfilade:admin": True}, [["enfilade:admin"]], "", True])
async def test_scopes_of_another_form_are_none(clock: Clock, given: object) -> None:
    assert (await Authenticator(SHARED, clock).verify(signed(scope=given))).scopes == frozenset()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:image/png;base64,x",
        "//a.example/x",
        "ftp://a.example/x",
        "https://",
        "http:///x",
        "https://a b",
        "https://a.example/" + "x" * 2048,
        "https://user@a.example",
        "https://p\u0430ypal.example",
        "https://.",
        1,
    ],
)
async def test_a_picture_is_a_web_address_or_nothing(clock: Clock, url: object) -> None:
    assert (await Authenticator(SHARED, clock).verify(signed(picture=url))).avatar_url is None


@pytest.mark.parametrize("address", ["ada", "ada@@example.org", "ada\n@example.org", "x" * 250 + "@a.org", 5, None])
async def test_an_e_mail_address_is_of_the_form_that_upserting_takes_or_nothing(clock: Clock, address: object) -> None:
    assert (await Authenticator(SHARED, clock).verify(signed(email=address))).email is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = ["exp", "nbf", "iat", "sub", "iss", "aud", "jti", "name", "preferred_username", "email", "picture", "scope"]


@given(st.dictionaries(st.sampled_from(names), anything, max_size=4))
@hypothesis_settings(deadline=None)
async def test_whatever_an_issuer_signs_is_claims_or_a_refusal(changes: dict[str, object]) -> None:
    secret = SHARED.jwt_secret.get_secret_value().encode()
    content = f"{unsigned({'alg': 'HS256'})}.{unsigned(claims() | changes)}"
    signature = hmac.new(secret, content.encode(), hashlib.sha256).digest()
    token = f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    try:
        found = await Authenticator(SHARED, Clock()).verify(token)
    except Unauthenticated:
        return
    assert 0 < len(found.name) <= 200
    assert 0 < len(found.subject) <= 255
    for text in (found.name, found.subject, found.username, found.email, found.avatar_url):
        assert text is None or text.encode()


@given(st.text(st.characters()), st.text(st.characters()), st.text(st.characters()))
@hypothesis_settings(deadline=None)
async def test_no_text_is_a_token(header: str, payload: str, signature: str) -> None:
    await refusal(Authenticator(SHARED, Clock()), f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("header", ["Bearer x.y.z", "bearer x.y.z", "BEARER  x.y.z "])
def test_a_bearer_header_gives_its_token(header: str) -> None:
    assert bearer(header) == "x.y.z"


@pytest.mark.parametrize("header", [None, "", "  "])
def test_no_header_is_no_token(header: str | None) -> None:
    assert bearer(header) is None


@pytest.mark.parametrize("header", ["Bearer", "x.y.z", "Basic eDp5", "Bearer x y", "Bearer, x"])
def test_another_header_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated, match="Bearer TOKEN"):
        bearer(header)


@pytest.mark.parametrize(
    "payload",
    [
        {"authorization": "Bearer x.y.z"},
        {"Authorization": "bearer x.y.z"},
        {"AUTHORIZATION": "x.y.z"},
        {"headers": {"Authorization": "Bearer x.y.z"}},
        {"headers": {"authorization": " x.y.z "}},
        {"authorization": "x.y.z", "headers": {"authorization": "Bearer another"}},
        {"authorization": "", "headers": {"Authorization": "Bearer x.y.z"}},
    ],
)
def test_a_connection_gives_its_token(payload: dict[str, object]) -> None:
    assert connection_token(payload) == "x.y.z"


@pytest.mark.parametrize(
    "payload",
    [{}, {"authorization": None}, {"authorization": " "}, {"headers": None}, {"headers": ["authorization"]}, {"x": 1}],
)
def test_a_connection_may_bring_no_token(payload: dict[str, object]) -> None:
    assert connection_token(payload) is None


@pytest.mark.parametrize("value", ["Bearer", "bearer ", "Basic eDp5", "Bearer x y", {"Bearer": "x"}])
def test_a_connection_with_another_authorization_is_refused(value: object) -> None:
    with pytest.raises(Unauthenticated, match="Bearer TOKEN"):
        connection_token({"authorization": value})


async def test_an_issued_token_is_accepted_until_its_lifetime_ends(clock: Clock) -> None:
    token = issue_token(
        SHARED, "ada", name="Ada", scopes=["enfilade:admin", "x"], lifetime=timedelta(minutes=5), now=clock
    )
    found = await Authenticator(SHARED, clock).verify(token)
    assert (found.subject, found.username, found.name) == ("ada", "ada", "Ada")
    assert found.scopes == {"enfilade:admin", "x"}
    assert found.expires_at == NOON + timedelta(minutes=5) + LEEWAY


async def test_an_issued_token_is_good_now() -> None:
    assert (await Authenticator(SHARED).verify(issue_token(SHARED, "ada"))).name == "ada"


def test_tokens_are_issued_only_with_a_shared_secret() -> None:
    settings = Settings(dev=True, jwt_algorithm="RS256", jwt_jwks="https://id.example.org/jwks.json")
    with pytest.raises(ValueError, match="Only HS256"):
        issue_token(settings, "ada")


@pytest.mark.parametrize("subject", ["", " ada", "a" * 256, "a\nb"])
def test_no_token_is_issued_that_would_be_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="A subject has"):
        issue_token(SHARED, subject)
