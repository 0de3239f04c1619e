"""Rule 95: webhooks reach the public internet alone, at the address that was checked."""

import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from models.values.networks import Reachable, is_public
from server import receivers
from server.receivers import AddressRefused, CheckedConnections, Receivers
from server.settings import Settings
from tests.support.receiver import receiving
from tests.support.webhooks import SENDING, add_media, attempts, create, wait_until
from tests.support.world import open_world

PRIVATE = [
    "0.0.0.0",  # noqa: S104  nothing listens there
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::10.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "fe80::1",
    "fe80::1%eth0",
    "2600::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "ff0e::1",
    "2001::1",
    "2001:0:10:0:1::",
    "2001:db8::1",
    "2002:a00:1::1",
    "2002:808:808::",
    "3fff::1",
    "4000::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.32.0.1",
    "223.255.255.255",
    "2600::1",
    "2a00:1450::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_public_internet(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_of_the_public_internet(address: str) -> None:
    assert is_public(ip_address(address))


def test_an_operator_may_allow_a_network_of_their_own() -> None:
    campus = Reachable(["10.1.2.0/24", "fd00:1::/64"])
    assert [campus.allows(ip_address(each)) for each in ("10.1.2.3", "fd00:1::5", "8.8.8.8")] == [True] * 3
    assert [campus.allows(ip_address(each)) for each in ("10.1.3.3", "fd00:2::5", "127.0.0.1")] == [False] * 3


Answers = Callable[..., None]


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Lets names resolve to these addresses, one list for each time that they are asked for."""

    def answer(*times: list[str]) -> None:
        left = list(times)

        def getaddrinfo(_host: str, port: int, **_more: Any) -> list[Any]:
            return [(0, 0, 0, "", (each, port)) for each in left.pop(0)]

        monkeypatch.setattr(receivers, "getaddrinfo", getaddrinfo)

    return answer


async def test_a_name_that_resolves_to_another_address_next_time_reaches_nothing(resolving: Answers) -> None:
    """DNS rebinding: a name is resolved once for a connection, and connected to as it was checked."""
    async with receiving() as receiver, receiving() as hidden:
        port = int(receiver.url.split(":")[2].split("/")[0])
        url = f"http://rebinding.example:{port}/hook"
        async with Receivers(Reachable(["127.0.0.1/32"]), seconds=5, at_once=1) as calls:
            resolving(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], [])
            assert (await calls.call(url, [], b"{}")).status == 204
            receiver.more = "connection: close\r\n"
            assert (await calls.call(url, [], b"{}")).status == 204  # by the connection that is open
            for _ in range(3):
                outcome = await calls.call(url, [], b"{}")
                assert (outcome.failure, outcome.status) == ("ADDRESS", None)
        assert (len(receiver.received), hidden.received) == (2, [])
        assert {each.headers["host"] for each in receiver.received} == {f"rebinding.example:{port}"}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a certificate of receiver.example that signs itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.example")]), critical=True)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "pem").write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return tmp_path / "pem"


async def test_a_receiver_shows_a_certificate_of_its_name(
    resolving: Answers, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 95: by an authority that the system trusts. The address was checked, and the name is still the URL's."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    async with receiving(tls=tls) as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        outcomes = []
        for trusted, host in ((True, "receiver.example"), (True, "other.example"), (False, "receiver.example")):
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate) if trusted else "")
            resolving(["127.0.0.1"])
            async with Receivers(Reachable(["127.0.0.1/32"]), seconds=5, at_once=1) as calls:
                outcomes.append(await calls.call(f"https://{host}:{port}/", [], b"{}"))
        assert [(each.failure, each.status) for each in outcomes] == [
            (None, 204),
            ("CONNECTION", None),
            ("CONNECTION", None),
        ]
        assert len(receiver.received) == 1


async def test_a_name_with_any_private_address_is_refused(resolving: Answers) -> None:
    resolving(["8.8.8.8", "10.0.0.1"])
    connections = CheckedConnections(Reachable(), ThreadPoolExecutor(1))
    with pytest.raises(AddressRefused):
        await connections.address_of("both.example", 443)


async def test_a_name_of_this_machine_is_refused_when_it_is_called(settings: Settings) -> None:
    """Rule 95: at every connection, although the name was accepted when it was saved."""
    async with receiving() as receiver:
        async with open_world(settings.model_copy(update=SENDING | {"webhook_networks": ()})) as world:
            url = receiver.url.replace("127.0.0.1", "localhost")
            webhook = (await create(world, url))["webhook"]["id"]
            await add_media(world, "One")
            failing = await wait_until(world, webhook, lambda of: of["deliveries"])
        assert attempts(failing) == [("MediaAdded", "FAILED", 1, "ADDRESS", None)]
        assert receiver.received == []
