from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.store.journal import Topic
from gateway.store.water import KEPT, Loss, LostStates, StoredWater, WaterMoment
from vision.water.types import Passability, RainState, Unseen, WaterState

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
DRY = StoredWater("gate", NOW, WaterState.NORMAL, Passability.OPEN, NOW, reference_count=3)
DEEP = replace(
    DRY,
    updated_at=NOW + timedelta(minutes=5),
    state=WaterState.YELLOW,
    passability=Passability.SLOW,
    reason="depth",
    area_ratio=0.3,
    ratio_per_h=0.5,
    depth_cm=12.0,
    error_cm=2.0,
    cm_per_h=20.0,
    level_by="mark",
    rain=RainState.RAIN,
    reference="day-1",
    basis="texture 0.31, network 0.28",
)
BLIND = replace(DRY, passability=None, unseen=Unseen.HAZE, blind_since=NOW)
LOST = replace(BLIND, lost=LostStates(Loss.DAMAGED, NOW))


@pytest.fixture
def gate(store: Store) -> Store:
    store.inventory.add(Camera("gate", "村口"))
    return store


@pytest.mark.parametrize("look", [DRY, DEEP, BLIND, LOST])
def test_what_a_camera_said_is_kept_as_it_was(gate: Store, look) -> None:
    gate.water.put([look])
    assert gate.water.get("gate") == look
    assert gate.water.by_camera() == {"gate": look}


def test_only_what_people_see_change_is_told(gate: Store) -> None:
    told = []
    for look in (
        DRY,
        replace(DRY, area_ratio=0.01),
        DEEP,
        replace(DEEP, depth_cm=13.0),
        BLIND,
        LOST,
    ):
        before = gate.journal.last()
        gate.water.put([look])
        told.append([(one.topic, one.key) for one in gate.journal.after(before)])
    news = [(Topic.CAMERA, "gate")]
    assert told == [news, [], news, [], news, news]


def test_what_an_unknown_camera_says_is_passed_over(gate: Store) -> None:
    gate.water.put([replace(DRY, camera_id="gone")])
    gate.water.put([])
    assert gate.water.by_camera() == {}


def test_the_course_of_days_is_kept_and_then_forgotten(gate: Store) -> None:
    for look in (DRY, DEEP, replace(DRY, updated_at=NOW + KEPT + timedelta(minutes=1))):
        gate.water.put([look])
    course = gate.water.since("gate", NOW)
    assert [moment.state for moment in course] == [WaterState.YELLOW, WaterState.NORMAL]
    assert course[0] == WaterMoment(DEEP.updated_at, WaterState.YELLOW, None, 0.3, 12.0)
    assert gate.water.since("gate", NOW + timedelta(minutes=6)) == course[1:]


def test_a_camera_takes_its_word_with_it(gate: Store) -> None:
    gate.water.put([DRY])
    gate.water.forget("gate")
    assert (gate.water.get("gate"), gate.water.since("gate", NOW)) == (None, ())
    gate.water.put([DRY])
    gate.inventory.remove("gate")
    assert gate.water.get("gate") is None
