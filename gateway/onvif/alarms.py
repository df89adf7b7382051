"""From what a camera keeps saying to alarms that begin once and end once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.onvif.notifications import AlarmType, Notification, Property

PULSE = timedelta(seconds=5)
"""How long something counts as going on that only happened, such as a line crossed."""
STALE_AFTER = timedelta(seconds=10)
"""What a camera does not say again so long after a new subscription is over: it tells every state
anew at once (Core Specification §9.1.2)."""
MOST_OPEN = 100
"""Alarms of one camera at once; more is a camera gone mad, and the rest is left out."""
TRUSTED = timedelta(seconds=60)
"""A time further from ours than this, the camera's skew taken off, is not believed."""


@dataclass(frozen=True, slots=True)
class CameraAlarm:
    """Something a camera noticed begins, or ends. at: UTC by our clock.

    topic: as cameras spell it, without prefixes. source: which of its inputs or lenses.
    """

    type: AlarmType
    active: bool
    at: datetime
    topic: str
    source: str


@dataclass(frozen=True, slots=True)
class _Open:
    alarm: CameraAlarm
    ends_at: datetime | None = None


class CameraAlarms:
    """The alarms of one camera that are going on. Every beginning gets its end.

    The same state told again (after each new subscription) changes nothing, but that a camera tells
    of something that is not going on is passed on each time: it can tell. Methods return what
    changed; times are UTC.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], _Open] = {}

    @property
    def active(self) -> tuple[CameraAlarm, ...]:
        """What is going on."""
        return tuple(one.alarm for one in self._open.values())

    def take(
        self, notifications: Iterable[Notification], now: datetime, clock_skew: timedelta | None
    ) -> Iterator[CameraAlarm]:
        """Take in what the camera said. clock_skew: its clock minus ours."""
        for one in notifications:
            alarm = self._taken(one, now, clock_skew or timedelta())
            if alarm is not None:
                yield alarm

    def resubscribed(self, now: datetime) -> None:
        """Expect every state to be told again; what is not is over after `STALE_AFTER`."""
        for key, one in self._open.items():
            ends_at = min(one.ends_at or datetime.max.replace(tzinfo=now.tzinfo), now + STALE_AFTER)
            self._open[key] = replace(one, ends_at=ends_at)

    def pass_time(self, now: datetime) -> Iterator[CameraAlarm]:
        """End what is over by itself, and what would end later than ever: our clock went back."""
        for key, one in list(self._open.items()):
            if one.ends_at is not None and not now < one.ends_at <= now + STALE_AFTER:
                del self._open[key]
                yield replace(one.alarm, active=False, at=min(one.ends_at, now))

    def end_all(self, now: datetime) -> Iterator[CameraAlarm]:
        """End everything: nobody listens any more."""
        for one in self._open.values():
            yield replace(one.alarm, active=False, at=now)
        self._open.clear()

    def _taken(self, one: Notification, now: datetime, skew: timedelta) -> CameraAlarm | None:
        key = (one.topic, one.source)
        late = now - one.told_at + skew if one.told_at else timedelta()
        at = now - max(late, timedelta()) if abs(late) < TRUSTED else now
        is_pulse = one.active is None and one.property is not Property.DELETED
        active = (one.active or is_pulse) and one.property is not Property.DELETED
        was = self._open.pop(key, None)
        if not active and was is not None:
            return replace(was.alarm, active=False, at=at)
        if not active and one.property is not Property.INITIALIZED:
            return None
        if not active:
            return CameraAlarm(one.type, active=False, at=at, topic=one.topic, source=one.source)
        if was is None and len(self._open) >= MOST_OPEN:
            return None
        alarm = CameraAlarm(one.type, active=True, at=at, topic=one.topic, source=one.source)
        self._open[key] = _Open(was.alarm if was else alarm, now + PULSE if is_pulse else None)
        return None if was else alarm
