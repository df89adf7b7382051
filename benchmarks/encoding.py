"""How the cameras of the benchmarks code what they show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType

from vision.types import Image


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a camera codes its stream. rate: "crf", "vbr" (capped) or "cbr". kbps: cap or rate."""

    fps: int
    gop_s: float
    rate: str
    crf: int
    kbps: int

    @property
    def options(self) -> Mapping[str, str]:
        """Return it as libx264 wants it: no B-frames, one slice, as cameras do."""
        common = {"preset": "veryfast", "tune": "zerolatency", "threads": "1"}
        common |= {"sc_threshold": "0", "profile": "main"}
        rate = {"maxrate": f"{self.kbps}k", "bufsize": f"{self.kbps * 2}k"}
        match self.rate:
            case "crf":
                return common | {"crf": str(self.crf)}
            case "vbr":
                return common | {"crf": str(self.crf)} | rate
            case _:
                return common | rate | {"b": f"{self.kbps}k", "nal-hrd": "cbr"}


def write_film(path: Path, pictures: Iterable[Image], encoding: Encoding) -> None:
    """Write BGR pictures of one size as an MP4 that is there whole or not at all."""
    draft = path.with_suffix(".part")
    with av.open(str(draft), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=encoding.fps)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = round(encoding.fps * encoding.gop_s)
        stream.options = {**encoding.options}
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, encoding.fps)
            frame.pict_type = PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    draft.replace(path)
