"""What measurements mean for water on the road."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.rain_feed.outlook import outlooks
from gateway.store.rain_readings import GaugeReading
from vision.water.types import RainState

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
STALE = timedelta(minutes=30)


def readings(*told: tuple[float, float], gauge: str = "g") -> list[GaugeReading]:
    """Return measurements: minutes ago, mm/h."""
    return [GaugeReading("city", gauge, NOW - timedelta(minutes=m), mm) for m, mm in told]


LONG_DRY = readings((200, 0), (100, 0), (5, 0))


@pytest.mark.parametrize(
    ("told", "state", "minutes"),
    [
        ([], None, None),
        (readings((31, 9)), RainState.UNKNOWN, 0),
        (readings((5, 0.2)), RainState.RAIN, 25),
        (readings((5, 0.19)), RainState.UNKNOWN, 25),
        (readings((20, 5), (5, 0)), RainState.UNKNOWN, 25),
        (LONG_DRY, RainState.DRY, 25),
        (readings((200, 0), (100, 3), (5, 0)), RainState.UNKNOWN, 25),
        (readings((200, 3), (100, 0), (5, 0)), RainState.DRY, 25),
        (readings((149, 0), (5, 0)), RainState.UNKNOWN, 25),
        ([*LONG_DRY, *readings((10, 4), gauge="h")], RainState.RAIN, 20),
    ],
)
def test_dry_is_said_only_when_it_has_been_for_hours(told, state, minutes) -> None:
    found = outlooks(told, {}, STALE, NOW)
    assert [one.state for one in found] == ([] if state is None else [state])
    for one in found:
        assert (one.unit, one.until) == ("", NOW + timedelta(minutes=minutes))


def test_each_gauge_tells_of_its_units_and_the_wettest_counts() -> None:
    told = [
        *LONG_DRY,
        *readings((200, 0), (10, 7), gauge="h"),
        *readings((5, 9), gauge="elsewhere"),
    ]
    units = {"g": ("东山村", "西山村"), "h": ("西山村",), "silent": ("南山村",)}
    found = {one.unit: one.state for one in outlooks(told, units, STALE, NOW)}
    assert found == {
        "东山村": RainState.DRY,
        "西山村": RainState.RAIN,
        "南山村": RainState.UNKNOWN,
    }
