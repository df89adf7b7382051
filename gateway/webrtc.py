"""aiortc as a gateway needs it: one camera's tracks out, to a player that asked, without waiting.

A player asks first and from where it can be answered, so its own candidates hardly matter here;
ours do (`MediaNetwork`).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from aiortc import (
    MediaStreamTrack,
    RTCIceCandidate,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.sdp import candidate_from_sdp

from gateway.media_network import MediaNetwork

VIDEO_CODECS = ("video/H264", "video/rtx")
OFFERED_SOUNDS = {
    "audio/PCMA": "PCMA/8000",
    "audio/PCMU": "PCMU/8000",
    "audio/opus": "OPUS/48000",
}
"""What an offer, in capitals, says when it can play a codec."""
MDNS_CANDIDATE = re.compile(r"^a=candidate:(\S+ \d+ \S+ \d+ \S+\.local .*?)\r?\n", re.M | re.I)

END_OF_CANDIDATES = "a=end-of-candidates\r\n"

OFFER_ERRORS = (
    *(InternalError, InvalidAccessError, InvalidStateError, OperationError),
    *(AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
"""What aiortc raises for an offer: its own errors where it looks, Python's where it does not."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What one peer is sent. video: H.264 packets.

    sound: packets of `sound_codec` ("audio/PCMA", "audio/PCMU" or "audio/opus"), None without.
    """

    video: MediaStreamTrack
    sound: MediaStreamTrack | None = None
    sound_codec: str = ""


async def answer_offer(
    peer: RTCPeerConnection, broadcast: Broadcast, sdp: str, network: MediaNetwork
) -> str:
    """Return the answer to an offer; raises one of OFFER_ERRORS when there can be none.

    Tracks and codecs come before the offer is read: aiortc chooses the codec there, and would send
    H.264 bytes under the name of VP8. Raises BusyError when no port is free for media.
    """
    video = _send(peer, broadcast.video, VIDEO_CODECS)
    network.hold(video)
    if "\nm=audio" in sdp:
        network.hold(_add_sound(peer, broadcast, sdp))
    await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    if "a=setup:actpass" in sdp:
        _let_the_player_begin(peer)
    await peer.setLocalDescription(await peer.createAnswer())
    if video.currentDirection != "sendonly":
        raise ValueError("it asks for no video")
    return peer.localDescription.sdp


def _let_the_player_begin(peer: RTCPeerConnection) -> None:
    """Be the server of DTLS, as WHEP's own example is.

    A server's certificate decides the cipher, and aiortc as a client knows none for the RSA that
    GStreamer's are of.
    """
    for transceiver in peer.getTransceivers():
        transceiver.receiver.transport._set_role("server")


def _add_sound(peer: RTCPeerConnection, broadcast: Broadcast, sdp: str) -> RTCRtpTransceiver:
    """Add the audio half of a peer, which may be silent."""
    codec = broadcast.sound_codec
    if broadcast.sound is not None and OFFERED_SOUNDS[codec] in sdp.upper():
        return _send(peer, broadcast.sound, (codec,))
    return peer.addTransceiver("audio", direction="inactive")


def _send(
    peer: RTCPeerConnection, track: MediaStreamTrack, codecs: Collection[str]
) -> RTCRtpTransceiver:
    transceiver = peer.addTransceiver(track, direction="sendonly")
    known = RTCRtpSender.getCapabilities(track.kind).codecs
    transceiver.setCodecPreferences([each for each in known if each.mimeType in codecs])
    return transceiver


async def answer_voice(
    peer: RTCPeerConnection, codec: str, sdp: str, network: MediaNetwork
) -> tuple[MediaStreamTrack, str]:
    """Return the sound of a peer that offers to send some, and the answer that asks for it.

    codec: the one wanted most, by WebRTC's name. Raises one of OFFER_ERRORS when there can be no
    answer, BusyError when no port is free for media.
    """
    voice = peer.addTransceiver("audio", direction="recvonly")
    known = RTCRtpSender.getCapabilities("audio").codecs
    voice.setCodecPreferences(sorted(known, key=lambda each: each.mimeType != codec))
    network.hold(voice)
    await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    if "a=setup:actpass" in sdp:
        _let_the_player_begin(peer)
    await peer.setLocalDescription(await peer.createAnswer())
    if voice.currentDirection != "recvonly":
        raise ValueError("it offers no sound")
    return voice.receiver.track, peer.localDescription.sdp


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
    """Add candidates after the offer, by name or address: a firewall may let only answers in.

    All media share the transport of the first (BUNDLE), so they are that one's.
    """
    mid = next(each.mid for each in peer.getTransceivers() if not each._bundled)
    for candidate in candidates:
        candidate.sdpMid = mid
        await peer.addIceCandidate(candidate)
