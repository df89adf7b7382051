"""The track on which a camera may be spoken to (ONVIF Streaming Specification §5.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.rtsp.sdp import MediaTrack

REQUIRE = (("Require", "www.onvif.org/ver20/backchannel"),)
"""The header field of DESCRIBE, SETUP and PLAY that asks for it (§5.3.1)."""

G711_HZ = 8000
"""The only rate of G.711 in RTP (RFC 3551 §4.5.14); a byte is a sample."""

G711 = ("pcm_mulaw", "pcm_alaw")
"""What is spoken: browsers send it, and cameras with a loudspeaker take it."""

OPPOSITE: Mapping[str, str] = {"recvonly": "sendonly", "sendonly": "recvonly"}


@dataclass(frozen=True, slots=True)
class VoiceTrack:
    """Where and how to speak. control: URL for SETUP. codec: one of `G711`."""

    control: str
    codec: str
    payload_type: int


def voice_track(tracks: Sequence[MediaTrack]) -> VoiceTrack | None:
    """Return the track of a description that takes what is said; None without one for G.711.

    Directions are written from our side (§5.3.2), where the camera's own tracks are "recvonly" or
    say nothing. Cameras that write all of them from their side are known by their picture's.
    """
    pictures = {track.direction for track in tracks if track.kind == "video"}
    wanted = OPPOSITE["sendonly" if "sendonly" in pictures else "recvonly"]
    for track in tracks:
        if track.kind == "audio" and track.direction == wanted:
            found = _spoken(track)
            if found is not None:
                return found
    return None


def _spoken(track: MediaTrack) -> VoiceTrack | None:
    for payload_type, encoding in track.encodings.items():
        if encoding.codec in G711 and (encoding.clock_rate, encoding.channels) == (G711_HZ, 1):
            return VoiceTrack(track.control, encoding.codec, payload_type)
    return None
