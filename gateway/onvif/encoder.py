"""How a stream is encoded, and making it cheaper to analyse: tuned with consent, and undone.

Of a camera's stream, 5-8 pictures a second with a key frame every 1-2 seconds cost analysis a half
to a third of what cameras send as delivered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.errors import OnvifError
from gateway.onvif.client import Answer, OnvifClient
from gateway.onvif.profile import Profile


@dataclass(frozen=True, slots=True)
class Encoding:
    """The settings of one stream's encoder.

    fps: pictures a second. gop: pictures from one key frame to the next, None where not told.
    bit_rate_kbps: the most it may send.
    """

    fps: int
    gop: int | None
    bit_rate_kbps: int

    def __post_init__(self) -> None:
        for name, value in (("fps", self.fps), ("bit rate", self.bit_rate_kbps)):
            if value < 1:
                raise ValueError(f"{name} {value} is not above 0")
        if self.gop is not None and self.gop < 1:
            raise ValueError(f"gop {self.gop} is not above 0")


class Encoder:
    """The encoder behind one profile of a connected client; errors are the client's.

    Only what the first media service describes (H.264, MPEG-4) can be set.
    """

    def __init__(self, client: OnvifClient, profile: Profile) -> None:
        if not profile.encoder:
            raise OnvifError(f"{client.address} names no encoder of the stream {profile.name}")
        self._client = client
        self._token = profile.encoder

    def state(self) -> Encoding:
        """Ask how it is set."""
        return _encoding(self._configuration())

    def set(self, wanted: Encoding) -> Encoding:
        """Set it, as near as the camera's own limits allow, and return what it was before.

        Raises OnvifError when the camera says yes and does otherwise; it is then set back.
        """
        before = self.state()
        near = self._within_limits(wanted)
        self._write(near)
        if self.state() != near:
            self._write(before)
            raise OnvifError(f"{self._client.address} took new encoder settings and kept the old")
        return before

    def _within_limits(self, wanted: Encoding) -> Encoding:
        """Return the settings moved into what the camera offers, where it tells."""
        question = {"ConfigurationToken": self._token}
        offered = self._ask("GetVideoEncoderConfigurationOptions", lambda a: a.H264, question)
        if offered is None:
            return wanted
        gop = wanted.gop
        if gop is not None and offered.GovLengthRange:
            gop = _clamped(gop, offered.GovLengthRange)
        fps = _clamped(wanted.fps, offered.FrameRateRange)
        return Encoding(fps, gop, wanted.bit_rate_kbps)

    def _write(self, wanted: Encoding) -> None:
        configuration = self._configuration()
        configuration.RateControl.FrameRateLimit = wanted.fps
        configuration.RateControl.BitrateLimit = wanted.bit_rate_kbps
        if configuration.H264 is not None and wanted.gop is not None:
            configuration.H264.GovLength = wanted.gop
        question = {"Configuration": configuration, "ForcePersistence": True}
        self._ask("SetVideoEncoderConfiguration", lambda _: None, question)

    def _configuration(self) -> Any:  # noqa: ANN401 - zeep makes its classes late
        question = {"ConfigurationToken": self._token}
        return self._ask("GetVideoEncoderConfiguration", _with_limits, question)

    def _ask(
        self, operation: str, read: Callable[[Any], Answer], question: dict[str, Any]
    ) -> Answer:
        return self._client.ask("media", operation, read, question)


def _with_limits(answer: Any) -> Any:  # noqa: ANN401 - see `_configuration`
    if not answer.RateControl.FrameRateLimit or not answer.RateControl.BitrateLimit:
        raise ValueError("an encoder without limits")
    return answer


def _encoding(configuration: Any) -> Encoding:  # noqa: ANN401 - see `_configuration`
    h264, limits = configuration.H264, configuration.RateControl
    gop = int(h264.GovLength) if h264 is not None and h264.GovLength else None
    return Encoding(int(limits.FrameRateLimit), gop, int(limits.BitrateLimit))


def _clamped(value: int, span: Any) -> int:  # noqa: ANN401 - see `_configuration`
    return max(int(span.Min), min(int(span.Max), value))
