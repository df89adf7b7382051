"""An encoder as ONVIF's first media service describes it: H.264, MPEG-4 and JPEG.

It has no word for the rate mode (Media Service Specification, ver10): cameras keep theirs.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.onvif.client import Answer, OnvifClient
from gateway.onvif.encoding import Encoding, Offer, Size, Span
from gateway.onvif.soap import descend, name_of, text_of

SERVICE = "media"


class Media1Encoder:
    """One encoder by its token; errors are the client's."""

    def __init__(self, client: OnvifClient, token: str) -> None:
        self._client = client
        self._token = token

    def read(self) -> Encoding:
        """Ask how it is set."""
        return self._ask("GetVideoEncoderConfiguration", _encoding)

    def offer(self, now: Encoding) -> Offer:
        """Ask what it can be set to with the codec it has."""
        return self._ask("GetVideoEncoderConfigurationOptions", lambda told: _offer(told, now))

    def write(self, wanted: Encoding) -> None:
        """Set it; what `wanted` does not say stays as the camera has it."""
        configuration = self._ask("GetVideoEncoderConfiguration", lambda told: told)
        configuration.RateControl.FrameRateLimit = round(wanted.fps)
        configuration.RateControl.BitrateLimit = wanted.bit_rate_kbps
        if wanted.size is not None:
            configuration.Resolution.Width = wanted.size.width
            configuration.Resolution.Height = wanted.size.height
        if wanted.quality is not None:
            configuration.Quality = wanted.quality
        own = _by_codec(configuration)
        if own is not None and wanted.gop is not None:
            own.GovLength = wanted.gop
        question = {"Configuration": configuration, "ForcePersistence": True}
        self._client.ask(SERVICE, "SetVideoEncoderConfiguration", lambda _: None, question)

    def _ask(self, operation: str, read: Callable[[Any], Answer]) -> Answer:
        question = {"ConfigurationToken": self._token}
        return self._client.ask(SERVICE, operation, read, question)


_OWN: Mapping[str, str] = {"h264": "H264", "mpeg4": "MPEG4"}
"""Codecs with settings of their own, and the elements that hold them."""


def _by_codec(configuration: Any) -> Any:  # noqa: ANN401 - zeep makes its classes late
    name = _OWN.get(str(configuration.Encoding).lower())
    return getattr(configuration, name) if name else None


def _encoding(told: Any) -> Encoding:  # noqa: ANN401 - see `_by_codec`
    limits, own, size = told.RateControl, _by_codec(told), told.Resolution
    return Encoding(
        fps=float(limits.FrameRateLimit),
        gop=int(own.GovLength) if own is not None and own.GovLength else None,
        bit_rate_kbps=int(limits.BitrateLimit),
        size=Size(int(size.Width), int(size.Height)) if size is not None else None,
        quality=None if told.Quality is None else float(told.Quality),
        codec=str(told.Encoding).lower(),
    )


def _offer(told: Any, now: Encoding) -> Offer:  # noqa: ANN401 - see `_by_codec`
    name = _OWN.get(now.codec, now.codec.upper())
    offered = getattr(told, name, None)
    if offered is None:
        return Offer(quality=_span(told.QualityRange))
    sizes = offered.ResolutionsAvailable or ()
    return Offer(
        sizes=tuple(Size(int(one.Width), int(one.Height)) for one in sizes),
        fps=_span(offered.FrameRateRange),
        gop=_span(getattr(offered, "GovLengthRange", None)),
        bit_rate_kbps=_bit_rate(told.Extension, name),
        quality=_span(told.QualityRange),
    )


def _bit_rate(extension: Any, name: str) -> Span | None:  # noqa: ANN401 - see `_by_codec`
    """Read the limits of the bit rate, which zeep leaves as XML: its schema begins with `any`."""
    for element in getattr(extension, "_value_1", None) or ():
        if name_of(element) == name:
            limits = descend(element, "BitrateRange")
            least, most = text_of(limits, "Min"), text_of(limits, "Max")
            return Span(float(least), float(most)) if least and most else None
    return None


def _span(told: Any) -> Span | None:  # noqa: ANN401 - see `_by_codec`
    if told is None or told.Max is None or told.Min is None or told.Max < told.Min:
        return None
    return Span(float(told.Min), float(told.Max))
