"""How streams are encoded, and what became of tuning them, as they go over the wire."""

from typing import Literal

from gateway.api.fields import Answer
from gateway.onvif.encoder import Change
from gateway.onvif.encoding import Encoding, RateMode
from gateway.stream_tuning import TuningOutcome


class EncodingBody(Answer):
    """The settings of a stream's encoder; null where the camera does not tell.

    gop: pictures from one key frame to the next. bit_rate_kbps: the most it may send. quality: on
    the camera's own scale.
    """

    codec: str
    width: int | None
    height: int | None
    fps: float
    gop: int | None
    bit_rate_kbps: int
    mode: RateMode | None
    quality: float | None


class ChangeBody(Answer):
    """What tuning did, or would do. saved_ratio: share of the pixels no longer decoded, 0-1."""

    before: EncodingBody
    after: EncodingBody
    saved_kbps: int
    saved_ratio: float


class TuningBody(Answer):
    """What became of one camera. change: null where it failed; code, text: why, "" otherwise."""

    type: Literal["tuning"] = "tuning"
    camera: str
    name: str
    change: ChangeBody | None
    code: str
    text: str


def encoding_body(encoding: Encoding) -> EncodingBody:
    """Return settings as they go over the wire."""
    size = encoding.size
    return EncodingBody(
        codec=encoding.codec,
        width=size and size.width,
        height=size and size.height,
        fps=encoding.fps,
        gop=encoding.gop,
        bit_rate_kbps=encoding.bit_rate_kbps,
        mode=encoding.mode,
        quality=encoding.quality,
    )


def change_body(change: Change) -> ChangeBody:
    """Return a change as it goes over the wire."""
    return ChangeBody(
        before=encoding_body(change.before),
        after=encoding_body(change.after),
        saved_kbps=change.saved_kbps,
        saved_ratio=change.saved_ratio,
    )


def tuning_body(outcome: TuningOutcome) -> TuningBody:
    """Return what became of a camera as it goes over the wire."""
    return TuningBody(
        camera=outcome.camera_id,
        name=outcome.name,
        change=outcome.change and change_body(outcome.change),
        code=outcome.code,
        text=outcome.text,
    )
