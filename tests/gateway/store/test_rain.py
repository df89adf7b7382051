from datetime import UTC, datetime, timedelta

import pytest

from gateway.store import Store
from gateway.store.rain import SITE, RainSpell, rain_of
from vision.water.types import RainState

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def spell(unit: str, state: RainState, begins_h: float = -1, ends_h: float = 1) -> RainSpell:
    return RainSpell(unit, state, NOW + timedelta(hours=begins_h), NOW + timedelta(hours=ends_h))


@pytest.mark.parametrize(
    ("spells", "unit", "known"),
    [
        ([], "东山村", RainState.UNKNOWN),
        ([spell(SITE, RainState.RAIN)], "东山村", RainState.RAIN),
        ([spell("西山村", RainState.RAIN)], "东山村", RainState.UNKNOWN),
        ([spell(SITE, RainState.RAIN), spell("东山村", RainState.DRY)], "东山村", RainState.DRY),
        ([spell("东山村", RainState.DRY), spell(SITE, RainState.RAIN)], "东山村", RainState.DRY),
        ([spell(SITE, RainState.RAIN), spell(SITE, RainState.DRY)], "", RainState.DRY),
        ([spell(SITE, RainState.RAIN), spell(SITE, RainState.UNKNOWN)], "", RainState.UNKNOWN),
        (
            [spell(SITE, RainState.RAIN), spell("东山村", RainState.UNKNOWN)],
            "东山村",
            RainState.RAIN,
        ),
        ([spell(SITE, RainState.RAIN, ends_h=0)], "", RainState.UNKNOWN),
        ([spell(SITE, RainState.RAIN, begins_h=0)], "", RainState.RAIN),
        ([spell(SITE, RainState.RAIN, begins_h=0.5)], "", RainState.UNKNOWN),
    ],
)
def test_the_nearest_word_of_now_counts(store: Store, spells, unit, known) -> None:
    for one in spells:
        store.rain.add(one)
    assert rain_of(unit, store.rain.at(NOW)) is known


def test_the_series_is_kept(store: Store) -> None:
    old, new = spell(SITE, RainState.RAIN, -5, -4), spell("东山村", RainState.DRY)
    for one in (old, new):
        store.rain.add(one)
    day = timedelta(days=1)
    assert store.rain.between(NOW - day, NOW + day) == (old, new)
    assert store.rain.between(NOW, NOW + day) == (new,)
    assert store.rain.between(NOW - day, NOW - timedelta(hours=4.5)) == (old,)
