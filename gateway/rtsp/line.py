"""Where pictures and sound stand in time: RTP timestamps and sender reports in, ticks and UTC out.

Pictures make the session's line. Sound is laid beside it: by the sender reports of both, which
share the camera's clock even where that is wrong, else by when each arrived.
"""

from bisect import insort

from gateway.packets import TICKS_PER_S, VideoPacket
from gateway.rtsp.rtcp import SenderClock
from gateway.rtsp.wrapping import Unwrapper
from gateway.timing import MAX_JUMP_S, PictureClock, TickLine

REPORTED_TOLERANCE_S = 0.1
"""How far sound may drift from where sender reports put it before it is laid anew."""

ARRIVAL_TOLERANCE_S = 0.5
"""The same where only arrival tells: more than the jitter of the network."""


class DecodingOrder:
    """Gives pictures a dts where the stream names only when they are shown.

    depth: how many pictures may be sent before one that is shown earlier. The dts of a picture is
    the earliest pts of the newest `depth` + 1, which no later picture can fall below.
    """

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._latest: list[int] = []

    def dts(self, pts: int, step: int) -> int:
        """Return the dts of the next picture. step: nominal ticks between two."""
        latest = self._latest
        if latest and abs(pts - latest[-1]) > MAX_JUMP_S * TICKS_PER_S:
            latest.clear()
        insort(latest, pts)
        if len(latest) <= self._depth:
            return latest[0] - (self._depth + 1 - len(latest)) * step
        return latest.pop(0)


class VideoLine:
    """The line of one session.

    pts, received_s, camera_s: of the newest picture; camera_s None without a sender report.
    step: nominal ticks between two pictures.
    """

    def __init__(self, clock_rate: int) -> None:
        self.pts: int | None = None
        self.received_s = 0.0
        self.camera_s: float | None = None
        self.step = TICKS_PER_S // 25
        self.sender = SenderClock(clock_rate)
        self.clock = PictureClock()
        self._rate = clock_rate
        self._ticks = TickLine()
        self._unwrapper = Unwrapper()
        self._order: DecodingOrder | None = None
        self._timestamp: int | None = None

    def reorder(self, depth: int) -> None:
        """Take note of how many pictures may be sent before one that is shown earlier."""
        self._order = DecodingOrder(depth) if depth else None

    def picture(
        self,
        data: bytes,
        timestamp: int,
        received_s: float,
        arrival_s: float,
        *,
        is_key: bool,
    ) -> VideoPacket:
        """Return the next picture with its times."""
        raw: int | None = None
        # A timestamp that stands still tells nothing.
        if timestamp != self._timestamp:
            self._timestamp = timestamp
            raw = self._unwrapper.count(timestamp)
            if self._rate != TICKS_PER_S:
                raw = raw * TICKS_PER_S // self._rate
        dts = raw if raw is None or self._order is None else self._order.dts(raw, self.step)
        pts, dts = self._ticks.place(raw, dts, received_s)
        camera_s = self.sender.utc_s(timestamp)
        captured_at, clock = self.clock.stamp(pts, dts, arrival_s, camera_s)
        self.pts, self.received_s, self.camera_s = pts, received_s, camera_s
        return VideoPacket(data, pts, dts, is_key, captured_at, clock, received_s)


class AudioLine:
    """Lays the sound of a session beside its pictures. clock_rate: of the sound's timestamps."""

    def __init__(self, video: VideoLine, clock_rate: int) -> None:
        self.sender = SenderClock(clock_rate)
        self._video = video
        self._rate = clock_rate
        self._unwrapper = Unwrapper()
        self._shift: int | None = None
        self._last: int | None = None

    def place(self, timestamp: int, received_s: float) -> int | None:
        """Return the pts of sound, above every earlier one; None before the first picture."""
        if self._video.pts is None:
            return None
        ticks = self._unwrapper.count(timestamp) * TICKS_PER_S // self._rate
        wanted, tolerance_s = self._wanted(self._video.pts, timestamp, received_s)
        shift = self._shift
        if shift is None or abs(ticks + shift - wanted) > tolerance_s * TICKS_PER_S:
            shift = self._shift = wanted - ticks
        pts = ticks + shift
        if self._last is not None:
            pts = max(pts, self._last + 1)
        self._last = pts
        return pts

    def _wanted(self, newest: int, timestamp: int, received_s: float) -> tuple[int, float]:
        """Return where sound belongs by what is known, and how exact that is in seconds."""
        camera_s = self.sender.utc_s(timestamp)
        if camera_s is not None and self._video.camera_s is not None:
            away_s, tolerance_s = camera_s - self._video.camera_s, REPORTED_TOLERANCE_S
        else:
            away_s, tolerance_s = received_s - self._video.received_s, ARRIVAL_TOLERANCE_S
        return newest + round(away_s * TICKS_PER_S), tolerance_s
