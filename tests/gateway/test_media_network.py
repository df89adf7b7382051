"""Ports, addresses and relays, as the candidates of real peers show them."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from gateway.config import LiveSettings
from gateway.errors import BusyError, ConfigError
from gateway.media_network import LOOPBACK, MediaNetwork

CANDIDATE = re.compile(r"a=candidate:\S+ \d+ udp \d+ (\S+) (\d+) typ (\w+)")
PATIENCE_S = 60
TURN = shutil.which("turnserver")


@asynccontextmanager
async def gathered(network: MediaNetwork) -> AsyncIterator[list[tuple[str, int, str]]]:
    """Let a peer gather; yield the address, port and type of each of its candidates."""
    peer: RTCPeerConnection = network.new_peer()
    try:
        network.hold(peer.addTransceiver("video", direction="sendonly"))
        await peer.setLocalDescription(await peer.createOffer())
        found = CANDIDATE.findall(peer.localDescription.sdp)
        yield [(host, int(port), kind) for host, port, kind in found]
    finally:
        await peer.close()


def free_ports(count: int) -> int:
    """Return the first of some UDP ports in a row that nobody has."""
    for first in range(40_000, 60_000, count):
        with suppress(OSError):
            for port in range(first, first + count):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind((LOOPBACK, port))
            return first
    pytest.fail("no free UDP ports")


async def test_media_is_offered_from_somewhere():
    async with gathered(MediaNetwork(LiveSettings())) as found:
        assert found
        assert {kind for _, _, kind in found} == {"host"}


async def test_ports_come_from_the_range_until_it_is_used_up_and_go_back():
    first = free_ports(2)
    network = MediaNetwork(LiveSettings(bind_hosts=(LOOPBACK,), udp_ports=f"{first}-{first + 1}"))
    async with gathered(network) as one, gathered(network) as two:
        assert {one[0][:2], two[0][:2]} == {(LOOPBACK, first), (LOOPBACK, first + 1)}
        with pytest.raises(BusyError, match=r"live\.udp_ports"):
            async with gathered(network):
                pass
    async with gathered(network) as again:
        assert again[0][1] in {first, first + 1}


async def test_a_port_that_another_program_has_is_passed_over():
    first = free_ports(2)
    network = MediaNetwork(LiveSettings(bind_hosts=(LOOPBACK,), udp_ports=f"{first}-{first + 1}"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, first))
        for _ in range(3):
            async with gathered(network) as found:
                assert found == [(LOOPBACK, first + 1, "host")]


async def test_an_outer_address_is_announced_with_the_port_behind_it():
    settings = LiveSettings(bind_hosts=(LOOPBACK,), announced_hosts=("198.51.100.7", "2001:db8::7"))
    async with gathered(MediaNetwork(settings)) as found:
        (own, port, _), other = found
        assert (own, other) == (LOOPBACK, ("198.51.100.7", port, "host"))


@pytest.mark.parametrize("host", ["203.0.113.7", "not-an-address", "300.1.1.1"])
async def test_an_address_that_is_not_ours_is_refused(host):
    with pytest.raises(ConfigError, match=rf"live\.bind_hosts has {host}"):
        MediaNetwork(LiveSettings(bind_hosts=(host,)))
    if host != "203.0.113.7":
        with pytest.raises(ConfigError, match=rf"live\.announced_hosts has {host}"):
            MediaNetwork(LiveSettings(announced_hosts=(host,)))


async def test_servers_that_do_not_answer_do_not_hold_up_the_offer(monkeypatch):
    monkeypatch.setattr("gateway.media_network.SERVERS_S", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((LOOPBACK, 0))
        port = silent.getsockname()[1]
        settings = LiveSettings(
            bind_hosts=(LOOPBACK,),
            stun_url=f"stun:{LOOPBACK}:{port}",
            turn_url=f"turn:{LOOPBACK}:{port}",
            turn_secret="north",
        )
        async with asyncio.timeout(2), gathered(MediaNetwork(settings)) as found:
            assert [kind for _, _, kind in found] == ["host"]


@asynccontextmanager
async def relay(*options: str) -> AsyncIterator[str]:
    """Run a real coturn on loopback; yield its URL."""
    if TURN is None:
        pytest.skip("no turnserver on PATH; on Debian: apt-get install coturn")
    port = free_ports(1)
    server = await asyncio.create_subprocess_exec(
        *(TURN, "-n", "--no-tls", "--no-dtls", "--no-cli", "--pidfile", "/dev/null"),
        *("--listening-ip", LOOPBACK, "--relay-ip", LOOPBACK, "--allow-loopback-peers"),
        *("--listening-port", str(port), "--realm", "village", "--log-file", "stdout", *options),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await answers(port):
                await asyncio.sleep(0.02)
        yield f"turn:{LOOPBACK}:{port}"
    finally:
        server.kill()
        await server.wait()


async def answers(port: int) -> bool:
    """Say whether somebody listens on a TCP port."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


# what coturn is told -> what we are told, how it is spoken to.
@pytest.mark.parametrize(
    ("options", "told", "transport"),
    [
        (
            ("--lt-cred-mech", "--user=patrol:s3cret"),
            {"turn_username": "patrol", "turn_password": "s3cret"},
            "udp",
        ),
        (("--use-auth-secret", "--static-auth-secret=north"), {"turn_secret": "north"}, "tcp"),
    ],
)
async def test_media_can_go_through_a_relay_alone(monkeypatch, options, told, transport):
    async with relay(*options) as url:
        settings = LiveSettings(turn_url=f"{url}?transport={transport}", **told)
        monkeypatch.setattr(MediaNetwork, "addresses", ())
        await assert_connects(MediaNetwork(settings))


async def assert_connects(network: MediaNetwork) -> None:
    """Connect another WebRTC stack to a peer that has nothing but the relay."""
    ours, theirs = network.new_peer(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connected = asyncio.Event()
    theirs.on(
        "connectionstatechange",
        lambda: theirs.connectionState == "connected" and connected.set(),
    )
    try:
        network.hold(ours.addTransceiver("video", direction="sendonly"))
        await ours.setLocalDescription(await ours.createOffer())
        assert {kind for _, _, kind in CANDIDATE.findall(ours.localDescription.sdp)} == {"relay"}
        await theirs.setRemoteDescription(ours.localDescription)
        await theirs.setLocalDescription(await theirs.createAnswer())
        await ours.setRemoteDescription(theirs.localDescription)
        async with asyncio.timeout(PATIENCE_S):
            await connected.wait()
    finally:
        await asyncio.gather(ours.close(), theirs.close())


async def test_a_stun_server_tells_how_a_socket_is_seen():
    async with relay("--no-auth") as url:
        settings = LiveSettings(bind_hosts=(LOOPBACK,), stun_url=url.replace("turn:", "stun:"))
        async with gathered(MediaNetwork(settings)) as found:
            (own, port, _), seen = found
            assert (own, seen) == (LOOPBACK, (LOOPBACK, port, "srflx"))
