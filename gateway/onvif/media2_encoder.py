"""An encoder as ONVIF's second media service describes it: H.265 too, and the rate mode.

A configuration goes back as it came, with nothing but our values changed, so that what a camera
adds of its own stays (Media2 Service Specification §5.2, `VideoEncoder2Configuration`).
"""

import copy
from xml.sax.saxutils import escape

from lxml import etree  # type: ignore[import-untyped]

from gateway.onvif.client import OnvifClient
from gateway.onvif.encoding import Encoding, Offer, RateMode, Size, Span
from gateway.onvif.media2 import CODECS, NAMESPACE
from gateway.onvif.soap import Element, children, descend, text_of

CONSTANT = "ConstantBitRate"


class Media2Encoder:
    """One encoder by its token; errors are the client's."""

    def __init__(self, client: OnvifClient, token: str) -> None:
        self._client = client
        self._token = token

    def read(self) -> Encoding:
        """Ask how it is set."""
        asked = self._question("GetVideoEncoderConfigurations")
        return self._client.ask_media2(*asked, lambda answer: _encoding(self._own(answer)))

    def offer(self, now: Encoding) -> Offer:
        """Ask what it can be set to with the codec it has."""
        asked = self._question("GetVideoEncoderConfigurationOptions")
        return self._client.ask_media2(*asked, lambda answer: _offer(answer, now.codec))

    def write(self, wanted: Encoding) -> None:
        """Set it; what `wanted` does not say stays as the camera has it."""
        asked = self._question("GetVideoEncoderConfigurations")
        told = self._client.ask_media2(*asked, self._own)
        operation = "SetVideoEncoderConfiguration"
        body = f'<{operation} xmlns="{NAMESPACE}">{_changed(told, wanted)}</{operation}>'
        self._client.ask_media2(operation, body, lambda _: None)

    def _question(self, operation: str) -> tuple[str, str]:
        token = f"<ConfigurationToken>{escape(self._token)}</ConfigurationToken>"
        return operation, f'<{operation} xmlns="{NAMESPACE}">{token}</{operation}>'

    def _own(self, answer: Element) -> Element:
        """Return our configuration of an answer; some cameras give all, whatever they are asked."""
        for one in children(answer, "Configurations"):
            if one.get("token") == self._token:
                return one
        raise LookupError(f"no encoder {self._token}")


def _encoding(told: Element) -> Encoding:
    limits = descend(told, "RateControl")
    codec = text_of(told, "Encoding")
    gop, quality = told.get("GovLength"), text_of(told, "Quality")
    constant = None if limits is None else limits.get(CONSTANT)
    return Encoding(
        fps=float(text_of(limits, "FrameRateLimit")),
        gop=int(gop) if gop else None,
        bit_rate_kbps=int(text_of(limits, "BitrateLimit")),
        size=_size(descend(told, "Resolution")),
        mode=None if constant is None else _MODES[constant in _TRUE],
        quality=float(quality) if quality else None,
        codec=CODECS.get(codec.upper(), codec.lower()),
    )


_MODES = {True: RateMode.CBR, False: RateMode.VBR}
_TRUE = ("true", "1")


def _size(told: Element | None) -> Size | None:
    width, height = text_of(told, "Width"), text_of(told, "Height")
    return Size(int(width), int(height)) if width and height else None


def _offer(answer: Element, codec: str) -> Offer:
    for told in children(answer, "Options"):
        name = text_of(told, "Encoding")
        if CODECS.get(name.upper(), name.lower()) == codec:
            return _told_offer(told)
    return Offer()


def _told_offer(told: Element) -> Offer:
    gop = [float(one) for one in told.get("GovLengthRange", "").split()]
    both = told.get(f"{CONSTANT}Supported") in _TRUE
    return Offer(
        sizes=tuple(filter(None, map(_size, children(told, "ResolutionsAvailable")))),
        fps_choices=tuple(float(one) for one in told.get("FrameRatesSupported", "").split()),
        gop=Span(min(gop), max(gop)) if gop else None,
        bit_rate_kbps=_span(descend(told, "BitrateRange")),
        quality=_span(descend(told, "QualityRange")),
        modes=frozenset(RateMode) if both else frozenset(),
    )


def _span(told: Element | None) -> Span | None:
    least, most = text_of(told, "Min"), text_of(told, "Max")
    return Span(float(least), float(most)) if least and most else None


def _changed(told: Element, wanted: Encoding) -> str:
    """Return a configuration with our values in place of its own, as XML to send."""
    new = copy.deepcopy(told)
    new.tag = f"{{{NAMESPACE}}}Configuration"
    values: dict[tuple[str, ...], str] = {}
    values["RateControl", "FrameRateLimit"] = f"{wanted.fps:g}"
    values["RateControl", "BitrateLimit"] = str(wanted.bit_rate_kbps)
    if wanted.size is not None:
        values["Resolution", "Width"] = str(wanted.size.width)
        values["Resolution", "Height"] = str(wanted.size.height)
    if wanted.quality is not None:
        values["Quality",] = f"{wanted.quality:g}"
    for path, value in values.items():
        found = descend(new, *path)
        if found is not None:
            found.text = value
    if wanted.gop is not None:
        new.set("GovLength", str(wanted.gop))
    if wanted.mode is not None:
        for limits in children(new, "RateControl"):
            limits.set(CONSTANT, str(wanted.mode is RateMode.CBR).lower())
    return str(etree.tostring(new, encoding="unicode", with_tail=False))
