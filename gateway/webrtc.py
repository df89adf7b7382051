"""aiortc as a gateway needs it: one camera's track out, on chosen addresses, without waiting.

A browser asks first and from where it can be answered, so its own candidates hardly matter here;
ours do.
"""

import ipaddress
import re
import socket

from aioice import Candidate
from aioice.ice import get_host_addresses
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceCandidate,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.sdp import candidate_from_sdp

from gateway.errors import ConfigError

LOOPBACK = "127.0.0.1"
SENT_CODECS = ("video/H264", "video/rtx")
MDNS_CANDIDATE = re.compile(r"^a=candidate:(\S+ \d+ \S+ \d+ \S+\.local .*?)\r?\n", re.M | re.I)

END_OF_CANDIDATES = "a=end-of-candidates\r\n"

OFFER_ERRORS = (
    *(InternalError, InvalidAccessError, InvalidStateError, OperationError),
    *(AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
"""What aiortc raises for an offer: its own errors where it looks, Python's where it does not."""


def new_peer() -> RTCPeerConnection:
    """Return a peer that asks nobody on the Internet who it is (aiortc's default would)."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


def media_addresses(bind_host: str | None) -> list[str]:
    """Return where media is offered: the address chosen, or all of this machine.

    Loopback, which aioice leaves out, is better than none. Raises ConfigError when `bind_host` is
    no address of this machine.
    """
    if bind_host is None:
        return get_host_addresses(use_ipv4=True, use_ipv6=True) or [LOOPBACK]
    try:
        is_v6 = ipaddress.ip_address(bind_host).version == 6
        family = socket.AF_INET6 if is_v6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((bind_host, 0))
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"live.bind_host is {bind_host}, and media cannot be sent from there ({error}); name "
            "an address of this machine, or leave the setting out"
        ) from error
    return [bind_host]


async def answer_offer(
    peer: RTCPeerConnection, track: MediaStreamTrack, sdp: str, addresses: list[str]
) -> str:
    """Return the answer to an offer; raises one of OFFER_ERRORS when there can be none.

    The track and the codecs come before the offer is read: aiortc chooses the codec there, and
    would send H.264 bytes under the name of VP8.
    """
    peer.addTrack(track)
    (transceiver,) = peer.getTransceivers()
    transceiver.direction = "sendonly"
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([each for each in codecs if each.mimeType in SENT_CODECS])
    _gather_on(transceiver, addresses)
    await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    if transceiver.currentDirection != "sendonly":
        raise ValueError("it asks for no video")
    return peer.localDescription.sdp


def split_mdns(sdp: str) -> tuple[str, list[RTCIceCandidate]]:
    """Return an offer without the candidates that only multicast DNS can name, and those.

    Looking one up takes a second where multicast does not reach, and the answer would wait for it.
    Raises one of OFFER_ERRORS for a candidate that is none.
    """
    found = dict.fromkeys(MDNS_CANDIDATE.findall(sdp))
    if found:
        sdp = MDNS_CANDIDATE.sub("", sdp).replace(END_OF_CANDIDATES, "")
    return sdp, [candidate_from_sdp(text) for text in found]


async def add_late(peer: RTCPeerConnection, candidates: list[RTCIceCandidate]) -> None:
    """Look the candidates of `split_mdns` up after all: a firewall may let only answers in."""
    for candidate in candidates:
        candidate.sdpMid = peer.getTransceivers()[0].mid
        await peer.addIceCandidate(candidate)


def _gather_on(transceiver: RTCRtpTransceiver, chosen: list[str]) -> None:
    """Offer media on these addresses only; neither aiortc nor aioice has a setting for it."""
    connection = transceiver.sender.transport.transport.iceGatherer._connection
    gather = connection.get_component_candidates

    async def gather_here(
        component: int,
        addresses: list[str],  # noqa: ARG001  the name is aioice's
        timeout: int = 5,
    ) -> list[Candidate]:
        return await gather(component, chosen, timeout)

    connection.get_component_candidates = gather_here  # type: ignore[method-assign]
