from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.store import Store
from gateway.store.camera_states import CameraState, LiveMode, StreamFacts
from gateway.store.inventory import Camera
from gateway.store.journal import Topic
from vision.camera_hint import Agreement

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ONLINE = CameraState(
    camera_id="gate",
    state="online",
    since=NOW,
    updated_at=NOW,
    last_picture_at=NOW,
    stream=StreamFacts("h264", 640, 360, 15.0, 2.0, "rtcp"),
    live=LiveMode.WHEP,
    analysed_fps=5.0,
    seen_every_s=0.2,
    rung="full",
    interest="stirred",
    why="camera",
    alarms=Agreement(told_ratio=0.92, occasions=40, true_ratio=None, wakes=True),
    worker_url="http://127.0.0.1:40001",
    reader="ffmpeg",
    transport="udp",
    note="The camera refuses TCP.",
)
LOST = CameraState("gate", "unreachable", NOW, NOW, "unreachable", "nothing answers at 192.0.2.7")


@pytest.fixture
def store(store: Store) -> Store:
    store.inventory.add(Camera("gate", "村口"))
    store.inventory.add(Camera("road", "公路"))
    return store


def told(store: Store) -> list[str]:
    return [entry.key for entry in store.journal.after(2) if entry.topic is Topic.CAMERA]


@pytest.mark.parametrize("state", [ONLINE, LOST])
def test_state_comes_back_as_it_went_in(store: Store, state: CameraState) -> None:
    store.camera_states.put([state])
    assert store.camera_states.get("gate") == state
    assert store.camera_states.by_camera() == {"gate": state}
    assert store.camera_states.get("road") is None


def test_newest_state_stands(store: Store) -> None:
    store.camera_states.put([LOST, replace(ONLINE, camera_id="road")])
    store.camera_states.put([ONLINE])
    assert store.camera_states.get("gate") == ONLINE
    assert set(store.camera_states.by_camera()) == {"gate", "road"}


def test_only_what_people_see_change_is_told(store: Store) -> None:
    later = NOW + timedelta(seconds=1)
    steps = [
        (ONLINE, 1),
        (replace(ONLINE, updated_at=later, last_picture_at=later, analysed_fps=4.8), 1),
        (replace(ONLINE, rung="keys", interest="quiet", why="", seen_every_s=4.0), 1),
        (replace(ONLINE, live=LiveMode.REFRESH), 2),
        (LOST, 3),
        (replace(LOST, updated_at=later), 3),
        (replace(LOST, detail="refused"), 4),
        (replace(LOST, detail="refused", transport="udp"), 5),
    ]
    for state, entries in steps:
        store.camera_states.put([state])
        assert told(store) == ["gate"] * entries


def test_states_of_unknown_cameras_do_not_hold_up_the_others(store: Store) -> None:
    store.camera_states.put([replace(ONLINE, camera_id="removed"), ONLINE])
    assert set(store.camera_states.by_camera()) == {"gate"}
    assert told(store) == ["gate"]


def test_state_goes_with_its_camera(store: Store) -> None:
    store.camera_states.put([ONLINE])
    store.inventory.remove("gate")
    assert store.camera_states.by_camera() == {}


def test_no_states_cost_nothing(store: Store) -> None:
    with store.watch() as watch:
        watch.changed()
        store.camera_states.put([])
        assert not watch.changed()


def test_last_of_several_reports_stands(store: Store) -> None:
    store.camera_states.put([LOST, ONLINE])
    assert store.camera_states.by_camera() == {"gate": ONLINE}
    assert told(store) == ["gate"]
