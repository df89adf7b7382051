"""Which track of a description takes what is said."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.back_channel import VoiceTrack, voice_track
from gateway.rtsp.errors import RtspProtocolError
from gateway.rtsp.sdp import parse_sdp

BASE = "rtsp://camera/main/"
PICTURE = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:video\n"
MICROPHONE = "m=audio 0 RTP/AVP 0\na=control:microphone\n"
SPEAKER = "m=audio 0 RTP/AVP {types}\na=control:speaker\n{maps}a={direction}\n"


def speaker(types="0", maps="", direction="sendonly"):
    return SPEAKER.format(types=types, maps=maps, direction=direction)


def found(*media):
    return voice_track(parse_sdp(("v=0\ns=-\n" + "".join(media)).encode(), BASE))


MU = VoiceTrack(f"{BASE}speaker", "pcm_mulaw", 0)
A = VoiceTrack(f"{BASE}speaker", "pcm_alaw", 8)
SENT, RECEIVED = "a=sendonly\n", "a=recvonly\n"
G726_FIRST = "a=rtpmap:97 G726-32/8000\n"
WIDE = "a=rtpmap:97 PCMU/16000\n"


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ((PICTURE + RECEIVED, MICROPHONE + RECEIVED, speaker()), MU),
        ((PICTURE, MICROPHONE, speaker("8")), A),
        ((speaker("8"), PICTURE), A),
        # G.711 is chosen among what the track takes, in the camera's order
        ((PICTURE, speaker("97 8 0", G726_FIRST)), A),
        ((PICTURE, speaker("97 0", "a=rtpmap:97 MPEG4-GENERIC/16000\n")), MU),
        ((PICTURE, speaker("99", "a=rtpmap:99 PCMA/8000/1\n")), VoiceTrack(A.control, A.codec, 99)),
        # all directions as the camera sees them
        (
            (PICTURE + SENT, MICROPHONE + SENT, speaker(direction="recvonly")),
            MU,
        ),
        # two loudspeaker tracks, one of them for G.711
        ((PICTURE, speaker("97", G726_FIRST), speaker("8")), A),
        # nothing to speak on
        ((PICTURE,), None),
        ((PICTURE, MICROPHONE), None),
        ((PICTURE + RECEIVED, MICROPHONE + RECEIVED), None),
        ((PICTURE + SENT, MICROPHONE + SENT), None),
        ((PICTURE, speaker("97", G726_FIRST)), None),
        ((PICTURE, speaker("97", WIDE)), None),
        ((PICTURE, speaker(direction="inactive")), None),
    ],
)
def test_the_track_to_speak_on(media, expected):
    assert found(*media) == expected


@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_description_raises_anything_else(noise, at):
    text = ("v=0\ns=-\n" + PICTURE + speaker("97 8 0", G726_FIRST)).encode()
    with suppress(RtspProtocolError):
        voice_track(parse_sdp(text[:at] + noise + text[at:], BASE))
