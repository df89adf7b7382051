"""ONVIF's second media service, which knows H.265 (Media2 Service Specification, ver20).

onvif-zeep ships no description of it, so its three questions and answers are written here.
"""

from xml.sax.saxutils import escape

from gateway.onvif.profile import Profile
from gateway.onvif.soap import Element, children, descend, text_of

NAMESPACE = "http://www.onvif.org/ver20/media/wsdl"

GET_PROFILES = f'<GetProfiles xmlns="{NAMESPACE}"><Type>All</Type></GetProfiles>'

CODECS = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "jpeg", "MPV4-ES": "mpeg4"}
"""Our names for the media subtypes of the answers (Media2 §5.3.1, IANA video types)."""


def get_stream_uri(token: str) -> str:
    """Return the question where a profile's stream is."""
    inner = f"<Protocol>RTSP</Protocol><ProfileToken>{escape(token)}</ProfileToken>"
    return f'<GetStreamUri xmlns="{NAMESPACE}">{inner}</GetStreamUri>'


def get_snapshot_uri(token: str) -> str:
    """Return the question where a profile's picture is."""
    inner = f"<ProfileToken>{escape(token)}</ProfileToken>"
    return f'<GetSnapshotUri xmlns="{NAMESPACE}">{inner}</GetSnapshotUri>'


def uri(answer: Element) -> str:
    """Read the answer to either; "" where it names none."""
    return text_of(answer, "Uri")


def profiles(answer: Element) -> tuple[Profile, ...]:
    """Read the video streams; those without a size are left out. Raises ValueError."""
    return tuple(filter(None, map(_profile, children(answer, "Profiles"))))


def _profile(element: Element) -> Profile | None:
    settings = descend(element, "Configurations")
    encoder = descend(settings, "VideoEncoder")
    size = descend(encoder, "Resolution")
    token = element.get("token", "")
    width, height = (int(text_of(size, side) or 0) for side in ("Width", "Height"))
    if encoder is None or not token or not width or not height:
        return None
    codec = text_of(encoder, "Encoding")
    limits = descend(encoder, "RateControl")
    ptz = descend(settings, "PTZ")
    return Profile(
        token=token,
        name=text_of(element, "Name") or token,
        codec=CODECS.get(codec.upper(), codec.lower()),
        width=width,
        height=height,
        fps=float(text_of(limits, "FrameRateLimit") or 0) or None,
        bit_rate_kbps=int(text_of(limits, "BitrateLimit") or 0) or None,
        encoder=encoder.get("token", ""),
        source=text_of(settings, "VideoSource", "SourceToken"),
        ptz_node=None if ptz is None else text_of(ptz, "NodeToken"),
    )
