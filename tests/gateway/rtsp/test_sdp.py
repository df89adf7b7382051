import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.errors import RtspProtocolError
from gateway.rtsp.receiver import VideoReceiver, is_supported
from gateway.rtsp.sdp import MediaTrack, control_url, parse_sdp

BASE = "rtsp://10.0.0.5:8554/Streaming/Channels/102/"
H264 = {
    "packetization-mode": "1",
    "profile-level-id": "420029",
    "sprop-parameter-sets": "Z0IAKeKQFoe2,aM48gA==",
}

HIKVISION = b"""v=0\r
o=- 1109162014219182 1109162014219192 IN IP4 x.y.z.w\r
s=Media Presentation\r
b=AS:5050\r
t=0 0\r
a=control:rtsp://192.168.1.64/Streaming/Channels/102/\r
m=video 0 RTP/AVP 96\r
c=IN IP4 0.0.0.0\r
a=recvonly\r
a=framerate:12.5\r
a=x-dimensions:704,576\r
a=control:rtsp://192.168.1.64/Streaming/Channels/102/trackID=1?a=b\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 profile-level-id=420029;packetization-mode=1; sprop-parameter-sets=Z0IAKeKQFoe2,aM48gA==\r
m=audio 0 RTP/AVP 8\r
a=sendonly\r
a=control:trackID=2\r
m=application 0 RTP/AVP 107\r
a=rtpmap:107 vnd.onvif.metadata/90000\r
a=control:trackID=3\r
"""


def test_a_description_as_a_camera_writes_it():
    video, audio, events = parse_sdp(HIKVISION, BASE)
    assert video == MediaTrack(
        kind="video",
        codec="h264",
        payload_type=96,
        clock_rate=90_000,
        channels=1,
        control="rtsp://10.0.0.5:8554/Streaming/Channels/102/trackID=1?a=b",
        fmtp=H264,
        direction="recvonly",
        framerate=12.5,
    )
    assert (audio.kind, audio.codec, audio.payload_type) == ("audio", "pcm_alaw", 8)
    assert (audio.clock_rate, audio.channels, audio.direction) == (8000, 1, "sendonly")
    assert audio.control == "rtsp://10.0.0.5:8554/Streaming/Channels/102/trackID=2"
    assert (events.kind, events.codec) == ("application", "")


def described(*lines, media="video 0 RTP/AVP 96", base=BASE):
    text = "\n".join(["v=0", f"m={media}", *lines])
    return parse_sdp(text.encode(), base)[0]


@pytest.mark.parametrize(
    ("lines", "media", "expected"),
    [
        (["a=rtpmap:96 H265/90000"], "video 0 RTP/AVP 96", ("hevc", 96, 90_000, 1)),
        (["a=rtpmap:96 hevc/90000"], "video 0 RTP/AVP 96", ("hevc", 96, 90_000, 1)),
        (["a=rtpmap:96  h264 / 90000 "], "video 0 RTP/AVP 96", ("h264", 96, 90_000, 1)),
        (["a=rtpmap:96 H264"], "video 0 RTP/AVP 96", ("h264", 96, 90_000, 1)),
        (["a=rtpmap:96 H264/0"], "video 0 RTP/AVP 96", ("h264", 96, 90_000, 1)),
        ([], "video 0 RTP/AVP 26", ("mjpeg", 26, 90_000, 1)),
        ([], "audio 0 RTP/AVP 0", ("pcm_mulaw", 0, 8000, 1)),
        (["a=rtpmap:0 PCMU/16000"], "audio 0 RTP/AVP 0", ("pcm_mulaw", 0, 16_000, 1)),
        (["a=rtpmap:97 opus/48000/2"], "audio 0 RTP/AVP 97", ("opus", 97, 48_000, 2)),
        (["a=rtpmap:97 mpeg4-generic/16000/1"], "audio 0 RTP/AVP 97", ("aac", 97, 16_000, 1)),
        (["a=rtpmap:98 G726-32/8000"], "audio 0 RTP/AVP 98", ("g726", 98, 8000, 1)),
        (["a=rtpmap:97 H264/90000"], "video 0 RTP/AVP 96 97", ("h264", 97, 90_000, 1)),
        (["a=rtpmap:nonsense", "a=fmtp:"], "video 0 RTP/AVP 96", ("", 96, 90_000, 1)),
        (["a=rtpmap:96 H264/90000"], "Video 0 RTP/AVP  96 junk 999", ("h264", 96, 90_000, 1)),
    ],
)
def test_codecs(lines, media, expected):
    track = described(*lines, media=media)
    assert (track.codec, track.payload_type, track.clock_rate, track.channels) == expected


@pytest.mark.parametrize(
    ("line", "fmtp"),
    [
        (
            "a=fmtp:96 packetization-mode=1;profile-level-id=420029",
            {"packetization-mode": "1", "profile-level-id": "420029"},
        ),
        ("a=fmtp:96 Packetization-Mode = 1 ; ; x", {"packetization-mode": "1", "x": ""}),
        ("a=fmtp:96 sprop-parameter-sets=Zw==,aA==;", {"sprop-parameter-sets": "Zw==,aA=="}),
        ("a=fmtp:97 packetization-mode=1", {}),
        ("a=fmtp:96", {}),
    ],
)
def test_format_parameters(line, fmtp):
    assert described("a=rtpmap:96 H264/90000", line).fmtp == fmtp


@pytest.mark.parametrize(
    ("control", "base", "expected"),
    [
        ("", BASE, BASE),
        ("*", BASE, BASE),
        ("trackID=1", BASE, BASE + "trackID=1"),
        ("trackID=1", "rtsp://h/live", "rtsp://h/live/trackID=1"),
        (
            "trackID=0",
            "rtsp://h/cam?channel=1&subtype=0",
            "rtsp://h/cam?channel=1&subtype=0/trackID=0",
        ),
        ("/track1", "rtsp://h/live", "rtsp://h/live/track1"),
        ("?track=1", "rtsp://h/live", "rtsp://h/live?track=1"),
        (
            "rtsp://192.168.1.2/x/track1",
            "rtsp://town.example:8554/x",
            "rtsp://town.example:8554/x/track1",
        ),
        ("RTSP://192.168.1.2:554/x?y=1", "rtsps://h/x", "rtsps://h/x?y=1"),
        ("rtsp://[::bad/x", "rtsp://h/x", "rtsp://h/x"),
    ],
)
def test_control_urls(control, base, expected):
    assert control_url(control, base) == expected


def test_what_the_session_says_holds_for_tracks_that_do_not():
    text = b"v=0\na=control:rtsp://1.2.3.4/other\na=sendonly\nm=video 0 RTP/AVP 96\na=control:t1\n"
    (track,) = parse_sdp(text, BASE)
    assert track.control == "rtsp://10.0.0.5:8554/other/t1"
    assert track.direction == "sendonly"


@pytest.mark.parametrize("text", [b"", b"v=0\r\ns=x\r\n", b"<html>", b"m=video\n", b"m=text 0 x 1"])
def test_nothing_usable(text):
    with pytest.raises(RtspProtocolError, match="without a single track"):
        parse_sdp(text, BASE)


@pytest.mark.parametrize(
    "sprop", ["%%%", "Z0IAKeKQFoe2", "Zw==,,aA", "Z0IAKeKQFoe2,aM48gA", "A" * 9]
)
def test_bad_parameter_sets_are_no_harm(sprop):
    track = described("a=rtpmap:96 H264/90000", f"a=fmtp:96 sprop-parameter-sets={sprop}")
    assert is_supported(track)
    VideoReceiver(track, reorder=False)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    for text in (data, HIKVISION[:200] + data, HIKVISION.replace(b"H264", data)):
        try:
            tracks = parse_sdp(text, BASE)
        except RtspProtocolError:
            continue
        for track in tracks:
            if is_supported(track):
                VideoReceiver(track, reorder=False)
