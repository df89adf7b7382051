"""The hours of the day in which something happens, and what a rule's hours are without them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from vision.arming import MINUTES_A_DAY, Arming

HOURS_A_DAY = 24
_DATE_OF_ANY_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - the wall clock of no place


def narrowest(moments: Iterable[datetime]) -> range:
    """Return the fewest whole hours in a row that hold all moments, by their own wall clocks.

    The range goes past 24 where it goes over midnight: range(22, 30) is 22:00 to 06:00. Empty
    without moments.
    """
    hours = sorted({moment.hour for moment in moments})
    if not hours:
        return range(0)
    followers = [*hours[1:], hours[0] + HOURS_A_DAY]
    gaps = [after - hour for hour, after in zip(hours, followers, strict=True)]
    widest = gaps.index(max(gaps))
    begins = followers[widest] % HOURS_A_DAY
    length = HOURS_A_DAY - gaps[widest] + 1
    return range(begins, begins + length)


def without(arming: Arming, hours: range) -> tuple[str, ...]:
    """Return the hours of a calendar less some hours of the day, as `Arming.hours` has them.

    What goes over midnight stays one text. Empty where nothing would be left.
    """
    every_day = Arming(hours=arming.hours).calendar(None)
    off = {hour % HOURS_A_DAY for hour in hours}
    armed = [
        minute // 60 not in off
        and every_day.is_armed(_DATE_OF_ANY_DAY.replace(hour=minute // 60, minute=minute % 60))
        for minute in range(MINUTES_A_DAY)
    ]
    return tuple(_text(*span) for span in _spans(armed))


def _spans(armed: Sequence[bool]) -> list[tuple[int, int]]:
    """Return first minute and end of each run of armed minutes, the last over midnight joined."""
    edges = [minute for minute in range(MINUTES_A_DAY) if armed[minute] != armed[minute - 1]]
    if not edges:
        return [(0, MINUTES_A_DAY)] if armed[0] else []
    starts = [minute for minute in edges if armed[minute]]
    ends = [minute for minute in edges if not armed[minute]]
    if ends[0] < starts[0]:
        ends = [*ends[1:], ends[0]]
    return list(zip(starts, ends, strict=True))


def _text(start: int, end: int) -> str:
    end = end or MINUTES_A_DAY
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
