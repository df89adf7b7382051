"""Timestamps of a live session: ticks that never run backwards, and when each picture was taken.

Cameras leave timestamps out, jump, drift, and believe it is 1970. Both classes here are pure: the
times of arrival come in as arguments.
"""

from datetime import UTC, datetime

from gateway.packets import TICKS_PER_S, ClockSource

MAX_JUMP_S = 10.0
"""A step in the stream's own timestamps beyond this is a restarted counter, not a pause."""

EARLIEST_OFFSET_S, LATEST_OFFSET_S = -5.0, 0.5
"""The camera's clock minus ours within which it is believed: a picture may have been under way for
some seconds on a 4G link, but cannot come from the future. Outside, the camera's clock is wrong."""

MAX_LAG_S = 2.0
"""How far the smoothed arrival time may fall behind arrival itself before it starts afresh."""

DRIFT = 0.001
"""How much slower than ours a camera's crystal may run: ten times what quartz does."""

MIN_SPEED = 0.5
"""Corrections never make recorded time run slower than this, so never backwards."""


def decoding_time(pts: int | None, dts: int | None, last: int | None, lead: int) -> int | None:
    """Return the dts of a packet, guessed where FFmpeg leaves it out; None when nothing is known.

    It does so for the first packets of streams with B-frames. last: the dts before, None at the
    start. lead: ticks by which such a stream decodes ahead of showing, 0 without B-frames.
    """
    if dts is not None or pts is None:
        return dts
    if lead == 0:
        return pts
    return pts - lead if last is None else last + 1


class TickLine:
    """Places packets on one rising 90 kHz line: fills gaps by arrival, bridges jumps.

    lead: as in `decoding_time`.
    """

    def __init__(self, lead: int = 0) -> None:
        self._lead = lead
        self._shift = 0
        self._last: int | None = None
        self._last_received_s = 0.0

    def place(self, pts: int | None, dts: int | None, received_s: float) -> tuple[int, int]:
        """Return (pts, dts) with dts above every earlier one and pts not below dts.

        pts, dts: as received, None where missing. received_s: monotonic seconds.
        """
        last, raw = self._last, dts
        if dts is None:
            last_raw = None if last is None else last - self._shift
            raw = decoding_time(pts, dts, last_raw, self._lead)
        passed = int((received_s - self._last_received_s) * TICKS_PER_S)
        if raw is None:
            placed = shown = 0 if last is None else last + max(1, passed)
        else:
            if last is not None and not -_JUMP <= raw + self._shift - last - passed <= _JUMP:
                self._shift = last + max(1, passed) - raw
            placed = raw + self._shift
            shown = placed if pts is None else pts + self._shift
        if last is not None and placed <= last:
            placed = last + 1
        self._last, self._last_received_s = placed, received_s
        return (shown if shown > placed else placed), placed


_JUMP = int(MAX_JUMP_S * TICKS_PER_S)


# Of each picture of each camera: names are found, and values compared, the quick way below.
_RTCP, _ARRIVAL = ClockSource.RTCP, ClockSource.ARRIVAL


class PictureClock:
    """Says when pictures were taken: by the camera's RTCP reports when sane, else by arrival.

    Arrival is smoothed by the stream's own spacing, so that network jitter does not reach the
    rules. `offset_s` is the camera's clock minus ours by its newest report, also when disbelieved.
    """

    def __init__(self) -> None:
        self.offset_s: float | None = None
        self._reports = 0
        self._shift_s: float | None = None
        self._last_tick_s = 0.0

    def stamp(
        self, pts: int, dts: int, arrival_s: float, camera_s: float | None
    ) -> tuple[datetime, ClockSource]:
        """Return when a picture was taken and by whose clock.

        pts, dts: 90 kHz ticks of a `TickLine`. arrival_s: seconds since 1970. camera_s: the
        camera's own time for this picture, counted alike, None when it sent no report yet.
        """
        shown_s, tick_s = pts / TICKS_PER_S, dts / TICKS_PER_S
        elapsed_s = tick_s - self._last_tick_s if tick_s > self._last_tick_s else 0.0
        self._last_tick_s = tick_s
        if camera_s is not None and self._believes(camera_s, arrival_s):
            wanted_s, source = camera_s - shown_s, _RTCP
        else:
            wanted_s, source = self._by_arrival(arrival_s - shown_s, elapsed_s), _ARRIVAL
        if self._shift_s is not None:
            earliest_s = self._shift_s - elapsed_s * (1 - MIN_SPEED)
            wanted_s = wanted_s if wanted_s > earliest_s else earliest_s
        self._shift_s = wanted_s
        return datetime.fromtimestamp(shown_s + wanted_s, UTC), source

    def moment(self, pts: int) -> datetime:
        """Return when something beside the pictures was captured, by the newest picture's stamp.

        pts: 90 kHz ticks on the line of the pictures; call it after the first `stamp`.
        """
        return datetime.fromtimestamp(pts / TICKS_PER_S + (self._shift_s or 0.0), UTC)

    def _believes(self, camera_s: float, arrival_s: float) -> bool:
        # FFmpeg hands the first report of a session to the picture before the one it belongs to.
        self._reports += 1
        if self._reports == 1:
            return False
        self.offset_s = camera_s - arrival_s
        return EARLIEST_OFFSET_S <= self.offset_s <= LATEST_OFFSET_S

    def _by_arrival(self, shift_s: float, elapsed_s: float) -> float:
        if self._shift_s is None or shift_s - self._shift_s > MAX_LAG_S:
            return shift_s
        latest_s = self._shift_s + DRIFT * elapsed_s
        return shift_s if shift_s < latest_s else latest_s
