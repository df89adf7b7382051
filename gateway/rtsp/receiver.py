"""From RTP packets to pictures and sound, in the form the hub passes on.

One `VideoReceiver` and at most one `AudioReceiver` for each RTSP session. Both are pure: no
sockets, no loop, no clock; times come in as arguments. No bytes can raise out of them.

    track = next(track for track in parse_sdp(body, base_url) if is_supported(track))
    video = VideoReceiver(track, reorder=udp, audio=audio_info(audio_track))
    sound = AudioReceiver(audio_track, video, reorder=udp)
    video.on_picture = publish                     # video.info says of which stream it is
    video.rtp(packets, received_s, arrival_s)
    for heard in sound.rtp(packets, received_s, arrival_s): ...

- `rtp(packets, received_s, arrival_s)` takes the RTP packets that came at once, without framing.
  `on_picture` is called with each picture that they complete, but with none before `info` is known.
- `reorder` is True for datagrams: packets wait for late ones; over TCP they never do.
- `rtcp(packets, received_s, arrival_s)` takes compound RTCP packets.
- `report(now_s)` returns a receiver report with SDES, b"" before the first RTP packet; send one
  every five seconds.
- `info` is None until parameter sets are known, by the SDP or in-band, and another object when they
  change what it says: compare it by identity, which is cheap.

Loss. A picture with a part missing is left out (`damaged`), and so are the pictures after it
(`skipped`), which lean on it, until the next key picture: the hub promises runs without holes, and
a smeared street is full of false motion. Two exceptions: nothing leans on a picture that its own
headers call disposable; and when no key picture comes for `KEY_PATIENCE_S` pictures pass again as
they are, since with a long or endless GOP a smeared picture beats none.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.packets import TICKS_PER_S, AudioInfo, AudioPacket, StreamInfo, VideoPacket
from gateway.rtsp.audio import audio_info, frames_of
from gateway.rtsp.current_sets import CurrentSets
from gateway.rtsp.fragments import FragmentRun
from gateway.rtsp.grammar import GRAMMARS
from gateway.rtsp.h264 import H264Depacketizer
from gateway.rtsp.h265 import H265Depacketizer
from gateway.rtsp.line import AudioLine, VideoLine
from gateway.rtsp.picture_format import MAX_GUESSED_REORDER, PictureFormat
from gateway.rtsp.pictures import PictureBuilder
from gateway.rtsp.reorder import ReorderBuffer
from gateway.rtsp.rtcp import receiver_report
from gateway.rtsp.rtp import RtpStream
from gateway.rtsp.sdp import MediaTrack

KEY_PATIENCE_S = 3.0
"""How long pictures are left out after a loss: one GOP as cameras come from the factory."""

LOOKS_FOR_B = 250
"""Pictures looked at for B slices where the parameter sets do not tell: ten seconds at 25 fps."""


def is_supported(track: MediaTrack) -> bool:
    """Say whether a track is video that `VideoReceiver` reads."""
    return (
        track.kind == "video"
        and track.codec in GRAMMARS
        and track.clock_rate > 0
        and track.fmtp.get("packetization-mode", "0") != "2"
    )


class VideoReceiver:
    """Pictures of one H.264 or H.265 track.

    audio: what `info` is to say of the session's sound. on_picture: called with each picture; to be
    set before the first packet. damaged: pictures left out because part of them was lost. skipped:
    whole pictures left out because they may lean on a lost one.
    """

    def __init__(self, track: MediaTrack, *, reorder: bool, audio: AudioInfo | None = None) -> None:
        """Begin with a track's description; raises ValueError where it is not supported."""
        if not is_supported(track):
            raise ValueError(f"{track.control} sends {track.codec or 'something unknown'}")
        self.damaged = self.skipped = 0
        self.on_picture: Callable[[VideoPacket], object] = _let_go
        self.line = VideoLine(track.clock_rate)
        self._track, self._audio = track, audio
        self._stream = RtpStream(track.payload_type, track.clock_rate)
        self._reorder = ReorderBuffer() if reorder else None
        self._sets = CurrentSets(GRAMMARS[track.codec])
        self._pictures = PictureBuilder(GRAMMARS[track.codec], self._sets, self._finish)
        self._units = _depacketiser(track, self._pictures)
        self._run = FragmentRun(self._units.FRAGMENT_BYTES)
        self._timestamp: int | None = None
        self._received_s = self._arrival_s = 0.0
        self._key_due_s: float | None = None
        self._left_to_look = LOOKS_FOR_B
        self._format: PictureFormat | None = None
        self._depth_known = 0
        self._info: StreamInfo | None = None
        for unit in _announced_sets(track):
            self._sets.see(unit)
        self._sets.changed = False
        self._describe()

    @property
    def info(self) -> StreamInfo | None:
        """What is known of the stream; another object when that changes."""
        return self._info

    @property
    def lost(self) -> int:
        """RTP packets that never came, or too late."""
        return self._stream.lost

    @property
    def unread(self) -> int:
        """RTP payloads that are broken, or of a kind no live camera should send."""
        return self._units.unread

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours by its newest sender report; None while it sent none."""
        return self.line.clock.offset_s

    def rtp(self, packets: Sequence[bytes], received_s: float, arrival_s: float) -> None:
        """Take RTP packets that came at once.

        received_s: monotonic seconds. arrival_s: seconds since 1970, both of their arrival.
        """
        if self._reorder is None:
            self._take(packets, received_s, arrival_s)
            return
        for data in packets:
            for due, due_received_s, due_arrival_s in self._reorder.push(
                data, received_s, arrival_s
            ):
                self._take((due,), due_received_s, due_arrival_s)

    def rtcp(self, packets: Sequence[bytes], received_s: float, arrival_s: float) -> None:  # noqa: ARG002
        """Take compound RTCP packets; times as in `rtp`."""
        for data in packets:
            self.line.sender.see(data, received_s)

    def report(self, now_s: float) -> bytes:
        """Return a receiver report to send, b"" before the first packet. now_s: monotonic."""
        reception = self._stream.reception()
        return receiver_report(reception, self.line.sender.echo(now_s)) if reception else b""

    def _take(self, packets: Sequence[bytes], received_s: float, arrival_s: float) -> None:
        at, run = 0, self._run
        while at < len(packets):
            pieces = run.follow(packets, at) if run.is_on else ()
            if not pieces:
                self._read(packets[at], received_s, arrival_s)
                at += 1
                continue
            at += len(pieces)
            self._stream.pass_over(len(pieces))
            self._pictures.go_on(pieces, is_last=run.is_over)
            if run.is_over:
                self._received_s, self._arrival_s = received_s, arrival_s
            if run.is_marked:
                self._pictures.mark()

    def _read(self, data: bytes, received_s: float, arrival_s: float) -> None:
        """Take one packet, looking at all of its headers."""
        packet = self._stream.read(data)
        if packet is None:
            return
        marker, timestamp, at, end = packet
        if self._stream.after_gap:
            self._bridge(timestamp, received_s)
        if timestamp != self._timestamp:
            self._pictures.turn()
            self._timestamp = timestamp
            self._stream.arrived(timestamp, received_s)
        self._received_s, self._arrival_s = received_s, arrival_s
        if at < end and self._units.feed(data, at, end):
            self._run.begin(data)
        if marker:
            self._pictures.mark()

    def _bridge(self, timestamp: int, received_s: float) -> None:
        """Take note of missing packets before one with this timestamp."""
        if self._timestamp is None:
            return
        self._pictures.gap()
        if timestamp != self._timestamp:
            self._pictures.turn()
        if not self._leaves_none_behind():
            self._await_key(received_s)

    def _leaves_none_behind(self) -> bool:
        """Say whether the picture under way may be lost alone: no other leans on it."""
        return self._pictures.has_slices and self._pictures.is_disposable

    def _await_key(self, received_s: float) -> None:
        if self._key_due_s is None:
            self._key_due_s = received_s + KEY_PATIENCE_S

    def _finish(self, data: bytes, is_key: bool) -> None:
        """Pass on one picture, or leave it out."""
        if not data:
            self.damaged += 1
            if not self._leaves_none_behind():
                self._await_key(self._received_s)
            return
        if self._key_due_s is not None:
            if not is_key and self._received_s < self._key_due_s:
                self.skipped += 1
                return
            self._key_due_s = None
        if self._sets.format is not self._format or self._pictures.looks_for_b:
            self._describe()
        if self._info is None:
            return
        timestamp = self._timestamp or 0
        received_s, arrival_s = self._received_s, self._arrival_s
        picture = self.line.picture(data, timestamp, received_s, arrival_s, is_key=is_key)
        self.on_picture(picture)

    def _describe(self) -> None:
        """Bring `info` and the order of pictures up to date with the parameter sets."""
        format_ = self._sets.format
        if format_ is None or not self._sets.annex_b:
            return
        depth = self._depth(format_)
        fps = format_.fps or self._track.framerate
        info = StreamInfo(
            codec=self._track.codec,
            width=format_.width,
            height=format_.height,
            fps=fps,
            extradata=self._sets.annex_b,
            profile=format_.profile,
            has_b_frames=depth > 0,
            audio=self._audio,
        )
        known = self._info
        if known is None or _differs(known, info):
            self._info = info
        if fps:
            self.line.step = round(TICKS_PER_S / fps)
        if format_ is not self._format or depth != self._depth_known:
            self._format, self._depth_known = format_, depth
            self.line.reorder(depth)

    def _depth(self, format_: PictureFormat) -> int:
        """Return how many pictures may come before one that is shown earlier."""
        if format_.reorder is not None:
            self._pictures.looks_for_b = False
            return format_.reorder
        self._left_to_look -= 1
        self._pictures.looks_for_b = self._left_to_look > 0 and not self._pictures.sends_b
        return min(max(1, format_.dpb), MAX_GUESSED_REORDER) if self._pictures.sends_b else 0


def _let_go(_picture: VideoPacket) -> None:
    """Take a picture that nobody wants."""


def _differs(known: StreamInfo, now: StreamInfo) -> bool:
    """Say whether a decoder or a person would see a difference; re-sent sets alone are none."""
    return (known.width, known.height, known.profile, known.fps, known.has_b_frames) != (
        now.width,
        now.height,
        now.profile,
        now.fps,
        now.has_b_frames,
    )


def _depacketiser(
    track: MediaTrack, pictures: PictureBuilder
) -> H264Depacketizer | H265Depacketizer:
    if track.codec == "h264":
        return H264Depacketizer(pictures)
    has_don = track.fmtp.get("sprop-max-don-diff", "0").strip("0 ") != ""
    return H265Depacketizer(pictures, has_don=has_don)


def _announced_sets(track: MediaTrack) -> Iterable[bytes]:
    """Yield the parameter sets in the session description (RFC 6184 §8.1, RFC 7798 §7.1)."""
    for name in ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"):
        for text in track.fmtp.get(name, "").split(","):
            try:
                yield base64.b64decode(text.strip().rstrip("=") + "==")
            except (binascii.Error, ValueError):
                continue


class AudioReceiver:
    """Sound of one track, laid on the line of a session's pictures.

    Sound before the first picture is left out: there is no line yet.
    """

    def __init__(self, track: MediaTrack, video: VideoReceiver, *, reorder: bool) -> None:
        """Begin with a track's description; raises ValueError where `audio_info` is None."""
        if audio_info(track) is None:
            raise ValueError(f"{track.control} sends sound of an unknown kind")
        self._video = video.line
        self._line = AudioLine(video.line, track.clock_rate)
        self._frames = frames_of(track)
        self._stream = RtpStream(track.payload_type, track.clock_rate)
        self._reorder = ReorderBuffer() if reorder else None

    @property
    def lost(self) -> int:
        """RTP packets that never came, or too late."""
        return self._stream.lost

    def rtp(
        self, packets: Sequence[bytes], received_s: float, arrival_s: float
    ) -> Iterator[AudioPacket]:
        """Take RTP packets that came at once; yield the sound in them. Times as in VideoReceiver.

        They are taken as the sound is.
        """
        for data in packets:
            if self._reorder is None:
                yield from self._take(data, received_s)
                continue
            for due, due_received_s, _ in self._reorder.push(data, received_s, arrival_s):
                yield from self._take(due, due_received_s)

    def rtcp(self, packets: Sequence[bytes], received_s: float, arrival_s: float) -> None:  # noqa: ARG002
        """Take compound RTCP packets."""
        for data in packets:
            self._line.sender.see(data, received_s)

    def report(self, now_s: float) -> bytes:
        """Return a receiver report to send, b"" before the first packet. now_s: monotonic."""
        reception = self._stream.reception()
        return receiver_report(reception, self._line.sender.echo(now_s)) if reception else b""

    def _take(self, data: bytes, received_s: float) -> Iterable[AudioPacket]:
        packet = self._stream.read(data)
        if packet is None:
            return
        _, timestamp, at, end = packet
        self._stream.arrived(timestamp, received_s)
        if at >= end:
            return
        for samples, frame in self._frames(data[at:end], timestamp, self._stream.after_gap):
            pts = self._line.place((timestamp + samples) & 0xFFFFFFFF, received_s)
            if pts is not None:
                yield AudioPacket(frame, pts, self._video.clock.moment(pts), received_s)
