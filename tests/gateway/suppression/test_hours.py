"""Hours of the day: where alarms fall, and a calendar without them."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.suppression.hours import narrowest, without
from vision.arming import Arming

DAY = datetime(2026, 5, 4)  # noqa: DTZ001 - wall clocks of no place


def at(*hours: float) -> list[datetime]:
    return [DAY + timedelta(days=number, hours=hour) for number, hour in enumerate(hours)]


@pytest.mark.parametrize(
    ("hours", "span"),
    [
        ((), range(0)),
        ((7.5,), range(7, 8)),
        ((7.5, 9.2, 8), range(7, 10)),
        ((23, 0.5, 1), range(23, 26)),
        ((22.9, 5.9), range(22, 30)),
        ((0, 23.99), range(23, 25)),
    ],
)
def test_the_fewest_hours_that_hold_all(hours, span) -> None:
    assert narrowest(at(*hours)) == span


@pytest.mark.parametrize(
    ("armed", "off", "left"),
    [
        ((), range(7, 10), ("10:00-07:00",)),
        ((), range(23, 26), ("02:00-23:00",)),
        ((), range(22, 24), ("00:00-22:00",)),
        ((), range(2), ("02:00-24:00",)),
        ((), range(24), ()),
        (("08:00-20:00",), range(11, 13), ("08:00-11:00", "13:00-20:00")),
        (("22:00-06:00",), range(23, 24), ("00:00-06:00", "22:00-23:00")),
        (("22:30-06:15",), range(20, 22), ("22:30-06:15",)),
        (("22:00-06:00",), range(21, 31), ()),
    ],
)
def test_what_is_left_of_a_calendar(armed, off, left) -> None:
    assert set(without(Arming(hours=armed), off)) == set(left)


minutes = st.integers(0, 24 * 60 - 1)


@given(st.lists(minutes, min_size=1, max_size=6), st.booleans())
def test_nothing_is_armed_then_and_all_else_as_before(moments, is_at_night) -> None:
    before = Arming(hours=("20:00-06:00",) if is_at_night else ())
    off = narrowest(DAY + timedelta(minutes=one) for one in moments)
    hours = without(before, off)
    armed = Arming(hours=hours).calendar(None) if hours else None
    for minute in range(0, 24 * 60, 7):
        moment = DAY + timedelta(minutes=minute)
        is_off = moment.hour in {hour % 24 for hour in off}
        expected = before.calendar(None).is_armed(moment) and not is_off
        assert (armed is not None and armed.is_armed(moment)) == expected
