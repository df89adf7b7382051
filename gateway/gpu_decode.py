"""The seam for decoding on an NVIDIA card: `pip install PyNvVideoCodec`, NVIDIA's own package.

UNMEASURED, and wired to nothing: no such card was at hand. It says what a decoder on a card takes
and gives, in the words of the rest: packets in, pictures out that stay in the card's memory until a
network there reads them (`onnxruntime.OrtValue.from_dlpack`). A card decodes a batch when several
cameras' decoders are handed a packet each and their pictures are taken together.
"""

import ctypes
import importlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Final, Protocol

from gateway.errors import MissingExtraError, NotVideoError
from gateway.packets import TICKS_PER_S, StreamInfo, VideoPacket
from vision.types import FrameSize

CARD_CODECS: Final = {"h264": "H264", "hevc": "HEVC"}
"""FFmpeg's names of codecs to members of `PyNvVideoCodec.cudaVideoCodec`."""


class OnCard(Protocol):
    """An array in the memory of a card, as DLPack hands arrays from one library to another."""

    def __dlpack__(self, *, stream: int | None = None) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...


@dataclass(frozen=True, slots=True, eq=False)
class CardPicture:
    """One decoded picture: uint8 (height, width, 3), RGB, in the card's memory."""

    pixels: OnCard
    size: FrameSize
    captured_at: datetime


class CardDecoder(Protocol):
    """What decodes one stream on a card, on the caller's thread."""

    def decode(self, packet: VideoPacket) -> list[CardPicture]:
        """Return the pictures a packet completes, mostly one."""
        ...


class NvCodecDecoder:
    """PyNvVideoCodec as a `CardDecoder`.

    Raises MissingExtraError without the package, NotVideoError for a codec the card has none for.
    """

    def __init__(self, info: StreamInfo, card: int = 0) -> None:
        vendor = _vendor()
        if info.codec not in CARD_CODECS:
            raise NotVideoError(
                f"No decoder for {info.codec} on an NVIDIA card; use the processor."
            )
        latency = vendor.DisplayDecodeLatencyType
        self._vendor = vendor
        self._size = FrameSize(info.width, info.height)
        self._decoder = vendor.CreateDecoder(
            gpuid=card,
            codec=getattr(vendor.cudaVideoCodec, CARD_CODECS[info.codec]),
            usedevicememory=True,
            outputColorType=vendor.OutputColorType.RGB,
            latency=latency.NATIVE if info.has_b_frames else latency.LOW,
        )

    def decode(self, packet: VideoPacket) -> list[CardPicture]:
        """See `CardDecoder.decode`."""
        buffer = ctypes.create_string_buffer(packet.data, len(packet.data))
        data = self._vendor.PacketData()
        data.bsl, data.bsl_data, data.pts = len(packet.data), ctypes.addressof(buffer), packet.pts
        return [self._picture(frame, packet) for frame in self._decoder.Decode(data)]

    def _picture(self, frame: "_Frame", packet: VideoPacket) -> CardPicture:
        """Return a frame with its time, by how far its pts is from that of the newest packet."""
        since = timedelta(seconds=(frame.getPTS() - packet.pts) / TICKS_PER_S)
        return CardPicture(frame, self._size, packet.captured_at + since)


class _Frame(OnCard, Protocol):
    """PyNvVideoCodec's frame."""

    def getPTS(self) -> int: ...  # noqa: N802 the vendor's name


def _vendor() -> ModuleType:
    try:
        return importlib.import_module("PyNvVideoCodec")
    except ImportError as error:
        raise MissingExtraError(
            f"decoding on an NVIDIA card needs its package ({error}): pip install PyNvVideoCodec"
        ) from error
