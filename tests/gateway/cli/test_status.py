"""`status`: how often each camera is looked at, and whether the machine is short."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.camera_states import CameraState
from gateway.store.inventory import Camera
from gateway.store.loads import WorkerLoad

CALM = WorkerLoad(0, utc_now(), None, 1.71, 1.12, 0.58, 0.3, cameras=325, full=14, stirred=21)


@pytest.fixture
def store(data_dir):
    data_dir.mkdir()
    box = SecretBox.open(data_dir / "secret.key")
    with Store.open(data_dir / "gridpatrol.db", box) as opened:
        opened.inventory.add(Camera("gate", "村口"))
        opened.inventory.add(Camera("road", "公路"))
        now = utc_now()
        quiet = CameraState("gate", "online", now, now, analysed_fps=0.033, seen_every_s=4.0)
        quiet = replace(quiet, rung="keys", interest="quiet")
        opened.camera_states.put([quiet])
        yield opened


def test_it_says_how_often_each_camera_is_looked_at(gridpatrol, store):
    said = gridpatrol("status").out
    gate = next(line for line in said.splitlines() if line.startswith("gate"))
    assert gate.split() == ["gate", "online", "4.0", "s", "30.3", "s", "keys", "quiet", "–"]
    road = next(line for line in said.splitlines() if line.startswith("road"))
    assert road.split() == ["road", "connecting", "–", "–", "–", "–", "–"]
    assert "No worker reports" in said


@pytest.mark.parametrize(
    ("overloaded", "words"),
    [
        (False, ("325 cameras: 14 decoded fully, 311 by key frames, 21 stirring", "enough")),
        (True, ("1.70 of 1.71 processors", "BUSY since", "When the machine is short")),
    ],
)
def test_it_says_whether_the_machine_is_short(gridpatrol, store, overloaded, words):
    since = utc_now() - timedelta(minutes=3) if overloaded else None
    store.loads.put(replace(CALM, updated_at=utc_now(), overloaded_since=since))
    said = " ".join(gridpatrol("status").out.split())
    for word in words:
        assert word in said


def test_it_speaks_json(gridpatrol, store):
    store.loads.put(replace(CALM, updated_at=utc_now()))
    gate, road, load = gridpatrol("status", "--json").objects
    assert (gate["camera_id"], gate["interest"], gate["rung"]) == ("gate", "quiet", "keys")
    assert road["camera_id"] == "road"
    assert (load["load"]["cameras"], load["load"]["keys"]) == (325, 311)
