"""Growing MP4 files: pictures are put into the container as they came, never coded again.

While a film grows it is `<name>.part`, a fragmented MP4: playable, and whole up to the last second
or two when the process is killed. `films` makes it a finished file.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.stream import Stream

from gateway.clock import to_iso
from gateway.errors import StorageError
from gateway.hub import AudioDelivery, Delivery
from gateway.packets import TICKS_PER_S, StreamInfo
from gateway.padded_packet import padded_packet
from gateway.sound_track import SoundTrack, add_sound
from gateway.timeline import Timeline

TIME_BASE = Fraction(1, TICKS_PER_S)
MPEG4_SEQUENCE = b"\x00\x00\x01\xb0"
FALLBACK_FPS = 25.0
"""How long the last picture stands when the stream does not name its rate."""
HEVC_TAG = "hvc1"
"""H.265 with its parameter sets in the index: what Apple's players ask for, and others take."""

GROWING = {
    "frag_duration": "1000000",
    "flush_packets": "1",
    "max_interleave_delta": "1000000",
    "video_track_timescale": str(TICKS_PER_S),
}
"""FFmpeg's options for a growing file: a fragment for each GOP or second (in microseconds).

max_interleave_delta: pictures wait a second at most for sound that does not come.
"""
FRAGMENTS = "frag_keyframe+default_base_moof"
WITH_SOUND = "+empty_moov"
"""The header comes at once: it must not wait for sound that was promised and never comes."""
WITHOUT_SOUND = "+delay_moov"
"""The header comes with the first fragment, when it is known where B-frames begin."""
IN_PLACE = "+hybrid_fragmented"
"""The file gets an index when it is closed, and is an ordinary MP4 from then on."""

PART_SUFFIX = ".part"
"""Added to a film's name while it grows."""
LABEL_KEYS = ("title", "comment", "date")
"""Where MP4 carries a `FilmLabel`: incidents, camera, start."""


@dataclass(frozen=True, slots=True)
class FilmLabel:
    """What a film is of; written into the file, so that one found after a crash tells it.

    incidents: ids of those it shows, first the one it was begun for; none for a segment.
    started_at: when its first picture was captured, UTC, to the millisecond.
    """

    incidents: tuple[str, ...]
    camera_id: str
    started_at: datetime


class GrowingFilm:
    """One growing file, for one thread. Every method raises StorageError when the disk refuses."""

    def __init__(
        self,
        label: FilmLabel,
        path: Path,
        first: Delivery,
        *,
        with_sound: bool = True,
        in_place: bool = False,
    ) -> None:
        """Open `<path>.part`, making its folder; `first` is the key frame to be written first.

        in_place: for `finish_segment`; else for `finish_clip`.
        """
        self.label = label
        self.path = path
        self.pictures = 0
        self._info = first.info
        self._timeline = Timeline()
        self._epoch = 0
        self._entry_pts: int | None = None
        self._frame_ticks = round(TICKS_PER_S / (first.info.fps or FALLBACK_FPS))
        self._end_ticks = 0
        sounds = with_sound and first.info.audio is not None
        options = growing_options(with_sound=sounds, in_place=in_place)
        with refusals("begun", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(part_of(path)), "w", format="mp4", options=options)
            self._container.metadata.update(_metadata(label))
            self._stream = self._track(first)
            self._sound = self._sound_track(first.info) if sounds else None

    def _track(self, first: Delivery) -> Stream:
        try:
            return _video_track(self._container, first)
        except ValueError as error:
            self._container.close()
            part_of(self.path).unlink(missing_ok=True)
            raise StorageError(
                f"the film {self.path} cannot be begun: MP4 does not carry {first.info.codec}; set "
                "the camera to H.264 or H.265"
            ) from error

    def _sound_track(self, info: StreamInfo) -> SoundTrack | None:
        return None if info.audio is None else add_sound(self._container, info.audio)

    @property
    def duration_s(self) -> float:
        """Seconds written so far."""
        return self._end_ticks / TICKS_PER_S

    def fits(self, info: StreamInfo) -> bool:
        """Say whether packets of this stream can follow: one MP4 track has one set-up."""
        return same_set_up(self._info, info)

    def write(self, delivery: Delivery) -> None:
        """Append one packet; the first must be a key frame, and each must `fit`."""
        if self._leans_on_missing(delivery):
            return
        moment = self._timeline.place(delivery)
        packet = padded_packet(_with_set_up(delivery))
        packet.pts, packet.dts, packet.time_base = moment.pts, moment.dts, TIME_BASE
        packet.duration = self._frame_ticks
        packet.is_keyframe = delivery.packet.is_key
        packet.stream = self._stream
        with refusals("written", self.path):
            self._container.mux(packet)
        self.pictures += 1
        self._end_ticks = max(self._end_ticks, moment.pts + self._frame_ticks)

    def write_sound(self, sound: AudioDelivery) -> None:
        """Append some sound; left out where the file has no track for its kind, or it no place."""
        ticks = self._timeline.place_sound(sound)
        if ticks is None or self._sound is None or sound.info != self._sound.info:
            return
        with refusals("written", self.path):
            self._container.mux(self._sound.packets(sound.packet.data, ticks))

    def close(self) -> None:
        """Write what is held back and close the file, which stays `<path>.part`."""
        with refusals("closed", self.path):
            if self._sound is not None:
                self._container.mux(self._sound.rest())
            self._container.close()

    def abandon(self) -> None:
        """Let the file go after a StorageError; the `.part` stays for the next start to mend."""
        with suppress(OSError, av.FFmpegError):
            self._container.close()

    def _leans_on_missing(self, delivery: Delivery) -> bool:
        """Say whether a picture is shown before the key frame the session was entered on.

        It was sent after that key frame (an open GOP) and leans on pictures that are not there.
        """
        packet = delivery.packet
        if delivery.epoch != self._epoch:
            self._epoch, self._entry_pts = delivery.epoch, packet.pts
        elif packet.is_key:
            self._entry_pts = None
        return self._entry_pts is not None and packet.pts < self._entry_pts


def growing_options(*, with_sound: bool, in_place: bool) -> dict[str, str]:
    """Return FFmpeg's options for a growing file; in_place: see IN_PLACE."""
    flags = FRAGMENTS + (WITH_SOUND if with_sound else WITHOUT_SOUND)
    return GROWING | {"movflags": flags + IN_PLACE if in_place else flags}


def _metadata(label: FilmLabel) -> dict[str, str]:
    texts = (" ".join(label.incidents), label.camera_id, to_iso(label.started_at))
    return dict(zip(LABEL_KEYS, texts, strict=True))


def _video_track(container: OutputContainer, first: Delivery) -> Stream:
    """Add a track for a camera's pictures.

    H.265 is tagged after a stream made from the key frame itself: FFmpeg offers no other way to
    name the tag of packets that are only passed on.
    """
    info = first.info
    if info.codec != "hevc":
        return container.add_mux_stream(
            info.codec, width=info.width, height=info.height, time_base=TIME_BASE
        )
    with av.open(io.BytesIO(first.packet.data), format="hevc") as model:
        if model.streams.video[0].codec_context.extradata is None:
            raise LookupError("its key frame has no parameter sets")
        track = container.add_stream_from_template(model.streams.video[0])
    track.codec_context.codec_tag = HEVC_TAG
    track.time_base = TIME_BASE
    return track


def _with_set_up(delivery: Delivery) -> bytes:
    """Return a packet's bytes, an MPEG-4 Visual key frame with its object headers before it.

    Cameras may send those (ISO/IEC 14496-2 §6.2.1) in the session description only, and FFmpeg's
    MP4 looks for them in the first packet. H.264 and H.265 key frames come complete from sources.
    """
    packet, is_mpeg4 = delivery.packet, delivery.info.codec == "mpeg4"
    if is_mpeg4 and packet.is_key and not packet.data.startswith(MPEG4_SEQUENCE):
        return delivery.info.extradata + packet.data
    return packet.data


def same_set_up(one: StreamInfo, other: StreamInfo) -> bool:
    """Say whether one decoder, set up once, can go on from one stream to the other."""
    return (one.codec, one.width, one.height, one.extradata) == (
        other.codec,
        other.width,
        other.height,
        other.extradata,
    )


def part_of(path: Path) -> Path:
    """Return the name of a film while it grows."""
    return path.with_name(path.name + PART_SUFFIX)


@contextmanager
def refusals(step: str, path: Path) -> Iterator[None]:
    """Turn what FFmpeg and the system say into a StorageError about one film."""
    try:
        yield
    except (OSError, ValueError, LookupError, av.FFmpegError) as error:
        raise StorageError(
            f"the film {path} cannot be {step}: {error}; check the space and rights of its disk"
        ) from error
