"""Stream addresses of cameras that know no ONVIF, by brand: a table of what each is known to take.

Where each pattern comes from stands beside it. A camera's user and password are not part of a
stored address; the few brands that want them inside the path get `{user}` and `{password}` there,
filled in when the camera is dialled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.errors import ConfigError

RTSP_PORT = 554
MAX_CHANNEL = 512
"""More than any recorder here has; the number is part of the address."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Paths of one firmware family. sub: "" where there is one stream. source: who says so."""

    main: str
    sub: str
    source: str


@dataclass(frozen=True, slots=True)
class Brand:
    """A maker's cameras. name: for people, Chinese and English. patterns: the likeliest first."""

    name: str
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Addresses worth trying, without user or password. sub_uri: None where there is one stream."""

    brand: str
    main_uri: str
    sub_uri: str | None
    source: str


_CHANNELS = Pattern(
    "/Streaming/Channels/{channel}01",
    "/Streaming/Channels/{channel}02",
    "Hikvision ISAPI, RTSP live view: id = channel * 100 + stream (enpinfo.hikvision.com)",
)
_AV_STREAM = Pattern(
    "/h264/ch{channel}/main/av_stream",
    "/h264/ch{channel}/sub/av_stream",
    "Hikvision's form of before 2012, which later cameras keep (csdn.net/yuanwenmao 79656906)",
)

BRANDS: Mapping[str, Brand] = {
    "hikvision": Brand("海康威视 Hikvision, HiLook, HiWatch", (_CHANNELS, _AV_STREAM)),
    "dahua": Brand(
        "大华 Dahua, Imou, Amcrest",
        (
            Pattern(
                "/cam/realmonitor?channel={channel}&subtype=0",
                "/cam/realmonitor?channel={channel}&subtype=1",
                "Dahua wiki, Remote Access/RTSP via VLC (dahuawiki.com)",
            ),
        ),
    ),
    "uniview": Brand(
        "宇视 Uniview",
        (
            Pattern(
                "/unicast/c{channel}/s0/live",
                "/unicast/c{channel}/s1/live",
                "Uniview NVR manual, as quoted in CamioCam/rtsp#133",
            ),
            Pattern(
                "/media/video1",
                "/media/video2",
                "Uniview cameras (mofulls.pixnet.net 351191279)",
            ),
        ),
    ),
    "tplink": Brand(
        "普联 TP-Link, Tapo, VIGI, Mercury",
        (
            Pattern(
                "/stream1",
                "/stream2",
                "TP-Link FAQ 2680, Tapo and VIGI over RTSP; a camera account must be made first",
            ),
        ),
    ),
    "ezviz": Brand(
        "萤石 EZVIZ; user admin, password: the verification code on the label",
        (_AV_STREAM, _CHANNELS),
    ),
    "reolink": Brand(
        "Reolink",
        (
            Pattern(
                "/Preview_{channel:02}_main",
                "/Preview_{channel:02}_sub",
                "Reolink support 900000630706, Introduction to RTSP",
            ),
            Pattern(
                "/h264Preview_{channel:02}_main",
                "/h264Preview_{channel:02}_sub",
                "the older form in the same article",
            ),
        ),
    ),
    "axis": Brand(
        "安讯士 Axis",
        (
            Pattern(
                "/axis-media/media.amp?videocodec=h264",
                "/axis-media/media.amp?videocodec=h264&resolution=640x360",
                "VAPIX version 3, Video Streaming API §5.5",
            ),
            Pattern("/axis-media/media.amp", "", "the same, every parameter left to the camera"),
        ),
    ),
    "xiongmai": Brand(
        "雄迈 Xiongmai (XMEye, iCSee) and unnamed cameras",
        (
            Pattern(
                "/user={{user}}&password={{password}}&channel={channel}&stream=0.sdp?real_stream",
                "/user={{user}}&password={{password}}&channel={channel}&stream=1.sdp?real_stream",
                "XMEye cameras' own address page; user and password are part of the path",
            ),
            Pattern(
                "/user={{user}}_password={{password}}_channel={channel}_stream=0.sdp?real_stream",
                "/user={{user}}_password={{password}}_channel={channel}_stream=1.sdp?real_stream",
                "the older form with underscores (vutlan.atlassian.net 1156612112)",
            ),
            Pattern("/live/ch00_0", "/live/ch00_1", "unnamed cameras of several makers"),
            Pattern("/11", "/12", "HiSilicon reference firmware (CamioCam/rtsp#86, #149)"),
        ),
    ),
}
"""Brands by the word for `--brand`, the commonest first: the order in which "any" tries them."""

ANY = "any"
"""Stands for all brands, one after the other."""


def candidates(
    brand: str, host: str, port: int | None = None, channel: int = 1
) -> Iterator[Candidate]:
    """Yield what to try, in order.

    brand: a key of `BRANDS`, or `ANY`. host: a name or an address, IPv6 in brackets. port: None
    means 554. channel: from 1; a recorder's input. Raises ConfigError for a brand or channel that
    is none.
    """
    if brand != ANY and brand not in BRANDS:
        raise ConfigError(f"no brand {brand!r} is known; give {ANY} or {', '.join(BRANDS)}")
    if not 1 <= channel <= MAX_CHANNEL:
        raise ConfigError(f"channel {channel} is not between 1 and {MAX_CHANNEL}")
    root = f"rtsp://{host}:{port or RTSP_PORT}"
    for name in BRANDS if brand == ANY else (brand,):
        for pattern in BRANDS[name].patterns:
            sub = pattern.sub.format(channel=channel)
            yield Candidate(
                brand=name,
                main_uri=root + pattern.main.format(channel=channel),
                sub_uri=root + sub if sub else None,
                source=pattern.source,
            )
